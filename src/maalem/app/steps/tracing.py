# SPDX-License-Identifier: Apache-2.0
"""What stands behind a release, a model, a dataset or a row, each with its entry.

An entry is an index of the ledger: `maalem verify --ledger` proves that what it names
was written then and never changed. People are named by pseudonym alone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from maalem.app.steps.datasets import find_latest_dataset
from maalem.app.steps.named import Named, find_named
from maalem.app.steps.runs import dataset_folder
from maalem.app.steps.trace_lines import Line, dataset_lines, line_of, row_lines
from maalem.app.workspace import Workspace
from maalem.dataset.browsing import find_row
from maalem.errors import DataError
from maalem.records import (
    Checkpoint,
    Dataset,
    Digest,
    EvalReport,
    Item,
    Release,
    TrainingRun,
    Verdict,
)

_KINDS: Mapping[type[Named], str] = MappingProxyType(
    {
        Release: "release",
        TrainingRun: "model",
        Checkpoint: "model",
        Dataset: "dataset",
        Item: "row",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What stands behind something.

    Attributes:
        kind: `release`, `model`, `dataset` or `row`.
        id: What is traced.
        task: The task that it belongs to; empty for a base model.
        dataset: The dataset that teaches it; none where there is none.
        lines: What stands behind it, from the nearest to the farthest.
    """

    kind: str
    id: Digest
    task: str
    dataset: Digest | None
    lines: tuple[Line, ...]


def trace(work: Workspace, what: str) -> Trace:
    """Give what stands behind something.

    Args:
        work: The opened project.
        what: Its name (see `find_named`).

    Raises:
        DataError: Nothing has this name, or several things have.
        IntegrityError: A file of the dataset was changed.
    """
    return trace_of(work, find_named(work, what))


def taught_dataset(work: Workspace, what: str) -> Dataset:
    """Give the dataset that teaches what a name means.

    Raises:
        DataError: Nothing has this name, several things have, or it was taught by no
            dataset.
    """
    found = dataset_behind(work, find_named(work, what))
    if found is None:
        raise DataError(
            f"{what!r} was taught by no dataset of this project",
            hint="name a release, a dataset, a task or a model that was trained here",
            code="trace.untaught",
        )
    return found


def dataset_behind(work: Workspace, found: Named) -> Dataset | None:
    """Give the dataset behind something, if there is one."""
    match found:
        case Dataset():
            return found
        case Release() | TrainingRun():
            return work.store.get(Dataset, found.dataset)
        case Checkpoint():
            run = _run_of(work, found.id)
            return work.store.get(Dataset, run.dataset) if run else None
        case Item():
            return _holding(work, found)


def trace_of(work: Workspace, found: Named) -> Trace:
    """Give what stands behind something that was found."""
    dataset = dataset_behind(work, found)
    if isinstance(found, Item):
        lines = [*row_lines(work, dataset, found)]
    else:
        lines = [*_own_lines(work, found)]
        lines += dataset_lines(work, dataset) if dataset else ()
    return Trace(
        kind=_KINDS[type(found)],
        id=found.id,
        task=dataset.task if dataset else getattr(found, "task", ""),
        dataset=dataset.id if dataset else None,
        lines=tuple(lines),
    )


def _own_lines(work: Workspace, found: Named) -> Iterator[Line]:
    match found:
        case Release():
            yield from _release(work, found)
            yield from _model(work, found.checkpoint)
        case TrainingRun():
            yield from _training(work, found)
        case Checkpoint():
            yield from _model(work, found.id)
        case Dataset() | Item():
            pass  # their lines are those of every dataset and row


def _release(work: Workspace, release: Release) -> Iterator[Line]:
    name = f"{release.task}-{release.number}, signed by {release.signer}"
    yield line_of(work, release, name, kind="release")
    verdict = work.store.get(Verdict, release.verdict)
    yield line_of(work, verdict, verdict.outcome, kind="verdict")
    report = work.store.get(EvalReport, release.report)
    yield line_of(work, report, f"look {report.look} at this exam", kind="exam")


def _model(work: Workspace, checkpoint: Digest) -> Iterator[Line]:
    model = work.store.get(Checkpoint, checkpoint)
    yield line_of(work, model, f"{model.model_kind}, {model.name}", kind="model")
    run = _run_of(work, checkpoint)
    if run is not None:
        yield from _training(work, run)


def _training(work: Workspace, run: TrainingRun) -> Iterator[Line]:
    said = f"{run.model_kind}, seed {run.seed}, seal {run.seal}"
    yield line_of(work, run, said, kind="training")
    if work.store.has(Checkpoint, run.base):
        base = work.store.get(Checkpoint, run.base)
        yield line_of(work, base, f"{base.name}, {base.licence}", kind="base")


def _run_of(work: Workspace, checkpoint: Digest) -> TrainingRun | None:
    for entry in work.store.entries("train.run"):
        if entry.details["checkpoint"] == checkpoint:
            return work.store.get(TrainingRun, Digest(str(entry.details["run"])))
    return None


def _holding(work: Workspace, item: Item) -> Dataset | None:
    """Give the newest dataset of an item's task, if the item stands in it."""
    dataset = find_latest_dataset(work, item.task)
    if dataset and find_row(dataset_folder(work, dataset), item.id) is not None:
        return dataset
    return None
