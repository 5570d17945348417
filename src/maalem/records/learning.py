# SPDX-License-Identifier: Apache-2.0
"""What is learned from, and what came of it."""

from dataclasses import dataclass
from typing import ClassVar

from maalem.records.digests import Digest
from maalem.records.sealing import Seal

INSTALLED_FILES = "installed files"
OWN_FILES = "maalem files"
"""Under which names a run's libraries hold digests; no package has a space in its."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One row of a dataset: an input and its settled label.

    Attributes:
        item: The item it was made from.
        text: Input text.
        label: Gold label.
        group: What must not stand on both sides of a split.
        language: Language of the text.
        date: ISO 8601 date, if known.
        split: `teaching`, `calibration`, `exam` or `later`.
        annotations: Digests of the annotations behind the label.
        rule: How the label was settled (see `Gold.rule`).
        passage: The passage of the corpus that it asks about.
        near: Passages that are near duplicates of it, as the corpus found them.
    """

    item: Digest
    text: str
    label: str
    group: str
    language: str
    split: str
    date: str | None = None
    annotations: tuple[Digest, ...] = ()
    rule: str = "single"
    passage: Digest | None = None
    near: tuple[Digest, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEntry:
    """A file of a folder, with what it must be.

    Attributes:
        name: Path inside the folder, with forward slashes.
        digest: SHA-256 of its bytes.
        size: Bytes.
    """

    name: str
    digest: Digest
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """A frozen dataset, named by its content.

    Attributes:
        id: Digest of the examples in canonical order, the task version and the labels.
        task: Name of the task.
        task_version: Digest of the task definition.
        labels: The labels, in the task's order.
        languages: Languages present, sorted.
        counts: Examples per split, as pairs.
        groups: Groups per split, as pairs.
        left_out: What was left out, as pairs of reason and count; examples, where the
            reason does not name something else.
        files: The files of the dataset's folder.
    """

    kind: ClassVar[str] = "dataset.v1"
    id: Digest
    task: str
    task_version: Digest
    labels: tuple[str, ...]
    languages: tuple[str, ...]
    counts: tuple[tuple[str, int], ...]
    groups: tuple[tuple[str, int], ...]
    left_out: tuple[tuple[str, int], ...]
    files: tuple[FileEntry, ...]

    @property
    def topic(self) -> str:
        """The task."""
        return self.task


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A trained or base model: a folder, named by its content.

    Attributes:
        id: Digest of the sorted file entries.
        model_kind: `classify.v1`, `encoder.v1`, …
        base: The checkpoint it was made from; none for a base model.
        licence: SPDX identifier of the weights' licence.
        name: What people call it.
        files: The files of the folder.
    """

    kind: ClassVar[str] = "checkpoint.v1"
    id: Digest
    model_kind: str
    name: str
    licence: str
    files: tuple[FileEntry, ...]
    base: Digest | None = None

    @property
    def topic(self) -> str:
        """The kind of model."""
        return self.model_kind


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingRun:
    """The record of one job, from its inputs to its checkpoint.

    Attributes:
        id: Digest of dataset, base, model kind, recipe, seed and threads.
        task: Name of the task.
        dataset: What was learned from.
        base: What was started from.
        model_kind: What was made.
        recipe: The recipe's settings, as pairs of name and JSON text.
        seed: Of every random choice.
        threads: CPU threads; another number gives other bits.
        checkpoint: What came of it.
        validation: Loss on the held-out part of the teaching split.
        seal: Level and name of the seal that all attempts ran behind, or `none`.
        engine: Name of the engine.
        seconds: Wall time of all attempts together.
        cpu_seconds: CPU time of all attempts together.
        resumed: How often the job was taken up again.
        libraries: Versions of what was installed where it was computed, as pairs;
            after the packages come digests of all their files, under names with a
            space.
        sealing: What was seen of that seal; none where nothing was.
    """

    kind: ClassVar[str] = "training-run.v1"
    id: Digest
    task: str
    dataset: Digest
    base: Digest
    model_kind: str
    recipe: tuple[tuple[str, str], ...]
    seed: int
    threads: int
    checkpoint: Digest
    validation: float
    seal: str
    engine: str
    seconds: float
    cpu_seconds: float
    resumed: int
    libraries: tuple[tuple[str, str], ...]
    sealing: Seal | None = None

    @property
    def topic(self) -> str:
        """The task."""
        return self.task
