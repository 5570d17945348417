# SPDX-License-Identifier: Apache-2.0
"""For each item of a task: who said what, and how many answers it still wants.

All of it comes from records, in the order of the ledger; nothing here is lost by a
crash, and hearing a record twice changes nothing.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from types import MappingProxyType
from typing import TypeAlias

from maalem.app.desk.dealing_versions import Versions
from maalem.records import Adjudication, Annotation, Digest, GoldCard, Hold, Pause
from maalem.tasks.asking import Asking
from maalem.tasks.names import LANGUAGES

EXAMS = ("exam", "later")
BLIND = ("exam", "later", "calibration")
BAD_QUESTIONS = 2
"""Experts who must call a question bad before an adjudicator looks at it instead."""
REFUSALS = 3
"""Experts who cannot answer, whatever the reason, before nobody else is asked."""
_NOBODY = ("column:", "import:")  # how the names of sources begin that name no expert

_NOTHING_SAID: Mapping[str, Collection[str]] = MappingProxyType({})

Judgement: TypeAlias = Annotation | Adjudication | GoldCard | Hold | Pause


@dataclass(slots=True)
class Case:
    """What is known of one item.

    Attributes:
        split: `teaching`, `calibration`, `exam` or `later`.
        language: Language of its text.
        words: The last word of each annotator.
        knowing: Who knows its answer otherwise than by answering.
        settled: How it was adjudicated last.
        gold: Its gold card, if one is in use.
    """

    split: str
    language: str
    words: dict[str, Annotation] = field(default_factory=dict)
    knowing: set[str] = field(default_factory=set)
    settled: Adjudication | None = None
    gold: GoldCard | None = None

    @property
    def is_exam(self) -> bool:
        """Whether it is only ever examined on."""
        return self.split in EXAMS


class Board:
    """What is known of all items of a task; for use under a lock.

    Attributes:
        cases: What is known of each item.
        held: Annotators whose answers do not count for now.
        paused: Annotators who are given no cards for now; empty for everybody.
        done: For each annotator the items that they must not be given.
        asking: How often experts are asked.
        versions: Which guideline came when.
        critical: Labels of which every answer is adjudicated, after two answers.
        reads: The languages that somebody says they read; who says nothing reads all.
    """

    def __init__(
        self,
        cases: Mapping[Digest, Case],
        *,
        asking: Asking,
        versions: Versions,
        critical: Collection[str] = (),
        reads: Mapping[str, Collection[str]] = _NOTHING_SAID,
    ) -> None:
        self.cases = cases
        self.critical = critical
        self.reads = reads
        self.held: set[str] = set()
        self.paused: set[str] = set()
        self.done: dict[str, set[Digest]] = {}
        self.asking = asking
        self.versions = versions
        self._heard: dict[tuple[Digest, str], int] = {}
        self._days: Counter[tuple[str, str]] = Counter()
        self._said: dict[str, dict[Digest, Annotation]] = {}

    def hear(self, record: Judgement, *, index: int = -1) -> Collection[Digest]:
        """Take in a record, and name the items about which it may change something.

        Args:
            record: What was written down.
            index: Its entry in the ledger. Threads hear of what they wrote in any
                order: an annotator's earlier word never takes the place of a later.
        """
        if isinstance(record, Hold | Pause):
            kept = self.held if isinstance(record, Hold) else self.paused
            (kept.discard if record.is_lifted else kept.add)(record.annotator)
            return self._answered_by(record.annotator)
        case = self.cases.get(record.item)
        if case is None:
            return ()
        if isinstance(record, Annotation):
            return self._hear_word(case, record, index)
        if isinstance(record, GoldCard):
            case.gold = record if record.labels else None
            self._know(case, record.item, record.by)
        else:
            case.settled = record
            self._know(case, record.item, record.adjudicator)
        return (record.item,)

    def missing(self, item: Digest) -> int:
        """Tell how many answers an item still wants, of whoever has not answered it."""
        case = self.cases[item]
        if case.gold is not None or self._is_settled(case):
            return 0
        said = list(self._counted(case))
        refusals = [word for word in said if not word.is_answer]
        bad = sum(word.outcome == "bad-question" for word in refusals)
        if bad >= BAD_QUESTIONS or len(refusals) >= REFUSALS:
            return 0
        return max(0, self._wanted(case, said) - (len(said) - len(refusals)))

    def is_read(self, language: str, annotator: str) -> bool:
        """Tell whether somebody reads a language; one that has no name is read by all.

        Who has not said what they read is given everything.
        """
        said = self.reads.get(annotator, ())
        return not said or language in said or language not in LANGUAGES

    def is_paused(self, annotator: str) -> bool:
        """Tell whether somebody is given no cards for now."""
        return not self.paused.isdisjoint(("", annotator))

    def answers(self, item: Digest) -> tuple[Annotation, ...]:
        """Give the answers to an item that count, one of each annotator."""
        said = self._counted(self.cases[item])
        return tuple(word for word in said if word.is_answer)

    def word_of(self, item: Digest, annotator: str) -> Annotation | None:
        """Give what an annotator said about an item, if it stands."""
        word = self.cases[item].words.get(annotator)
        return word if word is not None and self._stands(word) else None

    def count(self, annotator: str, day: str = "") -> int:
        """Count the items that an annotator has answered, refusals too.

        Args:
            annotator: Pseudonym.
            day: ISO 8601 day in UTC; empty for all days.
        """
        return self._days[annotator, day]

    def last_answers(self, annotator: str, most: int) -> tuple[Annotation, ...]:
        """Give what an annotator said last, the newest first, refusals too."""
        said = reversed(self._said.get(annotator, {}).values())
        return tuple(islice(said, most))

    def _hear_word(
        self, case: Case, word: Annotation, index: int
    ) -> Collection[Digest]:
        place = (word.item, word.annotator)
        if index < self._heard.get(place, -1):
            return ()
        self._heard[place] = index
        self._tally(self.word_of(*place), -1)
        case.words[word.annotator] = word
        self._tally(self.word_of(*place), 1)
        said = self._said.setdefault(word.annotator, {})
        said.pop(word.item, None)
        if self.word_of(*place) is not None:
            said[word.item] = word
        self._note(word.item, word.annotator)
        return (word.item,)

    def _tally(self, word: Annotation | None, step: int) -> None:
        if word is not None:
            for day in {"", (word.at or "")[:10]}:
                self._days[word.annotator, day] += step

    def _counted(self, case: Case) -> Iterator[Annotation]:
        """Give the words that count; a column of a table sat no exam."""
        for annotator, word in case.words.items():
            is_nobody = case.is_exam and annotator.startswith(_NOBODY)
            if not is_nobody and annotator not in self.held and self._stands(word):
                yield word

    def _wanted(self, case: Case, said: Iterable[Annotation]) -> int:
        """Count the answers an item needs: one more where its labels are at odds."""
        if case.is_exam:
            return self.asking.exam_answers
        votes = Counter(word.labels for word in said if word.labels)
        is_critical = any(label in self.critical for word in votes for label in word)
        is_odd = len(votes) > 1 and 2 * max(votes.values()) <= votes.total()
        is_odd = is_odd and votes.total() >= self.asking.answers
        wanted = self.asking.answers + (is_odd and case.split == "teaching")
        return max(wanted, 2) if is_critical else wanted

    def _is_settled(self, case: Case) -> bool:
        settled = case.settled
        if settled is None:
            return False
        if settled.is_guideline_unclear:  # it waits for the next guideline
            return self.versions.is_current(settled.guideline)
        return not self.versions.is_stale(settled.guideline, settled.labels)

    def _stands(self, word: Annotation) -> bool:
        is_withdrawn = word.outcome == "withdrawn"
        return not is_withdrawn and not self.versions.is_stale(
            word.guideline, word.labels
        )

    def _know(self, case: Case, item: Digest, who: str) -> None:
        case.knowing.add(who)
        self._note(item, who)

    def _note(self, item: Digest, who: str) -> None:
        """Note that somebody must not be given an item, or again may."""
        done = self.done.setdefault(who, set())
        if who in self.cases[item].knowing or self.word_of(item, who) is not None:
            done.add(item)
        else:
            done.discard(item)

    def _answered_by(self, annotator: str) -> Collection[Digest]:
        return tuple(
            item for item, case in self.cases.items() if annotator in case.words
        )
