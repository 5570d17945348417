# SPDX-License-Identifier: Apache-2.0
"""A frozen dataset as pages: what it holds, what changed, its rows, its files."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from fastapi import Request, Response
from fastapi.responses import FileResponse, HTMLResponse

from maalem.app.desk.dataset_keeping import kept_of
from maalem.app.desk.dataset_tables import Cross, crossed
from maalem.app.desk.desk import Desk, desk_of, person_of
from maalem.app.desk.frame import page
from maalem.app.desk.listing import Part, part_of
from maalem.app.desk.refusals import RefusedError
from maalem.app.desk.routes import RouteTable
from maalem.app.desk.text_shown import shown
from maalem.app.steps.portraits import find_previous
from maalem.app.steps.rows import trace_row
from maalem.app.steps.runs import dataset_folder
from maalem.dataset.browsing import Choice, browse
from maalem.dataset.difference import Change
from maalem.dataset.manifest import MANIFEST
from maalem.dataset.splits import SPLITS
from maalem.errors import SettingsError
from maalem.records import Dataset, Digest, Item, TrainingRun

TABLE = RouteTable()
_ROWS = 40  # on one page
_OPENING = 240  # characters of a text in a list
_LEAKS = 40  # left-out rows on the page
_FEWEST_DIGITS = 8
_TYPES: Mapping[str, str] = MappingProxyType(
    {".parquet": "application/vnd.apache.parquet", ".json": "application/json"}
)
_TEXT = "text/plain; charset=utf-8"


@TABLE.page("GET", "/datasets", permission="read")
def show_datasets(request: Request) -> HTMLResponse:
    """Show the frozen datasets, newest first."""
    rows = list(desk_of(request).work.store.find(Dataset))
    return page(request, "datasets.html", rows=rows[::-1])


@TABLE.page("GET", "/datasets/{digest}", permission="read")
def show_dataset(request: Request, digest: str) -> HTMLResponse:
    """Show what a dataset holds, what was left out, and what changed."""
    desk = desk_of(request)
    dataset, work = named_dataset(desk, digest), desk.work
    runs = [
        one for one in work.store.find(TrainingRun, dataset.task)
        if one.dataset == dataset.id
    ]  # fmt: skip
    kept, before = kept_of(request), find_previous(work, dataset)
    portrait = kept.portrait(work, dataset) if _is_here(desk, dataset) else None
    crosses: dict[str, Cross] = {}
    if portrait is not None:
        crosses = {
            "splits": crossed(portrait.splits, dataset.labels, columns=SPLITS),
            "languages": crossed(portrait.languages, dataset.labels),
            "sources": crossed(portrait.sources, dataset.labels),
            "annotators": crossed(portrait.annotators, dataset.labels),
        }
    return page(
        request,
        "dataset.html",
        dataset=dataset,
        runs=runs,
        portrait=portrait,
        crosses=crosses,
        leaks=portrait.leaks[:_LEAKS] if portrait else (),
        before=before,
        difference=kept.difference(work, before, dataset) if before else None,
        files=(*(one.name for one in dataset.files), MANIFEST),
        sizes={one.name: one.size for one in dataset.files},
        name_of=label_names(desk, dataset.task, person_of(request).language),
    )


@TABLE.page("GET", "/datasets/{digest}/rows", permission="read")
def show_rows(
    request: Request,
    digest: str,
    *,
    split: str = "",
    label: str = "",
    language: str = "",
    part: int = 1,
) -> HTMLResponse:
    """Show the rows of a dataset, those that are asked for."""
    desk = desk_of(request)
    dataset = named_dataset(desk, digest)
    _refuse_gone(desk, dataset)
    choice = Choice(split=split, label=label, language=language)
    number = max(1, part)
    found = browse(
        dataset_folder(desk.work, dataset),
        choice,
        skip=(number - 1) * _ROWS,
        count=_ROWS + 1,
    )
    asked = {"split": split, "label": label, "language": language}
    return page(
        request,
        "dataset_rows.html",
        dataset=dataset,
        part=Part(
            rows=found[:_ROWS], number=number, is_last=len(found) <= _ROWS, asked=asked
        ),
        splits=SPLITS,
        opening=opening,
        name_of=label_names(desk, dataset.task, person_of(request).language),
    )


@TABLE.page("GET", "/datasets/{digest}/rows/{item}", permission="read")
def show_row(request: Request, digest: str, item: str) -> HTMLResponse:
    """Show one row and who taught it."""
    desk = desk_of(request)
    dataset = named_dataset(desk, digest)
    _refuse_gone(desk, dataset)
    found = trace_row(desk.work, dataset, Digest(item))
    return page(
        request,
        "dataset_row.html",
        dataset=dataset,
        row=found.example,
        found=found,
        shown=shown,
        name_of=label_names(desk, dataset.task, person_of(request).language),
    )


@TABLE.page("GET", "/datasets/{digest}/changes", permission="read")
def show_changes(
    request: Request, digest: str, *, deed: str = "", part: int = 1
) -> HTMLResponse:
    """Show the rows that are not what they were in the version before."""
    desk = desk_of(request)
    dataset = named_dataset(desk, digest)
    before = find_previous(desk.work, dataset)
    difference = (
        kept_of(request).difference(desk.work, before, dataset) if before else None
    )
    if before is None or difference is None:
        raise RefusedError(
            "there is no version before this one", status=404, code="desk.missing"
        )
    changes = (one for one in difference.changes if deed in ("", one.deed))
    found: Part[Change] = part_of(changes, part, size=_ROWS, asked={"deed": deed})
    texts = {one.item: _text(desk, one.item) for one in found.rows}
    return page(
        request,
        "dataset_changes.html",
        dataset=dataset,
        before=before,
        difference=difference,
        part=found,
        texts=texts,
        opening=opening,
        name_of=label_names(desk, dataset.task, person_of(request).language),
    )


@TABLE.page("GET", "/datasets/{digest}/files/{name}", permission="read")
def give_file(request: Request, digest: str, name: str) -> Response:
    """Give a file of a dataset to keep; only what freezing wrote has a name here."""
    desk = desk_of(request)
    dataset = named_dataset(desk, digest)
    path = dataset_folder(desk.work, dataset) / name
    written = {*(one.name for one in dataset.files), MANIFEST}
    if name not in written or not path.is_file():
        raise RefusedError("there is no such file", status=404, code="desk.missing")
    kind = _TYPES.get(path.suffix, _TEXT)
    short = dataset.id.removeprefix("sha256:")[:12]
    return FileResponse(
        path, media_type=kind, filename=f"{dataset.task}-{short}-{name}"
    )


def named_dataset(desk: Desk, digest: str) -> Dataset:
    """Give a dataset by its digest, or by eight or more of its first digits.

    Raises:
        RefusedError: There is none, or there are several.
    """
    store = desk.work.store
    if store.has(Dataset, Digest(digest)):
        return store.get(Dataset, Digest(digest))
    begins = f"sha256:{digest.removeprefix('sha256:')}"
    found = [one for one in store.find(Dataset) if one.id.startswith(begins)]
    if len(found) != 1 or len(begins) < len("sha256:") + _FEWEST_DIGITS:
        raise RefusedError("there is no such dataset", status=404, code="desk.missing")
    return found[0]


def label_names(desk: Desk, task: str, language: str) -> Callable[[str], str]:
    """Tell how labels are called in a language, by the task as it is defined now."""
    try:
        labels = desk.work.task(task).labels
    except SettingsError:
        labels = ()  # the page of the tasks says why
    names = {one.name: one.name_in(language) for one in labels}
    return lambda label: names.get(label, label)


def opening(text: str) -> str:
    """Give the beginning of a text, as a list shows it."""
    return text if len(text) <= _OPENING else f"{text[:_OPENING]}…"


def _text(desk: Desk, item: Digest) -> str:
    store = desk.work.store
    return store.get(Item, item).text if store.has(Item, item) else ""


def _is_here(desk: Desk, dataset: Dataset) -> bool:
    return dataset_folder(desk.work, dataset).is_dir()


def _refuse_gone(desk: Desk, dataset: Dataset) -> None:
    if not _is_here(desk, dataset):
        raise RefusedError(
            "the folder of this dataset is not here", status=404, code="desk.missing"
        )
