# SPDX-License-Identifier: Apache-2.0
"""Gold cards: who qualifies on them, and which of somebody's cards is one unseen."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

from maalem.app.desk.dealing_board import Board
from maalem.experts.hidden_cards import find_hidden_card
from maalem.experts.qualification import (
    Standing,
    qualify,
    qualifying_cards,
    standing,
)
from maalem.records import (
    Annotation,
    Digest,
    GoldCard,
    Item,
    Qualification,
    TaskVersion,
)
from maalem.tasks import TaskDefinition

RETRY = timedelta(days=1)
"""Time after a failed trial before the next one: to read the guideline again."""

_PROBE = GoldCard(
    id=Digest(""), task="", item=Digest(""), labels=("",), by="", at=""
)  # fits everybody: asks whether a number is one of a gold card's


def iso(moment: datetime) -> str:
    """Write a time as all records of the desk say it, so that texts compare."""
    return moment.isoformat(timespec="milliseconds")


class GoldCards:
    """The gold cards of a task and who qualified on them; for use under a lock."""

    def __init__(
        self,
        task: TaskDefinition,
        *,
        board: Board,
        versions: Sequence[TaskVersion],
        item_of: Callable[[Digest], Item],
        salt: str,
    ) -> None:
        """Begin without cards.

        Args:
            task: The task.
            board: Who answered what.
            versions: The versions of the task.
            item_of: Gives an item.
            salt: What makes gold cards unforeseeable; kept from everybody.
        """
        self._task = task
        self._board = board
        self._versions = versions
        self._item_of = item_of
        self._salt = salt
        self._cards: dict[Digest, GoldCard] = {}
        self._items: dict[Digest, Item] = {}
        self._qualifications: list[Qualification] = []
        self._due: dict[str, list[bool]] = {}

    def hear(self, record: GoldCard | Qualification) -> None:
        """Take in a record."""
        if isinstance(record, Qualification):
            self._qualifications.append(record)
        elif record.labels:
            self._cards[record.item] = record
            self._items[record.item] = self._item_of(record.item)
        else:
            self._cards.pop(record.item, None)

    @property
    def is_asked(self) -> bool:
        """Whether newcomers must qualify."""
        return self._task.asking.qualification_cards > 0

    def standing(self, holder: str, language: str, now: datetime) -> Standing:
        """Tell whether somebody may answer in a language now."""
        return standing(
            self._qualifications,
            self._versions,
            task=self._task,
            language=language,
            annotator=holder,
            now=iso(now),
        )

    def trial(self, holder: str, language: str, now: datetime) -> tuple[GoldCard, ...]:
        """Give the cards that somebody is to qualify on, answered ones included.

        Returns:
            None at all where no trial is open: they are qualified, have failed within
            `RETRY`, or there are too few cards that they do not know.
        """
        now_standing = self.standing(holder, language, now)
        last = now_standing.qualification
        if now_standing.is_qualified or (
            now_standing.reason == "not passed"
            and last is not None
            and now < _again_after(last)
        ):
            return ()
        return self._untried(holder, language, last)

    def reopens(self, holder: str, language: str, now: datetime) -> datetime | None:
        """Tell when somebody who failed a trial may try again.

        Returns:
            None where they failed none, or would then have too few cards.
        """
        now_standing = self.standing(holder, language, now)
        last = now_standing.qualification
        if last is None or now_standing.reason != "not passed":
            return None
        return _again_after(last) if self._untried(holder, language, last) else None

    def score(self, holder: str, language: str, now: datetime) -> Qualification | None:
        """Score an open trial, if all of its cards are answered."""
        cards = self.trial(holder, language, now)
        if not cards:
            return None
        words = [self._board.word_of(card.item, holder) for card in cards]
        return qualify(
            cards,
            [word for word in words if word is not None],
            task=self._task,
            language=language,
            annotator=holder,
            now=iso(now),
        )

    def languages(self) -> set[str]:
        """Name the languages of the gold cards."""
        return {self._items[item].language for item in self._cards}

    def is_counted(self, word: Annotation) -> bool:
        """Tell whether a qualification rests on an answer to a gold card."""
        item = self._items.get(word.item)
        return item is not None and any(
            (one.annotator, one.language) == (word.annotator, item.language)
            and one.at >= (word.at or "")
            for one in self._qualifications
        )

    def hidden(
        self, holder: str, number: int, taken: Collection[Digest]
    ) -> Digest | None:
        """Tell which gold card somebody's next card is; none for an ordinary one.

        Args:
            holder: Pseudonym.
            number: How many cards they were given before.
            taken: Items that they hold.
        """
        card = find_hidden_card(
            number,
            self._fitting(holder),
            task=self._task,
            annotator=holder,
            answered={*self._board.done.get(holder, set()), *taken},
            salt=self._salt,
        )
        return card.item if card else None

    def total(self, holder: str, ordinary: int, *, most: int) -> int:
        """Count the cards in front of somebody, gold cards among them.

        The number goes down by one with every answer, to a gold card as to any other:
        a count of the ordinary cards alone would stand still after a gold card, and
        tell it.

        Args:
            holder: Pseudonym.
            ordinary: Ordinary cards in front of them.
            most: Where counting ends.
        """
        done = self._board.done.get(holder, set())
        gold = sum(item not in done for item in self._fitting(holder))
        due = self._due.setdefault(holder, [])
        total, number = 0, self._board.count(holder)
        while ordinary > 0 and total < most:
            if number >= len(due):
                due.append(self._is_due(holder, len(due)))
                continue
            is_gold = due[number] and gold > 0
            gold, ordinary = (gold - 1, ordinary) if is_gold else (gold, ordinary - 1)
            total, number = total + 1, number + 1
        return total

    def _untried(
        self, holder: str, language: str, last: Qualification | None
    ) -> tuple[GoldCard, ...]:
        """Give the cards of somebody's next trial; none where there are too few."""
        cards = qualifying_cards(
            self._cards,
            task=self._task,
            items=self._items,
            language=language,
            annotator=holder,
            answered=self._known(holder, since=last.at if last else ""),
        )
        return cards if len(cards) >= self._task.asking.qualification_cards else ()

    def _is_due(self, holder: str, number: int) -> bool:
        found = find_hidden_card(
            number,
            {_PROBE.item: _PROBE},
            task=self._task,
            annotator=holder,
            answered=(),
            salt=self._salt,
        )
        return found is not None

    def _fitting(self, holder: str) -> dict[Digest, GoldCard]:
        """Give the cards that somebody did not make, in languages that they read."""
        mine = {
            one.language
            for one in self._qualifications
            if one.annotator == holder and one.passed
        }
        return {
            item: card
            for item, card in self._cards.items()
            if holder not in self._board.cases[item].knowing
            and (not self.is_asked or self._items[item].language in mine)
        }

    def _known(self, holder: str, *, since: str) -> set[Digest]:
        """Name the gold cards that are no test any more for somebody."""
        known = set()
        for item in self._cards:
            word = self._board.word_of(item, holder)
            is_old = word is not None and (word.at or "") <= since
            if is_old or holder in self._board.cases[item].knowing:
                known.add(item)
        return known


def _again_after(failed: Qualification) -> datetime:
    return datetime.fromisoformat(failed.at) + RETRY
