# SPDX-License-Identifier: Apache-2.0
"""What was frozen, taught and released, as pages; a release's own page stays apart."""

from dataclasses import dataclass

from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from maalem.app.desk.desk import Desk, desk_of
from maalem.app.desk.frame import language_of, page
from maalem.app.desk.listing import part_of
from maalem.app.desk.refusals import RefusedError
from maalem.app.desk.routes import RouteTable
from maalem.records import (
    Dataset,
    Digest,
    Estimate,
    EvalReport,
    Release,
    TrainingRun,
    Verdict,
)

TABLE = RouteTable()
_RUNS = 50  # on one page
_ALONE = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""Policy of a release's own page: a file without script, of no origin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """A release with what its exam showed.

    Attributes:
        name: Name of its folder.
        release: Its record.
        accuracy: Share of the exam that its model gets right.
        report: Its exam.
        verdict: What the gate said.
    """

    name: str
    release: Release
    accuracy: Estimate
    report: EvalReport
    verdict: Verdict


@TABLE.page("GET", "/datasets", permission="read")
def show_datasets(request: Request) -> HTMLResponse:
    """Show the frozen datasets, newest first."""
    rows = list(desk_of(request).work.store.find(Dataset))
    return page(request, "datasets.html", rows=rows[::-1])


@TABLE.page("GET", "/datasets/{digest}", permission="read")
def show_dataset(request: Request, digest: str) -> HTMLResponse:
    """Show what a dataset holds and what was taught from it."""
    store = desk_of(request).work.store
    if not store.has(Dataset, Digest(digest)):
        raise RefusedError("there is no such dataset", status=404, code="desk.missing")
    dataset = store.get(Dataset, Digest(digest))
    runs = [
        one for one in store.find(TrainingRun, dataset.task) if one.dataset == digest
    ]  # fmt: skip
    return page(request, "dataset.html", dataset=dataset, runs=runs)


@TABLE.page("GET", "/runs", permission="read")
def show_runs(request: Request, part: int = 1) -> HTMLResponse:
    """Show what was taught, newest first."""
    runs = list(desk_of(request).work.store.find(TrainingRun))
    return page(request, "runs.html", part=part_of(runs[::-1], part, size=_RUNS))


@TABLE.page("GET", "/releases", permission="read")
def show_releases(request: Request) -> HTMLResponse:
    """Show the released models, newest first."""
    desk = desk_of(request)
    rows = [released(desk, one) for one in desk.work.store.find(Release)]
    return page(request, "releases.html", rows=rows[::-1])


@TABLE.page("GET", "/releases/{name}", permission="read")
def show_release(request: Request, name: str) -> HTMLResponse:
    """Show a release, and the way to its own page."""
    desk = desk_of(request)
    one = _named(desk, name)
    return page(request, "release.html", one=released(desk, one), name=name)


@TABLE.page("GET", "/releases/{name}/page", permission="read")
def give_release_page(request: Request, name: str) -> Response:
    """Give a release's own page as a document of no origin, without script."""
    desk = desk_of(request)
    _named(desk, name)
    folder = desk.work.folder / "releases" / name
    several = (f"release.{language_of(request)}.html", "release.html")
    file = next((folder / one for one in several if (folder / one).is_file()), None)
    if file is None:
        raise RefusedError(
            "the folder of this release is not here", status=404, code="desk.missing"
        )
    return HTMLResponse(
        file.read_bytes(), headers={"content-security-policy": _ALONE}
    )  # fmt: skip


def _named(desk: Desk, name: str) -> Release:
    for one in desk.work.store.find(Release):
        if f"{one.task}-{one.number}" == name:
            return one
    raise RefusedError("there is no such release", status=404, code="desk.missing")


def released(desk: Desk, release: Release) -> Released:
    """Give a release with what its exam showed."""
    store = desk.work.store
    return Released(
        name=f"{release.task}-{release.number}",
        release=release,
        accuracy=accuracy_of(desk, release),
        report=store.get(EvalReport, release.report),
        verdict=store.get(Verdict, release.verdict),
    )


def accuracy_of(desk: Desk, release: Release) -> Estimate:
    """Give the share of its exam that a release's model gets right."""
    report = desk.work.store.get(EvalReport, release.report)
    for one in report.measures:
        if (one.model, one.metric, one.slice) == ("candidate", "accuracy", "all"):
            return one.estimate
    return Estimate(value=None, reason="the exam did not measure it")
