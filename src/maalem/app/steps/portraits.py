# SPDX-License-Identifier: Apache-2.0
"""The portrait of a frozen dataset: kept when it is frozen, or taken when asked for."""

import json
from collections.abc import Sequence

from maalem.app.steps.runs import dataset_folder
from maalem.app.steps.settled import Settlement
from maalem.app.workspace import Workspace
from maalem.dataset.browsing import every_row, marks_of
from maalem.dataset.difference import Difference, difference_of
from maalem.dataset.erased import find_erased
from maalem.dataset.leaks import Leak
from maalem.dataset.portrait import Known, Portrait, portray
from maalem.dataset.telling import Telling
from maalem.experts.agreement import agreements
from maalem.records import (
    Annotation,
    Dataset,
    Digest,
    Document,
    Example,
    Passage,
    canonical_json,
    from_json,
    to_json,
)
from maalem.tasks import TaskDefinition


def keep_portrait(
    work: Workspace,
    task: TaskDefinition,
    examples: Sequence[Example],
    *,
    found: Settlement,
    leaks: Sequence[Leak],
    telling: Sequence[Telling],
) -> Digest:
    """Take the portrait of rows that are being frozen, and keep it as a blob."""
    behind = {name for row in examples for name in row.annotations}
    behind |= {name for one in found.still_open for name in one.annotations}
    answers = [one for one in found.answers if one.id in behind]
    languages = {one.id: one.language for one in found.items}
    known = Known(
        annotators={one.id: one.annotator for one in answers},
        sources=_sources(work, examples),
        leaks=leaks,
        telling=telling,
        agreement=agreements(answers, languages=languages),
    )
    portrait = portray(examples, labels=task.label_names, known=known)
    return work.store.put(canonical_json(to_json(portrait)))


def portrait_of(work: Workspace, dataset: Dataset) -> Portrait:
    """Give the portrait of a dataset.

    One that was frozen before portraits were kept is looked at now: what was left out,
    and how far its experts agreed, is not known of it any more.
    """
    kept = None
    for entry in work.store.entries("dataset.chosen"):
        if entry.details["dataset"] == dataset.id:
            kept = entry.details.get("portrait")
    if isinstance(kept, str):
        return from_json(Portrait, json.loads(work.store.read(Digest(kept))))
    examples = tuple(every_row(dataset_folder(work, dataset)))
    behind = {name for row in examples for name in row.annotations}
    answers = work.store.find(Annotation, dataset.task)
    known = Known(
        annotators={one.id: one.annotator for one in answers if one.id in behind},
        sources=_sources(work, examples),
    )
    return portray(examples, labels=dataset.labels, known=known)


def find_previous(work: Workspace, dataset: Dataset) -> Dataset | None:
    """Give the version of a task's dataset before this one, if there is one."""
    chosen: list[Digest] = []
    for entry in work.store.entries("dataset.chosen"):
        name = Digest(str(entry.details["dataset"]))
        if entry.details["task"] == dataset.task and name not in chosen[-1:]:
            chosen.append(name)
    if dataset.id not in chosen:
        return None
    place = len(chosen) - 1 - chosen[::-1].index(dataset.id)
    return work.store.get(Dataset, chosen[place - 1]) if place else None


def difference_between(
    work: Workspace, before: Dataset, after: Dataset
) -> Difference | None:
    """Compare two frozen datasets; none where folder or texts of one are gone."""
    folders = [dataset_folder(work, one) for one in (before, after)]
    if not all(one.is_dir() and find_erased(one) is None for one in folders):
        return None
    return difference_of(*map(marks_of, folders))


def _sources(work: Workspace, examples: Sequence[Example]) -> dict[Digest, str]:
    asked = {row.passage for row in examples}
    cut_from = {
        one.id: one.document for one in work.store.find(Passage) if one.id in asked
    }
    wanted = set(cut_from.values())
    files = {
        one.id: one.source for one in work.store.find(Document) if one.id in wanted
    }
    return {
        passage: files[document]
        for passage, document in cut_from.items()
        if document in files
    }
