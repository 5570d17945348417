# SPDX-License-Identifier: Apache-2.0
"""What `maalem forget` was asked for, done by whoever knows how."""

from dataclasses import dataclass

from maalem.app.erasure_page import write_pages
from maalem.app.report_forget import (
    is_confirmed,
    result_of,
    show_decision,
    show_forgotten,
    show_open,
    show_plan,
    show_reports,
)
from maalem.app.screen import Screen
from maalem.app.steps.deciding import decide
from maalem.app.steps.erasure_report import erasure_reports
from maalem.app.steps.forgetting import carry_out, finish, plan_erasure
from maalem.app.steps.open_duties import open_duties
from maalem.app.workspace import open_workspace
from maalem.errors import UsageError
from maalem.records.retraining import DECISIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody typed after `maalem forget`.

    Attributes:
        what: A document, a person, or a model and what becomes of it.
        answers: Whether a person's answers go too.
        plan: Whether nothing is to be erased.
        yes: Whether nobody is to be asked.
        reason: Why.
        status: Whether to list what is left to do.
        report: Whether to write reports.
    """

    what: str | None
    answers: bool
    plan: bool
    yes: bool
    reason: str
    status: bool
    report: bool


def serve_wish(screen: Screen, wish: Wish) -> None:
    """Do what was asked for.

    Raises:
        UsageError: Nothing was named, or more than one thing was asked for.
    """
    if sum((wish.status, wish.report, wish.what is not None)) != 1:
        raise UsageError(
            "name what is to be forgotten, or say --status or --report",
            hint="maalem forget --help",
        )
    if wish.status:
        _tell_status(screen)
    elif wish.report:
        _report(screen)
    elif wish.what is not None:
        model, _, decision = wish.what.rpartition("=")
        if decision in DECISIONS and model:
            _decide(screen, model, decision, reason=wish.reason)
        else:
            _forget(screen, wish.what, wish)


def _forget(screen: Screen, what: str, wish: Wish) -> None:
    """Show the plan and, if that is wanted, carry it out under the same lock."""
    with open_workspace(screen.folder, read_only=wish.plan) as work:
        plan = plan_erasure(work, what, with_answers=wish.answers)
        show_plan(screen, plan)
        entry = None
        if is_confirmed(screen, yes=wish.yes, plan_only=wish.plan):
            entry = carry_out(work, plan, reason=wish.reason)
            show_forgotten(screen, plan, entry)
    screen.result("forget", result_of(plan, entry))


def _tell_status(screen: Screen) -> None:
    with open_workspace(screen.folder, read_only=True) as work:
        show_open(screen, open_duties(work))


def _report(screen: Screen) -> None:
    with open_workspace(screen.folder) as work:
        finish(work)
        reports = erasure_reports(work)
        files = write_pages(work.folder, reports)
    show_reports(screen, reports, files)


def _decide(screen: Screen, model: str, decision: str, *, reason: str) -> None:
    with open_workspace(screen.folder) as work:
        made = decide(work, model, decision, reason=reason)
    show_decision(screen, made)
