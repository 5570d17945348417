# SPDX-License-Identifier: Apache-2.0
"""Who may answer, on what evidence, and what the guideline said when."""

from dataclasses import dataclass
from typing import ClassVar

from maalem.records.digests import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldCard:
    """An item whose answer is known, kept to measure who answers; never learned from.

    Attributes:
        id: Digest of task and item; a later card about the item takes its place.
        task: Name of the task.
        item: The item.
        labels: The known answer; empty takes the card out of use.
        by: Who says so, as a pseudonym.
        at: ISO 8601 time.
        number: 1 for the item's first card, then counting.
    """

    kind: ClassVar[str] = "gold-card.v1"
    id: Digest
    task: str
    item: Digest
    labels: tuple[str, ...]
    by: str
    at: str
    number: int = 1

    @property
    def topic(self) -> str:
        """The task."""
        return self.task


@dataclass(frozen=True, slots=True, kw_only=True)
class Qualification:
    """What an annotator showed on gold cards of one task in one language.

    Attributes:
        id: Digest of all other fields.
        task: Name of the task.
        language: Language of the cards.
        annotator: Pseudonym.
        guideline: Version of the task definition.
        cards: Gold cards answered.
        right: How many of them as known.
        pass_mark: Share that had to be right, in (0, 1].
        passed: Whether it was.
        at: ISO 8601 time.
        expires: ISO 8601 time after which it no longer holds.
    """

    kind: ClassVar[str] = "qualification.v1"
    id: Digest
    task: str
    language: str
    annotator: str
    guideline: Digest
    cards: int
    right: int
    pass_mark: float
    passed: bool
    at: str
    expires: str

    @property
    def topic(self) -> str:
        """The task."""
        return self.task


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Answers of an annotator that do not count for now; they are never deleted.

    Attributes:
        id: Digest of all other fields.
        task: Name of the task.
        annotator: Whose answers.
        is_lifted: Whether this ends an earlier hold; the last one counts.
        reason: Why, in words.
        evidence: Pairs of measure and value, such as `gold` and `4 of 12`.
        by: Who decided, as a pseudonym; `vigilance` for the checks themselves.
        at: ISO 8601 time.
    """

    kind: ClassVar[str] = "hold.v1"
    id: Digest
    task: str
    annotator: str
    is_lifted: bool
    reason: str
    evidence: tuple[tuple[str, str], ...]
    by: str
    at: str

    @property
    def topic(self) -> str:
        """The task."""
        return self.task


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Cards that nobody, or one annotator, is given for now; answers go on counting.

    Attributes:
        id: Digest of all other fields.
        task: Name of the task.
        annotator: Who is given none; empty for everybody.
        is_lifted: Whether this ends an earlier pause; the last one counts.
        reason: Why, in words.
        by: Who decided, as a pseudonym.
        at: ISO 8601 time.
    """

    kind: ClassVar[str] = "pause.v1"
    id: Digest
    task: str
    annotator: str
    is_lifted: bool
    reason: str
    by: str
    at: str

    @property
    def topic(self) -> str:
        """The task."""
        return self.task


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskVersion:
    """A task definition as it stood, so that every answer finds its guideline.

    Attributes:
        id: Version of the definition, its digest.
        task: Name of the task.
        number: 1 for the first, then counting.
        toml: The definition, as its file says it.
        by: Who wrote it, as a pseudonym.
        at: ISO 8601 time.
        note: What changed, in words.
        ask_again: Labels whose answers under earlier versions are asked again.
    """

    kind: ClassVar[str] = "task-version.v1"
    id: Digest
    task: str
    number: int
    toml: str
    by: str
    at: str
    note: str = ""
    ask_again: tuple[str, ...] = ()

    @property
    def topic(self) -> str:
        """The task."""
        return self.task
