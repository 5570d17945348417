# SPDX-License-Identifier: Apache-2.0
"""How looks at annotators, gold cards and badges show on a terminal."""

from typing import TYPE_CHECKING

from maalem.app.report import counts_of, plain
from maalem.app.screen import Screen

if TYPE_CHECKING:
    from maalem.app.steps.gold import GoldReport
    from maalem.app.steps.watching import WatchReport
    from maalem.experts.badges import Badge


def show_watch(screen: Screen, report: "WatchReport") -> None:
    """Show who is suspected of what, who is held, and where gold cards are wanted."""
    rows = [
        (one.annotator, one.evidence[0], one.seen, one.count)
        for one in report.suspicions
    ]
    title = f"{report.annotators} annotators, {report.answers} answers of {report.task}"
    screen.table(title, ("annotator", "measure", "seen", "answers"), rows)
    verb = "would be" if report.entry is None else "is"
    for hold in report.holds:
        screen.say(f"  {hold.annotator} {verb} held: {hold.reason}", style="bold")
    if report.entry is not None:
        screen.say("  an owner lifts a hold on the page of the team, with a reason")
    for annotator, labels in report.wanted.items():
        for label, count in labels.items():
            screen.say(f"  {annotator}: {count} more gold cards of {label!r} wanted")
    screen.result("people.check", plain(report))


def show_gold(screen: Screen, report: "GoldReport") -> None:
    """Show what an import of gold cards brought."""
    rows = [
        ("rows read", report.read),
        ("new gold cards", report.new),
        ("known already", report.known),
        ("refused", counts_of(dict(report.refused))),
    ]
    screen.table("Gold cards", ("", ""), rows)
    screen.result("import.gold", plain(report))


def show_badge(screen: Screen, badge: "Badge") -> None:
    """Show what a believed badge says."""
    rows = [
        ("achievement", badge.achievement),
        ("holder", badge.name or badge.holder),
        ("issuer", badge.issuer),
        ("since", badge.since),
        ("until", badge.until),
    ]
    screen.table("A badge that holds", ("", ""), rows)
    screen.result("verify.badge", {"ok": True, **plain(badge)})
