# SPDX-License-Identifier: Apache-2.0
"""Gives experts their cards, and writes down who has which."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from maalem.app.desk.dealing_asking import asker_of, reopening, score_trials
from maalem.app.desk.dealing_board import Judgement
from maalem.app.desk.dealing_deck import Asker, Deck
from maalem.app.desk.dealing_hand import Hand, State, Trial
from maalem.app.desk.dealing_leases import Lease, end_lease, find_lease, write_leases
from maalem.app.desk.dealing_picks import count_left, pick, shown_on
from maalem.records import Annotation, Digest, GoldCard
from maalem.store import Store
from maalem.tasks.stopping import CurvePoint

MOST_HELD = 20
"""Cards that one expert can hold at once; a browser wants a handful."""


class Dealer:
    """Deals the cards of one task; all methods may be called from any thread."""

    def __init__(self, store: Store, deck: Deck) -> None:
        self.deck = deck
        self._store = store
        self._told: dict[str, int] = {}

    def claim(
        self,
        holder: str,
        *,
        most: int,
        has: Collection[Digest] = (),
        language: str = "",
        now: float,
    ) -> Hand:
        """Give somebody cards, and write down durably that they have them.

        Cards that they hold and whose browser has lost them come first, as they were.

        Args:
            holder: Pseudonym.
            most: Cards to give at most.
            has: Items of cards that their browser has; they are kept for them.
            language: Language in which they are asked to qualify first.
            now: Seconds since 1970.
        """
        deck = self.deck
        with deck.lock:
            deck.leases.sweep(now)
            if deck.board.is_paused(holder):
                return Hand(cards=(), left=0, state="paused")
            asker = self._asker(holder, has=has, language=language, now=now)
            mine = deck.leases.of(holder)
            lost = [one for one in mine.values() if one.item not in has][:most]
            kept = [*lost, *(one for one in mine.values() if one.item in has)]
            renewed = [
                self._longer(one, now) for one in kept if self._is_late(one, now)
            ]
            room = min(most - len(lost), MOST_HELD - len(mine))
            fresh = list(islice(self._fresh(asker), max(0, room)))
            left = count_left(deck, asker)
            is_shut = deck.gold.is_asked and not (asker.languages or asker.trial)
            opens = reopening(deck, holder, now=now) if is_shut else None
        self._write([*renewed, *fresh], fresh, now=now)
        state: State = "cards" if lost or fresh or mine else "empty"
        if state == "empty" and is_shut and deck.streams.languages():
            state = "unqualified"
        return Hand(cards=(*lost, *fresh), left=left, state=state, opens=opens)

    def left(self, holder: str, *, language: str = "", now: float) -> int:
        """Count the cards in front of somebody, up to `MOST_LEFT`."""
        deck = self.deck
        with deck.lock:
            deck.leases.sweep(now)
            asker = self._asker(holder, has=(), language=language, now=now)
            return 0 if deck.board.is_paused(holder) else count_left(deck, asker)

    def trial(self, holder: str, *, language: str, now: float) -> Trial | None:
        """Tell on which cards somebody is to qualify; none where they need not."""
        deck = self.deck
        with deck.lock:
            cards = self._asker(holder, has=(), language=language, now=now).trial
            if not cards:
                return None
            return Trial(
                language=deck.board.cases[cards[0].item].language,
                cards=len(cards),
                answered=len(cards) - len(deck.gold.trials.unanswered(holder, cards)),
            )

    def news_for(self, holder: str) -> CurvePoint | None:
        """Give the newest point of the learning curve, to everybody once."""
        teaching = self.deck.teaching
        curve = () if teaching is None else teaching.curve()
        with self.deck.lock:
            if len(curve) <= self._told.get(holder, 0):
                return None
            self._told[holder] = len(curve)
        return curve[-1]

    def answered(self, holder: str, *, day: str = "") -> int:
        """Count the items that somebody has answered, in all or on a day in UTC."""
        with self.deck.lock:
            return self.deck.board.count(holder, day)

    def last_answers(self, holder: str, *, most: int) -> tuple[Annotation, ...]:
        """Give what somebody said last, the newest first."""
        with self.deck.lock:
            return self.deck.board.last_answers(holder, most)

    def lease_of(self, item: Digest, holder: str) -> Lease | None:
        """Give the lease that somebody has or had on an item, if there was one."""
        with self.deck.lock:
            found = self.deck.leases.of(holder).get(item)
        return found or find_lease(
            self._store, self.deck.task.name, item=item, holder=holder
        )

    def is_last_word(self, answer: Annotation) -> bool:
        """Tell whether an answer is what its annotator said last, and stands."""
        with self.deck.lock:
            word = self.deck.board.word_of(answer.item, answer.annotator)
            return word is not None and word.id == answer.id

    def is_counted(self, answer: Annotation) -> bool:
        """Tell whether a qualification rests on an answer."""
        with self.deck.lock:
            return self.deck.gold.trials.is_counted(answer)

    def hear(self, record: Judgement, *, index: int = -1, now: float) -> None:
        """Take in what was written down; see `Board.hear`."""
        deck = self.deck
        with deck.lock:
            if isinstance(record, GoldCard):
                deck.gold.hear(record)
            items = deck.board.hear(record, index=index)
            deck.streams.update(items)
            for item in items:
                if deck.teaching is not None:
                    deck.teaching.hear(item, deck.board)
            who = getattr(record, "annotator", "")
            if isinstance(record, Annotation) and record.outcome != "withdrawn":
                deck.leases.drop(record.item, who)
            if who:
                score_trials(self._store, deck, who, now=now)

    def give_back(self, item: Digest, holder: str, *, now: float) -> None:
        """Let others have a card that somebody puts off; for them it comes last."""
        with self.deck.lock:
            self.deck.leases.put_off(item, holder)
        end_lease(self._store, self.deck.task.name, item=item, holder=holder, now=now)

    def give_again(self, lease: Lease, *, now: float) -> None:
        """Give a card back to who has taken back its answer, if it is open."""
        deck = self.deck
        with deck.lock:
            case = deck.board.cases[lease.item]
            if case.gold is None and not deck.has_room(lease.item, lease.holder):
                return
            again = self._longer(lease, now)
            deck.leases.take(again)
        self._write([again], [again], now=now)

    def _asker(
        self, holder: str, *, has: Collection[Digest], language: str, now: float
    ) -> Asker:
        score_trials(self._store, self.deck, holder, now=now)
        return asker_of(self.deck, holder, has=has, language=language, now=now)

    def _fresh(self, asker: Asker) -> Iterator[Lease]:
        """Take one card after the other for somebody."""
        while True:
            item = pick(self.deck, asker)
            if item is None:
                return
            lease = self._longer(
                Lease(
                    item=item,
                    holder=asker.holder,
                    taken=asker.now,
                    expires=asker.now,
                    shown=shown_on(self.deck, item, asker.holder),
                ),
                asker.now,
            )
            self.deck.leases.take(lease)
            yield lease

    def _is_late(self, lease: Lease, now: float) -> bool:
        return lease.expires - now < 30.0 * self.deck.task.asking.lease_minutes

    def _longer(self, lease: Lease, now: float) -> Lease:
        return replace(lease, expires=now + 60.0 * self.deck.task.asking.lease_minutes)

    def _write(
        self, leases: Sequence[Lease], fresh: Sequence[Lease], *, now: float
    ) -> None:
        """Write leases down, outside the lock; those that cannot be are given back."""
        if not leases:
            return
        task, holder, held = self.deck.task.name, leases[0].holder, self.deck.leases
        try:
            write_leases(self._store, task, holder, leases=leases, now=now)
        except BaseException:
            with self.deck.lock:
                for lease in fresh:
                    held.drop(lease.item, lease.holder)
            raise
        with self.deck.lock:
            for lease in leases:
                if lease.item in held.of(holder):
                    held.take(lease)
