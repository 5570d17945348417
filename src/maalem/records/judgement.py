# SPDX-License-Identifier: Apache-2.0
"""What was asked and what experts answered, kept as given."""

from dataclasses import dataclass
from typing import ClassVar

from maalem.records.digests import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A part of a text that somebody marked.

    Attributes:
        start: First code point in the item's text.
        end: One past the last code point.
        quote: That part of the text, so that a wrong offset shows.
    """

    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One question about one input.

    Attributes:
        id: Digest of task name, passage and what is asked of it; a new guideline
            keeps it.
        task: Name of the task.
        passage: The passage asked about.
        text: The input as shown.
        group: The passage's group.
        language: The passage's language.
        date: The passage's date.
        question: What is asked about this text; none where the task asks the same of
            every text.
        options: Texts to compare or to rank, in an order that nobody is shown.
        draft: An answer to correct.
    """

    kind: ClassVar[str] = "item.v1"
    id: Digest
    task: str
    passage: Digest
    text: str
    group: str
    language: str
    date: str | None = None
    question: str | None = None
    options: tuple[str, ...] = ()
    draft: str | None = None

    @property
    def topic(self) -> str:
        """The task."""
        return self.task


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """One answer of one annotator to one item; never merged, never overwritten.

    Attributes:
        id: Digest of task, annotator and key where it has a key, so that an answer
            sent twice is one; else of all other fields.
        item: The item answered.
        task: Name of the task.
        annotator: Pseudonym, such as `expert:3f2a`, or `import:<file>` where the
            source names nobody.
        labels: The labels chosen; of two options `first`, `second`, `both` or
            `neither`; empty where the outcome says why, or the answer is no label.
        at: ISO 8601 time of the answer, where known.
        seconds: Time spent on it, where known.
        guideline: Version of the task definition it was given under, where known.
        suggestion_shown: Whether a suggestion was visible, where known.
        reason: Why there is no label, or the annotator's note.
        source: Where it came from: `desk`, or the name of the imported file.
        outcome: `unknown` ("I don't know"), `bad-question` or `withdrawn` (undone);
            none for an answer, and where the source does not say.
        text: The answer as written or corrected.
        spans: What was marked, in the order of the text.
        ratings: Pairs of criterion and score.
        ranking: Numbers of the item's options from 0, the best first.
        order_shown: Numbers of the item's options from 0, in the order shown.
        note: What the annotator wants to be known.
        key: Idempotency key that the annotator's browser made for this answer.
    """

    kind: ClassVar[str] = "annotation.v1"
    id: Digest
    item: Digest
    task: str
    annotator: str
    labels: tuple[str, ...]
    at: str | None = None
    seconds: float | None = None
    guideline: Digest | None = None
    suggestion_shown: bool | None = None
    reason: str | None = None
    source: str = "desk"
    outcome: str | None = None
    text: str | None = None
    spans: tuple[Span, ...] = ()
    ratings: tuple[tuple[str, int], ...] = ()
    ranking: tuple[int, ...] = ()
    order_shown: tuple[int, ...] = ()
    note: str | None = None
    key: str | None = None

    @property
    def topic(self) -> str:
        """The task."""
        return self.task

    @property
    def is_answer(self) -> bool:
        """Whether it answers the question: it is no refusal and not withdrawn."""
        given = (self.labels, self.text, self.spans, self.ratings, self.ranking)
        return self.outcome is None and any(given)


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjudication:
    """How a person settled an item on which annotators differ.

    Attributes:
        id: Digest of all other fields.
        item: The item.
        task: Name of the task.
        adjudicator: Pseudonym.
        labels: The settled labels; of two options `first`, `second`, `both` or
            `neither`; empty where the answer is no label, or the guideline must be
            mended first.
        reason: Why, in words; never empty.
        considered: The annotations that were seen.
        at: ISO 8601 time.
        guideline: Version of the task definition.
        text: The settled text, where the answer is one.
        spans: The settled spans, where the answer is some.
        is_guideline_unclear: Whether the guideline, not an expert, is the cause.
        ratings: Pairs of criterion and settled score.
        ranking: Numbers of the item's options from 0, the best first.
    """

    kind: ClassVar[str] = "adjudication.v1"
    id: Digest
    item: Digest
    task: str
    adjudicator: str
    labels: tuple[str, ...]
    reason: str
    considered: tuple[Digest, ...]
    at: str
    guideline: Digest
    text: str | None = None
    spans: tuple[Span, ...] = ()
    is_guideline_unclear: bool = False
    ratings: tuple[tuple[str, int], ...] = ()
    ranking: tuple[int, ...] = ()

    @property
    def topic(self) -> str:
        """The task."""
        return self.task

    @property
    def is_answer(self) -> bool:
        """Whether it says what is right, not that the guideline is unclear."""
        given = (self.labels, self.text, self.spans, self.ratings, self.ranking)
        return not self.is_guideline_unclear and any(given)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gold:
    """The settled answer to one item; which field says it is the task's `answer`.

    Attributes:
        item: The item.
        label: The settled label, where the answer is one; else empty.
        annotations: The annotations it rests on, all of them, agreeing or not.
        annotators: How many different annotators answered.
        rule: `single`, `unanimous`, `majority`, `close` (all differ by less than
            matters; it is the answer nearest to the others) or `adjudicated`.
        set_aside: Further annotations, of annotators who are held; it does not rest
            on them.
        labels: The settled labels, where the answer is several.
        text: The settled text.
        spans: The settled spans.
        ratings: Pairs of criterion and settled score.
        ranking: Numbers of the item's options from 0, the best first.
    """

    item: Digest
    label: str
    annotations: tuple[Digest, ...]
    annotators: int
    rule: str
    set_aside: tuple[Digest, ...] = ()
    labels: tuple[str, ...] = ()
    text: str | None = None
    spans: tuple[Span, ...] = ()
    ratings: tuple[tuple[str, int], ...] = ()
    ranking: tuple[int, ...] = ()
