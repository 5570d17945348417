# SPDX-License-Identifier: Apache-2.0
"""What the log of the traffic knows: answers that were missed, and those complained of.

The log keeps texts as its settings say: spared, whole, or not at all.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from maalem.serving.corrections.collector import Found, Sieve
from maalem.serving.corrections.reading import Row, read
from maalem.serving.occurrences import SHADOW, Decision, Occurrence

_LOG = ("request", "decision")
_COLUMNS = (
    'request.id, request.at, request.task, request."release", request.threshold,'
    " request.arm, decision.place, decision.label, decision.probability,"
    " decision.reason, decision.text"
)
_MISSED = f"""
SELECT {_COLUMNS} FROM request JOIN decision ON decision.request = request.id
LEFT JOIN taken ON taken.request = request.id AND taken.place = decision.place
WHERE request.at >= ? AND request.at < ? AND request.status < 400 AND request.arm <> ?
AND decision.label <> '' AND taken.place IS NULL
ORDER BY request.at, request.id, decision.place
"""  # noqa: S608  # fixed columns


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """One answer as the log has it.

    Attributes:
        request: Id of the request.
        place: Number of the text in it.
        task: Name of the task.
        release: Digest of the release that answered.
        at: When, in seconds since 1970.
        label: The answer.
        text: The text as it was kept; none where it was not.
        digest: SHA-256 of the text as it came, in hex.
    """

    request: str
    place: int
    task: str
    release: str
    at: float
    label: str
    text: str | None
    digest: str

    def is_about(self, text: str) -> bool:
        """Tell whether a text is the one that was answered."""
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() == (
            self.digest
        )


def find_logged(path: Path, request: str, place: int) -> Logged | None:
    """Give an answer by its request and place, while the log keeps it.

    What a shadow said was sent to nobody, and is none.
    """
    rows = read(
        path,
        'SELECT request.task, request."release", request.at, label, text, digest'
        " FROM request JOIN decision ON decision.request = request.id"
        " WHERE request.id = ? AND place = ? AND arm <> ?",
        (request, place, SHADOW),
        tables=_LOG,
    )
    for task, release, at, label, text, digest in rows:
        return Logged(
            request=request, place=place, task=task, release=release, at=at,
            label=label, text=text, digest=digest,
        )  # fmt: skip
    return None


def last_taken(path: Path) -> float | None:
    """Tell when the last answer was given that was taken up; none if none was."""
    rows = read(path, "SELECT max(at) FROM taken", (), tables=["taken"])
    return next((last for (last,) in rows if last is not None), None)


def missed(path: Path, sieve: Sieve, *, since: float, until: float) -> Iterator[Found]:
    """Give what a person should see and nobody has taken up, the oldest first.

    Args:
        path: The file of the traffic.
        sieve: Tells what is to be taken up.
        since: Seconds since 1970.
        until: The end, excluded.
    """
    while since < until:  # an hour at a time, so that a busy week fits into memory
        end = min(until, since + 3600.0)
        rows = read(path, _MISSED, (since, end, SHADOW), tables=[*_LOG, "taken"])
        for row in rows:
            yield from _found(sieve, row)
        since = end


def recent(  # which answers, and how many
    path: Path,
    task: str,
    *,
    since: float,
    until: float,
    most: int,
    release: str = "",
) -> list[tuple[float, str | None, float]]:
    """Give what was answered last: when, the text where it is kept, the probability.

    Args:
        path: The file of the traffic.
        task: Name of the task.
        since: Seconds since 1970.
        until: The end, excluded.
        most: How many to give at most, the newest.
        release: Digest of the release that answered; empty for all.
    """
    return read(
        path,
        "SELECT request.at, text, probability FROM request"
        " JOIN decision ON decision.request = request.id"
        " WHERE task = ? AND request.at >= ? AND request.at < ?"
        " AND probability IS NOT NULL AND arm <> ?"
        ' AND ? IN ("release", ?) ORDER BY request.at DESC LIMIT ?',
        (task, since, until, SHADOW, release, "", most),
        tables=_LOG,
    )


def first_answer(path: Path, task: str, *, release: str) -> float | None:
    """Tell when a release answered first, as far as the log goes back."""
    rows = read(
        path,
        'SELECT min(at) FROM request WHERE task = ? AND "release" = ? AND arm <> ?',
        (task, release, SHADOW),
        tables=["request"],
    )
    return next((first for (first,) in rows if first is not None), None)


def _found(sieve: Sieve, row: Row) -> Iterator[Found]:
    """Ask the sieve anew; what it says of an answer is the same each time."""
    request, at, task, release, threshold, arm, place, label, probability, *rest = row
    reason, text = rest
    one = Decision(
        place=place, text=text or "", label=label, probability=probability,
        reason=reason,
    )  # fmt: skip
    told = Occurrence(
        request=request, at=at, seconds=0.0, operation="", path="", caller="",
        task=task, release=release, threshold=threshold, arm=arm, decisions=(one,),
    )  # fmt: skip
    for found in sieve.found(told):
        yield found if text is not None else replace(found, text=None)
