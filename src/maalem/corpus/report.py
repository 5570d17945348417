# SPDX-License-Identifier: Apache-2.0
"""What reading brought: documents and passages, refusals, and the counts of both."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from maalem.corpus.privacy import NOT_SCANNED
from maalem.records import Digest, Document, Passage, Seal

Counts = Mapping[str, int]
"""How often each name occurred."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Something that was not read, and why.

    Attributes:
        source: Name of the file as added, with unprintable characters escaped.
        place: Where in the file, such as `line 3`, or empty for the whole.
        code: Stable name of the reason, such as `corpus.archive-bomb`.
        reason: One sentence for a person.
    """

    source: str
    place: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """At most 500 documents with their passages, ready to be stored together.

    Attributes:
        documents: New documents.
        passages: Their passages, in the same order.
        refusals: What was refused on the way.
        files_done: Files that gave documents and were read to their end since then,
            each with the digest it had when its reading began: `Document.file`.
        read: Documents read, new or known.
        known: Documents that are stored already.
        hidden: Hidden files that were passed over.
        seal: What the reading processes ran behind so far; none for no seal.
        replaced: Personal data of the new documents that pseudonyms were put for, by
            kind: in texts, columns and file names.
    """

    documents: tuple[Document, ...] = ()
    passages: tuple[Passage, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    files_done: tuple[tuple[Path, Digest], ...] = ()
    read: int = 0
    known: int = 0
    hidden: int = 0
    seal: Seal | None = None
    replaced: Counts = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusReport:
    """What was read so far; `plus` adds a batch.

    Attributes:
        files: Files that gave documents, read to their end.
        read: Documents read, new or known.
        new: Documents that were not there before.
        known: Documents that were there already.
        passages: Passages cut from the new documents.
        hidden: Hidden files passed over.
        refused: Refusals by code.
        refusals: The first 100 refusals, each with its reason.
        exact_duplicates: Passages that are a copy of an earlier one.
        near_duplicates: Passages, no copies, that are near to an earlier one.
        languages: Passages by language.
        personal: Personal data by kind.
        flags: Documents by flag.
        replaced: Personal data that pseudonyms were put for, by kind, file names and
            other columns than the text included.
        names: Whether names of persons were looked for; they are not.
        not_scanned: What was not looked for, names included.
        has_originals: Whether documents stand here that were added before personal data
            was replaced, with their values in them.
        seal: What the reading processes ran behind; none for no seal, or if nothing had
            to be read.
    """

    files: int = 0
    read: int = 0
    new: int = 0
    known: int = 0
    passages: int = 0
    hidden: int = 0
    refused: Counts = field(default_factory=dict)
    refusals: tuple[Refusal, ...] = ()
    exact_duplicates: int = 0
    near_duplicates: int = 0
    languages: Counts = field(default_factory=dict)
    personal: Counts = field(default_factory=dict)
    flags: Counts = field(default_factory=dict)
    replaced: Counts = field(default_factory=dict)
    names: str = "not scanned"
    not_scanned: tuple[str, ...] = NOT_SCANNED
    has_originals: bool = False
    seal: Seal | None = None

    def plus(self, batch: Batch) -> "CorpusReport":
        """Add a batch; neither is changed."""
        passages = batch.passages
        return CorpusReport(
            files=self.files + len(batch.files_done),
            read=self.read + batch.read,
            new=self.new + len(batch.documents),
            known=self.known + batch.known,
            passages=self.passages + len(passages),
            hidden=self.hidden + batch.hidden,
            refused=_add(self.refused, [one.code for one in batch.refusals]),
            refusals=(*self.refusals, *batch.refusals)[:100],
            exact_duplicates=self.exact_duplicates
            + sum(one.same_as is not None for one in passages),
            near_duplicates=self.near_duplicates
            + sum(one.same_as is None and bool(one.near) for one in passages),
            languages=_add(self.languages, [one.language for one in passages]),
            personal=_add(
                self.personal, [find.what for one in passages for find in one.personal]
            ),
            flags=_add(
                self.flags, [flag for one in batch.documents for flag in one.flags]
            ),
            replaced=_add(self.replaced, Counter(batch.replaced).elements()),
            names=self.names,
            has_originals=self.has_originals,
            seal=batch.seal or self.seal,  # the newer one tells of all before it
        )


def _add(counts: Counts, names: Iterable[str]) -> Counts:
    total = Counter(counts)
    total.update(names)
    return dict(sorted(total.items()))
