# SPDX-License-Identifier: Apache-2.0
"""How the gateway's traffic shows on a terminal; no sign in it moves the cursor."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from maalem.app.report import plain
from maalem.app.screen import Screen
from maalem.errors import IntegrityError

if TYPE_CHECKING:
    from maalem.app.gateway.traffic_days import CheckedDay
    from maalem.app.traffic import Traffic
    from maalem.serving.traffic.looking import LoggedDecision, LoggedRequest
    from maalem.serving.traffic.summary import TrafficSummary
    from maalem.serving.traffic.sweeping import Swept


def show_traffic(screen: Screen, traffic: "Traffic") -> None:
    """Show what was answered by task, what was refused, and by whom it was answered."""
    whole = traffic.whole
    if not whole.requests:
        screen.say("  nothing was asked in this time; the gateway opens with")
        screen.say(f"  maalem -C {screen.folder} serve")
    else:
        screen.table(f"Since {_moment(whole.since)}", _NAMES, _rows(traffic))
        if whole.refused:
            screen.table("Refused", ("code", "requests"), whole.refused)
        models = [one for one in whole.by_model if one.texts]
        if len(models) > 1:
            names = ("model", "place", "texts", "automatic", "p50 ms")
            rows = [
                (
                    harmless(one.model)[:40],
                    one.arm,
                    one.texts,
                    _share(one.automatic, one.texts),
                    _milliseconds(one.p50),
                )
                for one in models
            ]
            screen.table("Who answered", names, rows)
    screen.result(
        "traffic",
        {"all": plain(whole), "tasks": [plain(one) for one in traffic.tasks]},
    )


def show_request(
    screen: Screen, found: "LoggedRequest", said: "Sequence[LoggedDecision]"
) -> None:
    """Show one request and what was said of its texts."""
    facts = [
        ("came", _moment(found.at)),
        ("took", f"{_milliseconds(found.seconds)} ms"),
        ("path", found.path),
        ("status", f"{found.status} {found.code}".rstrip()),
        ("task", harmless(found.task)),
        ("release", found.release),
        ("model", harmless(found.model)),
        ("threshold", "none" if found.threshold is None else str(found.threshold)),
        ("place", found.arm),
    ]
    screen.table(f"Request {found.request}", ("", ""), facts)
    rows = [
        (
            one.place,
            harmless(one.label),
            "none" if one.probability is None else one.probability,
            harmless(one.reason) or "the model may",
            "not kept" if one.text is None else harmless(one.text),
        )
        for one in said
    ]
    if rows:
        names = ("text", "answer", "probability", "a person must decide", "as kept")
        screen.table("Answers", names, rows)
    answers = [plain(one) for one in said]
    screen.result("traffic.request", {**plain(found), "answers": answers})


def give_csv(screen: Screen, lines: Iterator[str], path: Path | None) -> None:
    """Write lines to a file, or print them."""
    if path is None:
        whole = list(lines)
        screen.show("\n".join(whole))
        screen.result("traffic.export", {"path": None, "csv": "\n".join(whole)})
        return
    number = -1  # the first line names the columns
    with path.open("w", encoding="utf-8") as stream:
        for line in lines:
            stream.write(f"{line}\n")
            number += 1
    screen.say(f"wrote {number} requests to {path}")
    screen.result("traffic.export", {"path": str(path), "requests": number})


def show_swept(screen: Screen, swept: "Swept") -> None:
    """Say what went."""
    screen.say(f"  {swept.requests} requests were over age and are gone")
    screen.say(f"  {swept.texts} more have no texts any more, but their answers")
    if swept.waiting:
        screen.say(f"  {swept.waiting} answers or feedback were taken home by nobody")
    if not swept.is_shredded:
        screen.say("  another program reads the file; its log is emptied later")
    screen.result("traffic.sweep", plain(swept))


def show_days(screen: Screen, days: "Sequence[CheckedDay]") -> None:
    """Show each day beside the ledger's entry.

    Raises:
        IntegrityError: One is not what it was.
    """
    rows = [
        (
            one.day,
            one.entry,
            one.requests,
            "over age" if one.found is None else one.found,
            "as it was" if one.is_same else "CHANGED",
        )
        for one in days
    ]
    if rows:
        names = ("day", "entry", "requests", "in the log", "")
        screen.table("Days of the log in the ledger", names, rows)
    else:
        screen.say(
            "  no day is closed yet; the running gateway closes each in the night"
        )
    screen.result("traffic.check", {"days": [plain(one) for one in days]})
    changed = [one for one in days if not one.is_same]
    if changed:
        raise IntegrityError(
            f"the log of {changed[0].day} is not what it was",
            why=f"entry {changed[0].entry} of the ledger has another digest of it",
            hint="compare with a backup: a request was changed, added or taken away",
            code="traffic.changed",
        )


def harmless(text: str) -> str:
    r"""Escape what a terminal would obey instead of showing.

    Examples:
        >>> harmless("a\x1b[2J\u202eb")
        'a\\x1b[2J\\u202eb'
    """
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode()
        for one in text
    )


_NAMES = (
    *("task", "requests", "texts", "automatic", "refused"),
    *("p50 ms", "p95 ms", "p99 ms"),
)


def _rows(traffic: "Traffic") -> list[tuple[object, ...]]:
    rows = [_row(harmless(one.task or "") or "none", one) for one in traffic.tasks]
    return [*rows, _row("all", traffic.whole)] if len(rows) > 1 else rows


def _row(name: str, one: "TrafficSummary") -> tuple[object, ...]:
    return (
        name,
        one.requests,
        one.texts,
        _share(one.automatic, one.texts),
        sum(number for _, number in one.refused),
        *map(_milliseconds, (one.p50, one.p95, one.p99)),
    )


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "none"


def _milliseconds(seconds: float | None) -> str:
    return "none" if seconds is None else f"{1000 * seconds:.1f}"


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(" ", "seconds")
