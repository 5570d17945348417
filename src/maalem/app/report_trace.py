# SPDX-License-Identifier: Apache-2.0
"""How a trace, and what somebody's answers changed, show on a terminal."""

from collections import Counter
from typing import TYPE_CHECKING

from maalem.app.report import plain
from maalem.app.screen import Screen

if TYPE_CHECKING:
    from maalem.app.steps.influence import Influence
    from maalem.app.steps.nearest import Neighbourhood
    from maalem.app.steps.trace_lines import Line
    from maalem.app.steps.tracing import Trace
    from maalem.evaluation.influence import Shift

_SHOWN = 8
"""Lines of one kind on a terminal; `--json` gives all of them."""


def show_trace(
    screen: Screen, trace: "Trace", near: "Neighbourhood | None" = None
) -> None:
    """Show what stands behind something, and the taught texts near to one."""
    shown: Counter[str] = Counter()
    rows = []
    for line in trace.lines:
        shown[line.kind] += 1
        if shown[line.kind] <= _SHOWN:
            rows.append((line.kind, _short(line.id), line.said, _entry(line)))
    title = f"{trace.kind} {trace.id}"
    screen.table(title, ("", "name", "what", "entry"), rows)
    for kind, count in shown.items():
        if count > _SHOWN:
            screen.say(f"  {count - _SHOWN} more of {kind}: maalem trace --json")
    if near is not None:
        _show_near(screen, near)
    found = plain(trace) | {"near": plain(near) if near else None}
    screen.result("trace", found)


def _show_near(screen: Screen, near: "Neighbourhood") -> None:
    rows = [
        (
            f"{one.similarity:.2f}",
            one.label,
            one.text[:60],
            ", ".join(f"{said.annotator} ({said.entry})" for said in one.lessons),
            str(one.entry),
        )
        for one in near.neighbours
    ]
    title = f"Nearest taught texts, by {near.encoder}"
    names = ("similarity", "label", "text", "taught by (entry)", "entry")
    screen.table(title, names, rows)
    screen.say(
        "  near means alike as texts; it is no proof that a row caused an answer"
    )


def show_influence(screen: Screen, found: "Influence") -> None:
    """Show what the answers of one annotator changed."""
    minutes = "not timed" if found.seconds is None else f"{found.seconds / 60:.0f}"
    rows = [
        ("answers taught", found.answers),
        ("minutes", minutes),
        ("rows taught with them", found.touched),
        ("rows that get another label without them", found.changed),
        ("rows that nobody else decides", found.dropped),
        ("calibration rows judged on", f"{found.judged} of {found.calibration}"),
    ]
    title = f"{found.annotator} in dataset {found.dataset[7:19]} of {found.task}"
    screen.table(title, ("", ""), rows)
    if found.reason:
        screen.say(f"  not enough to tell: {found.reason}")
    else:
        shown = [_shift(one) for one in found.shifts]
        title = f"Right answers of the quick gear ({found.encoder}), with minus without"
        screen.table(title, ("class", "points", "interval", "so"), shown)
    shifts = [{**plain(one), "settled": one.is_settled} for one in found.shifts]
    screen.result("trace.expert", plain(found) | {"shifts": shifts})


def _shift(one: "Shift") -> tuple[str, str, str, str]:
    known = one.difference
    points = "" if known.value is None else f"{100 * known.value:+.1f}"
    interval = known.reason
    if known.low is not None and known.high is not None:
        interval = f"{100 * known.low:+.1f} to {100 * known.high:+.1f}"
    so = "not enough to tell"
    if one.is_settled:
        so = "they help" if (known.value or 0.0) > 0 else "they harm"
    return one.label or "all", points, interval, so


def _short(name: str) -> str:
    return name[7:19] if name.startswith("sha256:") else name


def _entry(line: "Line") -> str:
    if line.entry is None:
        return "not recorded"
    if line.last_entry in (None, line.entry):
        return str(line.entry)
    return f"{line.entry} to {line.last_entry}"
