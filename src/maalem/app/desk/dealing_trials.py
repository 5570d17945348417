# SPDX-License-Identifier: Apache-2.0
"""Who qualified on gold cards, on which they may try again, and what is lacking."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from maalem.app.desk.dealing_board import Board
from maalem.experts.qualification import (
    Standing,
    known_cards,
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


def iso(moment: datetime) -> str:
    """Write a time as all records of the desk say it, so that texts compare."""
    return moment.isoformat(timespec="milliseconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """Somebody who cannot qualify again, since too few gold cards are new to them.

    Attributes:
        annotator: Pseudonym.
        language: Language of the cards.
        reason: Why they must: `expired`, `not passed` or `guideline changed`.
        cards: Gold cards that must be added; fewer where they wait.
        until: Time from which cards that they have seen are enough; none where that
            never comes.
    """

    annotator: str
    language: str
    reason: str
    cards: int
    until: datetime | None


class Trials:
    """The trials of a task, past and open; for use under a lock."""

    def __init__(
        self,
        task: TaskDefinition,
        *,
        board: Board,
        versions: Sequence[TaskVersion],
        cards: Mapping[Digest, GoldCard],
        items: Mapping[Digest, Item],
    ) -> None:
        """Begin without trials.

        Args:
            task: The task.
            board: Who answered what.
            versions: The versions of the task.
            cards: The gold cards in use, as they change.
            items: Their items, as they change.
        """
        self._task = task
        self._board = board
        self._versions = versions
        self._cards = cards
        self._items = items
        self._made: list[Qualification] = []

    def hear(self, made: Qualification) -> None:
        """Take in a trial that was scored."""
        self._made.append(made)

    def standing(self, holder: str, language: str, now: datetime) -> Standing:
        """Tell whether somebody may answer in a language now."""
        return standing(
            self._made,
            self._versions,
            task=self._task,
            language=language,
            annotator=holder,
            now=iso(now),
        )

    def trial(self, holder: str, language: str, now: datetime) -> tuple[GoldCard, ...]:
        """Give the cards that somebody is to qualify on, answered ones included.

        Returns:
            None where no trial is open: they are qualified, failed within `RETRY`, or
            too few cards are new to them, or seen as long ago as the task says.
        """
        told = self.standing(holder, language, now)
        if told.is_qualified or _has_failed(told, now):
            return ()
        return self._untried(holder, language, told, now=now)

    def reopens(self, holder: str, language: str, now: datetime) -> datetime | None:
        """Tell when somebody who failed a trial may try again.

        Returns:
            None where they failed none, or would then have too few cards.
        """
        told = self.standing(holder, language, now)
        last = told.qualification
        if last is None or told.reason != "not passed":
            return None
        again = datetime.fromisoformat(last.at) + RETRY
        return again if self._untried(holder, language, told, now=again) else None

    def cards_for(
        self, holder: str, language: str, *, since: str, rested: str = ""
    ) -> tuple[GoldCard, ...]:
        """Give the cards on which somebody may be tested, up to those of a trial.

        Args:
            holder: Pseudonym.
            language: Language of the cards.
            since: Time of their last trial.
            rested: Cards that they answered until then test again.
        """
        known = known_cards(self.answered(holder), since=since, rested=rested)
        return qualifying_cards(
            self._cards,
            task=self._task,
            items=self._items,
            language=language,
            annotator=holder,
            answered=known | self._told(holder),
        )

    def rested(self, now: datetime) -> str:
        """Give the time until which cards were answered that may test again."""
        return iso(now - timedelta(days=self._task.asking.card_rest_days))

    def answered(self, holder: str, language: str = "") -> dict[Digest, str]:
        """Tell when somebody answered which gold cards, in a language or in all."""
        words = {item: self._board.word_of(item, holder) for item in self._cards}
        return {
            item: word.at or ""
            for item, word in words.items()
            if word is not None and language in ("", self._items[item].language)
        }

    def unanswered(
        self, holder: str, cards: Sequence[GoldCard]
    ) -> tuple[GoldCard, ...]:
        """Give the cards of a trial that wait for an answer; earlier ones are past."""
        last = {one.language: one.at for one in self.of(holder)}
        answered = self.answered(holder)
        return tuple(
            card
            for card in cards
            if card.item not in answered
            or answered[card.item] <= last.get(self._items[card.item].language, "")
        )

    def of(self, holder: str = "") -> list[Qualification]:
        """Give the trials of somebody, or of all, in their order."""
        return [one for one in self._made if holder in ("", one.annotator)]

    def score(self, holder: str, language: str, now: datetime) -> Qualification | None:
        """Score an open trial, if all of its cards are answered."""
        cards = self.trial(holder, language, now)
        if not cards or self.unanswered(holder, cards):
            return None
        words = (self._board.word_of(card.item, holder) for card in cards)
        return qualify(
            cards,
            [word for word in words if word],
            task=self._task,
            language=language,
            annotator=holder,
            now=iso(now),
        )

    def lacks(self, now: datetime) -> list[Lack]:
        """Tell who cannot qualify again for want of gold cards, in their order."""
        places = dict.fromkeys((one.annotator, one.language) for one in self._made)
        found = (self._lack(*place, now) for place in places)
        return [one for one in found if one is not None]

    def _lack(self, holder: str, language: str, now: datetime) -> Lack | None:
        told = self.standing(holder, language, now)
        last = told.qualification
        is_shut = not told.is_qualified and not _has_failed(told, now)
        if last is None or not is_shut or self.trial(holder, language, now):
            return None
        rested, rest = self.rested(now), self._task.asking.card_rest_days
        have = self.cards_for(holder, language, since=last.at, rested=rested)
        cards = self._task.asking.qualification_cards - len(have)
        seen = self.answered(holder, language)
        resting = sorted(at for at in seen.values() if rested < at <= last.at)
        until = None
        if len(resting) >= cards:
            moment = datetime.fromisoformat(resting[cards - 1])
            until = moment + timedelta(days=rest)
        return Lack(
            annotator=holder,
            language=language,
            reason=told.reason,
            cards=cards,
            until=until,
        )

    def _untried(
        self, holder: str, language: str, told: Standing, *, now: datetime
    ) -> tuple[GoldCard, ...]:
        """Give the cards of somebody's next trial; none where there are too few."""
        wanted = self._task.asking.qualification_cards
        since = told.qualification.at if told.qualification else ""
        for rested in ("", self.rested(now)):
            cards = self.cards_for(holder, language, since=since, rested=rested)
            if len(cards) >= wanted:
                return cards
        return ()

    def is_counted(self, word: Annotation) -> bool:
        """Tell whether a qualification rests on an answer to a gold card."""
        item = self._items.get(word.item)
        return item is not None and any(
            (one.annotator, one.language) == (word.annotator, item.language)
            and one.at >= (word.at or "")
            for one in self._made
        )

    def _told(self, holder: str) -> set[Digest]:
        """Name the gold cards whose answer somebody knows without answering."""
        cases = self._board.cases
        return {item for item in self._cards if holder in cases[item].knowing}


def _has_failed(told: Standing, now: datetime) -> bool:
    """Tell whether somebody has failed so lately that they cannot try again yet."""
    last = told.qualification
    if told.reason != "not passed" or last is None:
        return False
    return now - datetime.fromisoformat(last.at) < RETRY
