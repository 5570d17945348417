# SPDX-License-Identifier: Apache-2.0
"""What was asked and what experts answered, kept as given."""

from dataclasses import dataclass
from typing import ClassVar

from maalem.records.digests import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One question about one input.

    Attributes:
        id: Digest of task name and passage; a new guideline keeps it.
        task: Name of the task.
        passage: The passage asked about.
        text: The input as shown.
        group: The passage's group.
        language: The passage's language.
        date: The passage's date.
    """

    kind: ClassVar[str] = "item.v1"
    id: Digest
    task: str
    passage: Digest
    text: str
    group: str
    language: str
    date: str | None = None

    @property
    def topic(self) -> str:
        """The task."""
        return self.task


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """One answer of one annotator to one item; never merged, never overwritten.

    Attributes:
        id: Digest of all other fields.
        item: The item answered.
        task: Name of the task.
        annotator: Pseudonym, such as `expert:3f2a`, or `import:<file>` where the
            source names nobody.
        labels: The labels chosen; empty means "I don't know" or a refused question.
        at: ISO 8601 time of the answer, where known.
        seconds: Time spent on it, where known.
        guideline: Version of the task definition it was given under, where known.
        suggestion_shown: Whether a suggestion was visible, where known.
        reason: Why there is no label, or the annotator's note.
        source: Where it came from: `desk`, or the name of the imported file.
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

    @property
    def topic(self) -> str:
        """The task."""
        return self.task


@dataclass(frozen=True, slots=True, kw_only=True)
class Gold:
    """The settled answer to one item.

    Attributes:
        item: The item.
        label: The settled label.
        annotations: The annotations it rests on, all of them, agreeing or not.
        annotators: How many different annotators answered.
        rule: `single`, `unanimous`, `majority` or `adjudicated`.
    """

    item: Digest
    label: str
    annotations: tuple[Digest, ...]
    annotators: int
    rule: str
