# SPDX-License-Identifier: Apache-2.0
"""What a document or a person touches: records, datasets, models, releases.

This is lineage walked forwards: `tracing` asks what stands behind a model, this asks
what was made of a document.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from maalem.app.steps.subjects import Subject
from maalem.app.steps.touched_models import (
    TouchedDataset,
    TouchedModel,
    touched_datasets,
    touched_models,
    without_them,
)
from maalem.app.workspace import Workspace
from maalem.dataset.erased import group_name
from maalem.errors import DataError
from maalem.records import (
    Adjudication,
    Annotation,
    Digest,
    Document,
    GoldCard,
    Hold,
    Item,
    Passage,
    Pause,
    Qualification,
    Record,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """Everything in the store that something touches.

    Attributes:
        records: Kind and id of each record that says its text, or that the person said.
        texts: These texts, to be looked for outside the store; never shown.
        blobs: Copies of the files that were read.
        beside: Other documents that were read from these files; they stay as records.
        alike: Passages of other documents that are copies or near duplicates; these
            stay.
        groups: Names of the groups of which no document is left (see `group_name`).
        datasets: Frozen datasets.
        models: Models that learned from touched rows.
    """

    records: tuple[tuple[str, Digest], ...]
    texts: tuple[str, ...]
    blobs: tuple[Digest, ...]
    beside: int
    alike: tuple[Digest, ...]
    groups: frozenset[Digest]
    datasets: tuple[TouchedDataset, ...]
    models: tuple[TouchedModel, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many records of each kind there are."""
        return dict(Counter(kind.partition(".")[0] for kind, _ in self.records))


def touched_by(work: Workspace, subject: Subject) -> Touched:
    """Walk from documents or a person to everything that was made of them."""
    if subject.documents:
        return _by_documents(work, subject)
    return _by_person(work, subject)


def _by_documents(work: Workspace, subject: Subject) -> Touched:
    named = set(subject.documents)
    documents = [work.store.get(Document, one) for one in subject.documents]
    ours: list[Passage] = []
    others: list[Passage] = []
    for one in work.store.find(Passage):
        (ours if one.document in named else others).append(one)
    passages = {one.id for one in ours}
    items = [one for one in work.store.find(Item) if one.passage in passages]
    asked = {one.id for one in items}
    answers = [one for one in work.store.find(Annotation) if one.item in asked]
    judged = [one for one in work.store.find(Adjudication) if one.item in asked]
    cards = [one for one in work.store.find(GoldCard) if one.item in asked]
    datasets = tuple(touched_datasets(work, asked))
    files = {one.file for one in documents}
    return Touched(
        records=_named(documents, ours, items, answers, judged, cards),
        texts=tuple(_texts([*documents, *ours, *items, *answers, *judged])),
        blobs=tuple(sorted(one for one in files if _has_blob(work, one))),
        beside=sum(
            one.file in files and one.id not in named
            for one in work.store.find(Document)
        ),
        alike=tuple(_alike(ours, others)),
        groups=_groups(ours) - _groups(others),
        datasets=datasets,
        models=tuple(touched_models(work, datasets)),
    )


def _by_person(work: Workspace, subject: Subject) -> Touched:
    answers: list[Annotation] = []
    judged: list[Adjudication] = []
    about: list[Record] = []
    if subject.with_answers:
        who, find = subject.person, work.store.find
        answers = [one for one in find(Annotation) if one.annotator == who]
        judged = [one for one in find(Adjudication) if one.adjudicator == who]
        about += [one for one in find(Hold) if one.annotator == who]
        about += [one for one in find(Pause) if one.annotator == who]
        about += [one for one in find(Qualification) if one.annotator == who]
    said = {one.item for one in answers} | {one.item for one in judged}
    behind = frozenset(one.id for one in answers)
    datasets = tuple(
        without_them(work, one, subject.person)
        for one in touched_datasets(work, said, behind=behind)
    )
    return Touched(
        records=_named(answers, judged, about),
        texts=tuple(_texts([*answers, *judged])),
        blobs=(),
        beside=0,
        alike=(),
        groups=frozenset(),
        datasets=datasets,
        models=tuple(touched_models(work, datasets)),
    )


def _alike(ours: Collection[Passage], others: Collection[Passage]) -> Iterator[Digest]:
    """Name the passages elsewhere that repeat one of ours, or that one repeats."""
    passages = {one.id for one in ours}
    repeated = {name for one in ours for name in _repeats(one)}
    for one in others:
        if one.id in repeated or passages & {*_repeats(one)}:
            yield one.id


def _groups(passages: Collection[Passage]) -> frozenset[Digest]:
    return frozenset(group_name(name) for name in {one.group for one in passages})


def _repeats(passage: Passage) -> tuple[Digest, ...]:
    return (*passage.near, *([passage.same_as] if passage.same_as else []))


def _named(*several: Collection[Record]) -> tuple[tuple[str, Digest], ...]:
    return tuple((one.kind, one.id) for records in several for one in records)


def _texts(records: Collection[Record]) -> Iterator[str]:
    for one in records:
        match one:
            case Document() | Passage():
                yield one.text
            case Item():
                yield from (one.text, one.question or "", one.draft or "")
                yield from one.options
            case Annotation():
                yield from (one.text or "", one.reason or "", one.note or "")
            case Adjudication():
                yield from (one.text or "", one.reason)
            case _:
                pass  # the other records say no text


def _has_blob(work: Workspace, name: Digest) -> bool:
    try:
        return work.store.path_of(name).is_file()
    except DataError:
        return False  # an earlier erasure has taken it away
