# SPDX-License-Identifier: Apache-2.0
"""A release's records, gathered from the ledger up to some size."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from maalem.app.steps.dossier_log import deeds_of, find_exam, read_log
from maalem.app.steps.runs import dataset_folder
from maalem.app.workspace import Workspace
from maalem.dataset import read_dataset
from maalem.errors import IntegrityError, boundary
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
    TaskVersion,
    TrainingRun,
    Verdict,
    digest_file,
    from_json,
)
from maalem.release.dossier import BaseCompute, Sources
from maalem.release.dossier.compute import count_parameters
from maalem.release.dossier.sources import Folder, Kept
from maalem.release.folder import MANIFEST
from maalem.release.manifest import read_manifest
from maalem.store.entry import Entry
from maalem.store.places import places_of
from maalem.tasks import parse_task
from maalem.tasks.lines import TomlFile

R = TypeVar("R", bound=Record)

_TASK = "task.toml"
_WEIGHTS = "model.safetensors"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lineage:
    """What the rows of a dataset rest on."""

    examples: tuple[Example, ...] | None
    answers: dict[Digest, Kept[Annotation]]
    documents: tuple[Kept[Document], ...]
    passages: tuple[Passage, ...]


def sources_of(
    work: Workspace, release: Release, *, size: int, base_compute: BaseCompute | None
) -> Sources:
    """Gather what a dossier of a release is filled from.

    Args:
        work: The opened project.
        release: The release.
        size: Entries of the ledger to read; what came later is not seen.
        base_compute: What the owner says about the base model.

    Raises:
        DataError: A record is not there.
        IntegrityError: A record or a file is not what its digest says.
    """
    dataset = work.store.get(Dataset, release.dataset)
    lineage = _lineage(work, dataset)
    log = read_log(work, size, brought={one.entry for one in lineage.documents})
    checkpoint = work.store.get(Checkpoint, release.checkpoint)
    exam = find_exam(log, release)
    runs = _runs(work, exam)
    base = runs[0].record.base if runs else None
    found = _maybe(work, Checkpoint, [base] if base else [])
    return Sources(
        release=_kept(work, release),
        checkpoint=_kept(work, checkpoint),
        base=found[0] if found else None,
        runs=runs,
        dataset=_kept(work, dataset),
        report=_kept(work, work.store.get(EvalReport, release.report)),
        later=_later(work, exam),
        verdict=_kept(work, work.store.get(Verdict, release.verdict)),
        folder=_folder(work, release),
        examples=lineage.examples,
        answers=lineage.answers,
        documents=lineage.documents,
        passages=lineage.passages,
        qualifications=tuple(
            one for one in _all(work, Qualification, release.task) if one.entry < size
        ),
        deeds=deeds_of(log, release, exam),
        parameters=_parameters(work, found[0].record) if found else None,
        base_compute=base_compute,
        versions=tuple(
            one.pointer for one in _maybe(work, TaskVersion, [dataset.task_version])
        ),
    )


def _kept(work: Workspace, record: R) -> Kept[R]:
    return next(_placed(work, type(record), [record]))


def _placed(work: Workspace, kind: type[R], records: list[R]) -> Iterator[Kept[R]]:
    places = places_of(work.store, kind, (one.id for one in records))
    return (Kept(record=one, entry=places[one.id]) for one in records)


def _all(work: Workspace, kind: type[R], task: str) -> tuple[Kept[R], ...]:
    return tuple(_placed(work, kind, list(work.store.find(kind, task))))


def _maybe(work: Workspace, kind: type[R], ids: Iterable[Digest]) -> list[Kept[R]]:
    """Give those records that are there."""
    known = [work.store.get(kind, one) for one in ids if work.store.has(kind, one)]
    return list(_placed(work, kind, known))


def _runs(work: Workspace, exam: Entry | None) -> tuple[Kept[TrainingRun], ...]:
    details: dict[str, Any] = dict(exam.details) if exam else {}
    return tuple(_maybe(work, TrainingRun, details.get("runs", ())))


def _later(work: Workspace, exam: Entry | None) -> Kept[EvalReport] | None:
    details: dict[str, Any] = dict(exam.details) if exam else {}
    later = details.get("reports", {}).get("later")
    found = _maybe(work, EvalReport, [later] if later else [])
    return found[0] if found else None


def _lineage(work: Workspace, dataset: Dataset) -> _Lineage:
    folder = dataset_folder(work, dataset)
    if not folder.is_dir():
        return _Lineage(examples=None, answers={}, documents=(), passages=())
    examples = tuple(read_dataset(folder)[1])
    behind = {name for row in examples for name in row.annotations}
    answers = [
        one for one in _all(work, Annotation, dataset.task) if one.record.id in behind
    ]
    asked = {row.passage for row in examples}
    passages = tuple(one for one in work.store.find(Passage) if one.id in asked)
    cut_from = {one.document for one in passages}
    documents = [one for one in work.store.find(Document) if one.id in cut_from]
    return _Lineage(
        examples=examples,
        answers={one.record.id: one for one in answers},
        documents=tuple(_placed(work, Document, documents)),
        passages=passages,
    )


def _folder(work: Workspace, release: Release) -> Folder | None:
    """Read what the release's folder says, of files that are the release's own."""
    folder = work.folder / "releases" / f"{release.task}-{release.number}"
    named = {file.name: file.digest for file in release.files}
    for name in (MANIFEST, _TASK):
        path = folder / name
        if not path.is_file():
            return None
        if digest_file(path) != named.get(name):
            raise IntegrityError(
                f"{path.name} is not the one that was released",
                hint=f"maalem verify releases/{folder.name}",
            )
    manifest = read_manifest(folder)
    with boundary(IntegrityError, "read the manifest of the release"):
        said = manifest.get("agreement")  # the first releases have none
        text = (folder / _TASK).read_text("utf-8")
        task = parse_task(TomlFile(name=_TASK, text=text))
        return Folder(
            title=task.title,
            titles=task.titles,
            agreement=from_json(Estimate, said["alpha"]) if said else None,
            caveats=tuple(manifest.get("caveats", ())),
            released_at=manifest.get("at"),
        )


def _parameters(work: Workspace, base: Checkpoint) -> int | None:
    """Count the base model's parameters, if its weights still lie there unchanged."""
    named = {file.name: file.digest for file in base.files}
    for folder in (work.folder / "bases" / base.name, work.folder / base.name):
        path = folder / _WEIGHTS
        if path.is_file() and digest_file(path) == named.get(_WEIGHTS):
            return count_parameters(path)
    return None
