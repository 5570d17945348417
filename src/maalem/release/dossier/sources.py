# SPDX-License-Identifier: Apache-2.0
"""What a dossier is filled from: records with their entries, and the ledger's deeds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from maalem.records import (
    Annotation,
    Checkpoint,
    Dataset,
    Digest,
    Document,
    Estimate,
    EvalReport,
    Example,
    Passage,
    Qualification,
    Record,
    Release,
    TrainingRun,
    Verdict,
    digest_of,
    to_json,
)
from maalem.release.dossier.fields import BaseCompute, Pointer
from maalem.store.entry import Entry

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept(Generic[R]):
    """A record, and the entry that it was written with."""

    record: R
    entry: int

    @property
    def pointer(self) -> Pointer:
        """Where the ledger has it."""
        return Pointer(
            entry=self.entry,
            kind=self.record.kind,
            id=self.record.id,
            digest=digest_of(to_json(self.record)),
        )


def deed_pointer(entry: Entry) -> Pointer:
    """Point to an entry itself."""
    return Pointer(
        entry=entry.index,
        kind="entry",
        id=entry.action,
        digest=digest_of(to_json(entry)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Deeds:
    """What the ledger did up to some size.

    Attributes:
        counts: Entries by deed, as pairs sorted by deed.
        first: The first entry.
        last: The last one that was read.
        releases: Entries of the releases of this task.
        trainings: Entries of the runs behind this release.
        looks: Entries of the looks at this task's exam.
        exam: The entry that ended this exam, if it is known.
        added: Entries that brought the documents behind this release.
        about: Entries of the deeds on this task that made the release, in order.
    """

    counts: tuple[tuple[str, int], ...]
    first: Entry
    last: Entry
    releases: tuple[Entry, ...]
    trainings: tuple[Entry, ...]
    looks: tuple[Entry, ...]
    exam: Entry | None
    added: tuple[Entry, ...]
    about: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """What the release's folder says besides records; its files are the release's.

    Attributes:
        title: What people call the task.
        titles: The same in other languages, as pairs of language and title.
        agreement: Agreement of the annotators, if it was measured.
        caveats: What a reader must keep in mind, a sentence each.
        released_at: ISO 8601 time of the release, where known.
    """

    title: str
    titles: tuple[tuple[str, str], ...] = ()
    agreement: Estimate | None = None
    caveats: tuple[str, ...] = ()
    released_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Everything that a dossier is filled from.

    Attributes:
        release: The release.
        checkpoint: Its model.
        base: What the model started from, if the ledger knows it.
        runs: The training runs that were examined; the first made the model.
        dataset: What it learned from.
        report: Its exam.
        later: The later exam, if there was one.
        verdict: The gate's answer.
        folder: What its folder says; none where the folder is gone.
        examples: The rows of the dataset; none where its folder is gone.
        answers: The answers behind them.
        documents: The documents behind them.
        passages: The passages behind them.
        qualifications: What annotators of the task showed on gold cards.
        deeds: What the ledger did.
        parameters: Parameters of the base model; none where its folder is gone.
        base_compute: What the owner says about the base model.
        versions: Entries of the task's version that was frozen, if it was kept.
    """

    release: Kept[Release]
    checkpoint: Kept[Checkpoint]
    base: Kept[Checkpoint] | None
    runs: tuple[Kept[TrainingRun], ...]
    dataset: Kept[Dataset]
    report: Kept[EvalReport]
    later: Kept[EvalReport] | None
    verdict: Kept[Verdict]
    folder: Folder | None
    examples: tuple[Example, ...] | None
    answers: Mapping[Digest, Kept[Annotation]]
    documents: tuple[Kept[Document], ...]
    passages: tuple[Passage, ...]
    qualifications: tuple[Kept[Qualification], ...]
    deeds: Deeds
    parameters: int | None
    base_compute: BaseCompute | None
    versions: tuple[Pointer, ...] = ()
