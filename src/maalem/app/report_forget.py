# SPDX-License-Identifier: Apache-2.0
"""How what is to be forgotten, and what is left to do, show on a terminal."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from maalem.app.report import counts_of, plain
from maalem.app.screen import Screen

if TYPE_CHECKING:
    from maalem.app.steps.erasure_report import ErasureReport
    from maalem.app.steps.forgetting import ErasurePlan
    from maalem.app.steps.open_duties import OpenDuties
    from maalem.records.retraining import ModelDecision
    from maalem.store import Entry

_SHOWN = 12
"""Names of files on a terminal; `--json` gives all of them."""


def show_plan(screen: Screen, plan: "ErasurePlan") -> None:
    """Show everything that forgetting something touches; no text is printed."""
    touched, remains = plan.touched, plan.remains
    person = "name, e-mail, password, sessions" if plan.subject.is_member else "none"
    rows = [
        ("records", counts_of(touched.counts)),
        ("the person's own", person),
        ("files that were read", len(touched.blobs)),
        ("other documents of these files, which stay", touched.beside),
        ("passages elsewhere that say the same, which stay", len(touched.alike)),
        ("caches, computed anew", ", ".join(remains.caches) or "none"),
        ("trainings that came to no end", ", ".join(remains.unfinished) or "none"),
        ("texts that the gateway was asked about", len(remains.asked)),
        ("releases at the gateway with a touched model", _served(plan)),
    ]
    screen.table(f"Forgetting {plan.subject.name}", ("", ""), rows)
    _show_datasets(screen, plan)
    _show_models(screen, plan)
    _show_files(screen, plan)


def _served(plan: "ErasurePlan") -> str:
    return ", ".join(plan.served) or "none is served"


def _show_datasets(screen: Screen, plan: "ErasurePlan") -> None:
    rows = [
        (
            one.id[7:19],
            one.task,
            counts_of(dict(one.rows)),
            "texts go" if one.loses_texts else "stays",
            f"{one.changed} change, {one.dropped} go",
        )
        for one in plan.touched.datasets
    ]
    if rows:
        names = ("dataset", "task", "rows", "its files", "labels without the answers")
        screen.table("Frozen datasets", names, rows)


def _show_models(screen: Screen, plan: "ErasurePlan") -> None:
    rows = [
        (one.checkpoint[7:19], one.task, one.taught, ", ".join(one.releases) or "none")
        for one in plan.touched.models
    ]
    if rows:
        names = ("model", "task", "rows it learned from", "releases")
        screen.table("Models that learned from it", names, rows)
        screen.say(
            "  erasing changes no weight: each is taught again, or decided about"
        )


def _show_files(screen: Screen, plan: "ErasurePlan") -> None:
    remains = plan.remains
    signed = [one for one in remains.held if one.startswith("releases/")]
    others = [one for one in remains.held if one not in signed]
    for files, what in (
        (remains.files, "goes whole"),
        (others, "holds a text and stays; see to it yourself"),
        (signed, "is signed, holds a text and stays; withdraw it, then take it away"),
    ):
        for name in files[:_SHOWN]:
            screen.say(f"  {what}: {name}")
        if len(files) > _SHOWN:
            screen.say(f"  {len(files) - _SHOWN} more: maalem forget --plan --json")
    if remains.too_short:
        screen.say(f"  {remains.too_short} texts are too short to look for in files")


def is_confirmed(screen: Screen, *, yes: bool, plan_only: bool) -> bool:
    """Ask whether to go on; where nobody can be asked, only `--yes` does.

    Raises:
        Abort: The person said no, or interrupted.
    """
    if plan_only:
        return False
    if yes:
        return True
    if screen.as_json or not (sys.stdin.isatty() and sys.stderr.isatty()):
        screen.say("  nothing was erased; add --yes to do it")
        return False
    return click.confirm("Erase this for good?", default=False, abort=True, err=True)


def result_of(plan: "ErasurePlan", entry: "Entry | None") -> dict[str, object]:
    """Give a plan as JSON, without the texts, and the entry that carried it out."""
    touched = plain(plan.touched)
    for hidden in ("texts", "groups"):
        del touched[hidden]
    return {
        "subject": plan.subject.name,
        "member": plan.subject.is_member,
        "with_answers": plan.subject.with_answers,
        "counts": plan.touched.counts,
        **touched,
        "remains": plain(plan.remains),
        "served": list(plan.served),
        "entry": entry.index if entry else None,
    }


def show_forgotten(screen: Screen, plan: "ErasurePlan", entry: "Entry") -> None:
    """Say that it is done, and what comes next."""
    screen.say(f"forgotten; entry {entry.index} of the ledger says so", style="bold")
    if plan.touched.models:
        screen.say("  next: maalem forget --status")


def show_open(screen: Screen, found: "OpenDuties") -> None:
    """Show what is left to do."""
    rows = [
        (
            str(one.duty.entry),
            one.duty.checkpoint[7:19],
            ", ".join(one.duty.releases) or "never released",
            one.duty.state,
            one.next_command,
        )
        for one in found.models
    ]
    if rows:
        names = ("entry", "model", "releases", "state", "next")
        screen.table("Models that learned from what was forgotten", names, rows)
    for note in dict.fromkeys(note for one in found.models for note in one.differences):
        screen.say(f"  to teach it the same way: {note}")
    for one in found.unfinished:
        screen.say(f"  begun and not finished: maalem forget {one}")
    if not rows and not found.unfinished:
        screen.show("nothing is left to do")
    screen.result("forget.status", plain(found))


def show_decision(screen: Screen, made: "ModelDecision") -> None:
    """Say what was decided about a model."""
    screen.say(f"{made.model[7:19]}: {made.decision}; it stands in the ledger")
    screen.result("forget.decision", plain(made))


def show_reports(
    screen: Screen, reports: "Sequence[ErasureReport]", files: Sequence[Path]
) -> None:
    """Say where the reports lie, and what they leave open."""
    for path in files:
        screen.show(str(path))
    still = sum(one.open for one in reports)
    if still:
        screen.say(f"  not final; models still open: {still}; maalem forget --status")
    every = [{**plain(one), "open": one.open} for one in reports]
    said = {"files": [str(path) for path in files], "reports": every}
    screen.result("forget.report", said)
