# SPDX-License-Identifier: Apache-2.0
"""What was taught and released, as pages; a release's own page stays apart."""

from collections.abc import Iterator
from dataclasses import dataclass

from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from maalem.app.desk.datasets import label_names, opening
from maalem.app.desk.desk import Desk, desk_of, person_of
from maalem.app.desk.frame import language_of, page
from maalem.app.desk.listing import part_of
from maalem.app.desk.refusals import RefusedError
from maalem.app.desk.routes import RouteTable
from maalem.app.steps.proposals import proposals
from maalem.app.steps.sheets import find_sheet
from maalem.records import (
    Digest,
    Estimate,
    EvalReport,
    Item,
    Release,
    TrainingRun,
    Verdict,
)
from maalem.sealing.levels import NAMES

TABLE = RouteTable()
_RUNS = 50  # on one page
_ITEMS = 40
NO_NETWORK = NAMES.index("no network")
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


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRow:
    """Something that a release had to pass.

    Attributes:
        about: `gate`, `guarantee`, `look` or `seal`.
        passed: Whether it did; none where there is not enough to tell, or where it
            only warns.
        number: What was measured for it, if it is a number.
    """

    about: str
    passed: bool | None
    number: Estimate | None = None


@TABLE.page("GET", "/runs", permission="read")
def show_runs(request: Request, part: int = 1) -> HTMLResponse:
    """Show what was taught, newest first."""
    runs = list(desk_of(request).work.store.find(TrainingRun))
    return page(request, "runs.html", part=part_of(runs[::-1], part, size=_RUNS))


@TABLE.page("GET", "/releases", permission="read")
def show_releases(request: Request) -> HTMLResponse:
    """Show the released models, newest first, and what waits for approval."""
    desk = desk_of(request)
    rows = [released(desk, one) for one in desk.work.store.find(Release)]
    waiting = list(proposals(desk.work))
    return page(request, "releases.html", rows=rows[::-1], waiting=waiting[::-1])


@TABLE.page("GET", "/releases/{name}", permission="read")
def show_release(request: Request, name: str) -> HTMLResponse:
    """Show a release: its exam against each other model, its gates, its proof."""
    desk = desk_of(request)
    one = _named(desk, name)
    shown = released(desk, one)
    sheet = find_sheet(desk.work, one.report)
    return page(
        request,
        "release.html",
        one=shown,
        name=name,
        gates=tuple(gates_of(desk, shown)),
        rivals=[rival for rival in shown.report.comparisons if rival.slice == "all"],
        has_items=sheet is not None,
        notes=notes_of(desk, one),
    )


@TABLE.page("GET", "/releases/{name}/items", permission="read")
def show_items(
    request: Request,
    name: str,
    *,
    against: str = "incumbent",
    won: str = "",
    part: int = 1,
) -> HTMLResponse:
    """Show the items of the exam that a release won or lost against another model."""
    desk = desk_of(request)
    one = _named(desk, name)
    sheet = find_sheet(desk.work, one.report)
    lines = sheet.lines(against) if sheet else iter(())
    wanted = (line for line in lines if line.is_won == bool(won))
    found = part_of(wanted, part, size=_ITEMS, asked={"against": against, "won": won})
    store = desk.work.store
    return page(
        request,
        "release_items.html",
        one=released(desk, one),
        name=name,
        against=against,
        part=found,
        is_kept=sheet is not None,
        texts={
            line.item: store.get(Item, line.item).text
            for line in found.rows
            if store.has(Item, line.item)
        },
        opening=opening,
        name_of=label_names(desk, one.task, person_of(request).language),
    )


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


def gates_of(desk: Desk, one: Released) -> Iterator[GateRow]:
    """Give what a release had to pass, each with its number."""
    outcomes = {"ship": True, "don't ship": False}
    put = next(
        (
            rival.difference
            for rival in one.report.comparisons
            if (rival.slice, rival.other) == ("all", one.verdict.against)
        ),
        None,
    )
    yield GateRow(about="gate", passed=outcomes.get(one.verdict.outcome), number=put)
    share = one.report.automation
    yield GateRow(
        about="guarantee",
        passed=share is not None and share.threshold is not None,
        number=share.exam_share if share and share.threshold is not None else None,
    )
    yield GateRow(about="look", passed=one.report.look == 1 or None)
    yield GateRow(about="seal", passed=_is_sealed(desk, one.release) or None)


def _is_sealed(desk: Desk, release: Release) -> bool:
    """Tell whether the run of a release's model proved that it had no network."""
    for entry in desk.work.store.entries("train.run"):
        if entry.details["checkpoint"] == release.checkpoint:
            run = desk.work.store.get(TrainingRun, Digest(str(entry.details["run"])))
            return run.sealing is not None and run.sealing.level >= NO_NETWORK
    return False


def notes_of(desk: Desk, release: Release) -> tuple[str, ...]:
    """Give what a reader must know of how a release's exam was held."""
    found: tuple[str, ...] = ()
    for entry in desk.work.store.entries("exam.done"):
        notes = entry.details.get("notes", [])
        if entry.details["verdict"] == release.verdict and isinstance(notes, list):
            found = tuple(str(note) for note in notes)
    return found


def accuracy_of(desk: Desk, release: Release) -> Estimate:
    """Give the share of its exam that a release's model gets right."""
    report = desk.work.store.get(EvalReport, release.report)
    for one in report.measures:
        if (one.model, one.metric, one.slice) == ("candidate", "accuracy", "all"):
            return one.estimate
    return Estimate(value=None, reason="the exam did not measure it")
