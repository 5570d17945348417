# SPDX-License-Identifier: Apache-2.0
"""The lines of a trace: what is said of each thing, and where the ledger has it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from maalem.app.steps.rows import Placed, trace_row, versions_of
from maalem.app.steps.runs import dataset_folder
from maalem.app.workspace import Workspace
from maalem.dataset.browsing import every_row
from maalem.dataset.lineage import Contribution, lineage_of
from maalem.records import (
    Adjudication,
    Annotation,
    Dataset,
    Digest,
    Document,
    Example,
    Item,
    Passage,
    Record,
    TaskVersion,
)
from maalem.store.places import place_of, places_of

_NO_LABEL = MappingProxyType(
    {
        "unknown": "does not know",
        "bad-question": "calls it a bad question",
        "withdrawn": "took it back",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that stands behind what is traced.

    Attributes:
        kind: `release`, `verdict`, `exam`, `model`, `training`, `base`, `dataset`,
            `guideline`, `annotator`, `document`, `answer`, `row`, `passage` or
            `adjudication`.
        id: Its digest; the pseudonym of an annotator.
        said: What it is, in words.
        entry: Index of the ledger's entry that brought it; of an annotator, of the
            first answer. None where the ledger does not know it.
        last_entry: For an annotator, the entry of the last answer.
    """

    kind: str
    id: str
    said: str
    entry: int | None
    last_entry: int | None = None


def line_of(work: Workspace, record: Record, said: str, *, kind: str) -> Line:
    """Write a line about a record."""
    place = place_of(work.store, type(record), record.id)
    return Line(kind=kind, id=record.id, said=said, entry=place)


def dataset_lines(work: Workspace, dataset: Dataset) -> Iterator[Line]:
    """Give what stands behind a dataset: guidelines, people, documents, answers."""
    rows = sum(count for _, count in dataset.counts)
    yield line_of(work, dataset, f"{rows} rows of {dataset.task}", kind="dataset")
    examples = tuple(every_row(dataset_folder(work, dataset)))
    behind = {name for row in examples for name in row.annotations}
    answers = {
        one.id: one
        for one in work.store.find(Annotation, dataset.task)
        if one.id in behind
    }
    asked = {row.passage for row in examples}
    cut_from = {
        one.id: one.document for one in work.store.find(Passage) if one.id in asked
    }
    found = lineage_of(examples, answers, cut_from)
    yield from _guidelines(work, dataset, found.guidelines)
    places = places_of(work.store, Annotation, answers)
    for one in found.contributions:
        yield _annotator(one, answers, places)
    yield from _judgements(work, dataset, examples)
    yield from _documents(work, found.documents)
    for name, answer in answers.items():
        entry = places.get(name)
        yield Line(kind="answer", id=name, said=_answered(answer), entry=entry)


def _judgements(
    work: Workspace, dataset: Dataset, examples: Sequence[Example]
) -> Iterator[Line]:
    labels = {row.item: row.label for row in examples if row.rule == "adjudicated"}
    last = {
        one.item: one
        for one in work.store.find(Adjudication, dataset.task)
        if one.labels == (labels.get(one.item),)
    }
    places = places_of(
        work.store, Adjudication, (judged.id for judged in last.values())
    )
    for judged in last.values():
        said = f"{judged.adjudicator}: {judged.labels[0]}: {judged.reason}"
        entry = places[judged.id]
        yield Line(kind="adjudication", id=judged.id, said=said, entry=entry)


def _annotator(
    one: Contribution, answers: dict[Digest, Annotation], places: dict[Digest, int]
) -> Line:
    theirs = [
        places[name] for name, answer in answers.items()
        if answer.annotator == one.annotator
    ]  # fmt: skip
    minutes = "" if one.seconds is None else f", {one.seconds / 60:.0f} minutes"
    said = f"{one.answers} answers, {one.agreeing} as settled, {one.alone} rows alone"
    return Line(
        kind="annotator",
        id=one.annotator,
        said=said + minutes,
        entry=min(theirs, default=None),
        last_entry=max(theirs, default=None),
    )


def _guidelines(
    work: Workspace, dataset: Dataset, guidelines: tuple[tuple[Digest | None, int], ...]
) -> Iterator[Line]:
    versions = versions_of(work, dataset.task)
    for name, count in guidelines:
        line = _guideline(name, versions.get(name) if name else None)
        frozen = ", the one that was frozen" if name == dataset.task_version else ""
        said = f"{line.said}{frozen}: {_counted(count, 'answer')}"
        yield replace(line, said=said)


def _guideline(name: Digest | None, known: Placed[TaskVersion] | None) -> Line:
    said = f"version {known.record.number}" if known else "its text is not recorded"
    return Line(
        kind="guideline",
        id=name or "not recorded",
        said=said if name else "answers that name no version",
        entry=known.entry if known else None,
    )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _documents(
    work: Workspace, documents: tuple[tuple[Digest, int], ...]
) -> Iterator[Line]:
    places = places_of(work.store, Document, (name for name, _ in documents))
    for name, count in documents:
        if name in places:
            one = work.store.get(Document, name)
            said = f"{one.source} {one.place}".strip() + f": {_counted(count, 'row')}"
            yield Line(kind="document", id=name, said=said, entry=places[name])


def row_lines(work: Workspace, dataset: Dataset | None, item: Item) -> Iterator[Line]:
    """Give what stands behind a row.

    Args:
        work: The opened project.
        dataset: The dataset that it stands in; of an item that was never frozen, or is
            left out, all answers are given.
        item: What was asked.
    """
    if dataset is None:
        yield line_of(work, item, "stands in no frozen dataset", kind="row")
        answers = [
            one for one in work.store.find(Annotation, item.task) if one.item == item.id
        ]
        for answer in answers:
            yield _answer(work, answer)
        yield from _versions(work, item.task, answers)
        yield from _place(work, item.passage)
        return
    found = trace_row(work, dataset, item.id)
    row = found.example
    said = f"{row.label}: {row.rule}, in {row.split}"
    yield Line(kind="row", id=item.id, said=said, entry=found.item.entry)
    for one in found.answers:
        yield _answer(work, one.record)
    if found.adjudication:
        judged = found.adjudication.record
        said = f"{judged.adjudicator}: {judged.reason}"
        yield line_of(work, judged, said, kind="adjudication")
    yield from _versions(work, item.task, [one.record for one in found.answers])
    yield line_of(work, dataset, f"frozen for {dataset.task}", kind="dataset")
    yield from _place(work, row.passage)


def _answer(work: Workspace, answer: Annotation) -> Line:
    return line_of(work, answer, _answered(answer), kind="answer")


def _answered(answer: Annotation) -> str:
    if answer.labels:
        return f"{answer.annotator}: {', '.join(answer.labels)}"
    why = _NO_LABEL.get(answer.outcome or "")
    return f"{answer.annotator}: no label" + (f", {why}" if why else "")


def _versions(
    work: Workspace, task: str, answers: Sequence[Annotation]
) -> Iterator[Line]:
    versions = versions_of(work, task)
    for name in dict.fromkeys(one.guideline for one in answers):
        yield _guideline(name, versions.get(name) if name else None)


def _place(work: Workspace, name: Digest | None) -> Iterator[Line]:
    if name is None or not work.store.has(Passage, name):
        return
    passage = work.store.get(Passage, name)
    said = f"characters {passage.start} to {passage.end}"
    yield line_of(work, passage, said, kind="passage")
    document = work.store.get(Document, passage.document)
    said = f"{document.source} {document.place}".strip()
    yield line_of(work, document, said, kind="document")
