# SPDX-License-Identifier: Apache-2.0
"""A proposed release: what a second person sees of it, and their approval."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass

from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from maalem.app.desk import people
from maalem.app.desk.desk import Desk, desk_of, person_of
from maalem.app.desk.forms import Posted, see_other
from maalem.app.desk.frame import page
from maalem.app.desk.routes import RouteTable
from maalem.app.steps.approvals import LONGEST, Consent, approve
from maalem.app.steps.examined import Exam
from maalem.app.steps.proposals import Proposal, exam_behind, proposal_at
from maalem.app.steps.releases import release
from maalem.app.workspace import newest
from maalem.records import Estimate, EvalReport, Release

TABLE = RouteTable()
_ONE_AT_A_TIME = threading.Lock()  # two who press at once must not write one folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One number of the proposed model beside that of the model in force.

    Attributes:
        metric: Name of the metric.
        new: The proposed model's.
        old: That of the last release, in its own exam; none where there is none.
    """

    metric: str
    new: Estimate
    old: Estimate | None


@TABLE.page("GET", "/releases/proposed/{entry}", permission="read")
def show_proposal(request: Request, entry: int) -> HTMLResponse:
    """Show what is to be approved: model, dataset, verdict, seal, numbers."""
    desk, person = desk_of(request), person_of(request)
    proposal = proposal_at(desk.work, entry)
    exam = exam_behind(desk.work, proposal)
    return page(
        request,
        "proposal.html",
        exam=exam,
        proposal=proposal,
        proposer=_called(desk, proposal.by),
        approvers=[_called(desk, name) for name in proposal.approved],
        changes=tuple(_changes(desk, exam)),
        last=newest(desk.work, Release, proposal.task),
        sealing=exam.runs[0].sealing,
        standing=_standing(proposal, person.id),
        longest=LONGEST,
    )


@TABLE.page("POST", "/releases/proposed/{entry}", permission="release")
def approve_release(request: Request, entry: int, form: Posted) -> Response:
    """Approve a proposal; the last one who was missing has it signed and promised."""
    work, person = desk_of(request).work, person_of(request)
    given = Consent(
        by=person.id,
        role=person.role,
        checkpoint=form.get("checkpoint", ""),
        note=form.get("note", "").strip(),
        way="desk",
    )
    with _ONE_AT_A_TIME:
        proposal = approve(work, proposal_at(work, entry), given)
        if proposal.missing:
            return see_other(f"/releases/proposed/{entry}")
        made = release(work, exam_behind(work, proposal))[0]
    return see_other(f"/releases/{made.task}-{made.number}")


def _standing(proposal: Proposal, person: str) -> str:
    """Tell how somebody stands to a proposal: `first`, `approved` or `open`."""
    if person in proposal.first:
        return "first"
    return "approved" if person in proposal.approved else "open"


def _called(desk: Desk, person: str) -> str:
    """Give the name of a person, or the pseudonym of who has none here."""
    found = people.find(desk.work.store, person)
    return found.name if found else person


def _changes(desk: Desk, exam: Exam) -> Iterator[Change]:
    """Put the main numbers beside those of the last release."""
    last = newest(desk.work, Release, exam.report.task)
    old = desk.work.store.get(EvalReport, last.report) if last else None
    for metric in ("accuracy", "macro-f1", "calibration-error"):
        new = _measure(exam.report, metric)
        if new is not None:
            before = _measure(old, metric) if old else None
            yield Change(metric=metric, new=new, old=before)


def _measure(report: EvalReport, metric: str) -> Estimate | None:
    for one in report.measures:
        if (one.model, one.metric, one.slice) == ("candidate", metric, "all"):
            return one.estimate
    return None
