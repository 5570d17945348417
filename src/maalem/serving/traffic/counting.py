# SPDX-License-Identifier: Apache-2.0
"""What is counted of the traffic, added up in its file for all processes together."""

import sqlite3
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import TypeAlias

from maalem.serving.occurrences import SHADOW, Occurrence

SECONDS = "maalem_request_seconds"
REFUSED = "maalem_refused_total"
TEXTS = "maalem_texts_total"
TOKENS = "maalem_tokens_total"
DROPPED = "maalem_log_dropped_total"
SPOILED = "maalem_log_texts_spoiled_total"

BUCKETS = (
    *(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5),
    *(1.0, 2.5, 5.0, 10.0, 30.0, 60.0),
)
"""Upper ends in seconds; from one model call on two cores to a slow stream."""
_MOST = 2**53  # tokens; beyond it a sum would skip some
ABOVE, SUM = "+Inf", "sum"

Named: TypeAlias = Callable[[str], str]
"""Gives the name of a release by its digest, such as `system-2`."""
Place: TypeAlias = tuple[str, str, str]
"""A series: its name, its labels as they are written, and which part of a histogram."""
Counts: TypeAlias = Counter[Place]

_ADD = """
INSERT INTO counter VALUES (?, ?, ?, ?)
ON CONFLICT (name, labels, part) DO UPDATE SET value = value + excluded.value"""
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


def count(several: Iterable[Occurrence], *, named: Named) -> Counts:
    """Give what some requests add.

    No label comes from a caller: paths are templates, tasks and releases those that
    are served, codes those of the reference.
    """
    counts: Counts = Counter()
    for told in several:
        if told.arm != SHADOW:
            _count_request(told, counts, named=named)
        _count_texts(told, counts)
        _count_tokens(told, counts)
    return counts


def add_counts(database: sqlite3.Connection, counts: Mapping[Place, float]) -> None:
    """Add to what the file has counted, within the caller's transaction."""
    database.executemany(_ADD, ((*place, value) for place, value in counts.items()))


def read_counts(database: sqlite3.Connection) -> Counts:
    """Give all that was ever counted, whichever process it was."""
    rows: Iterable[tuple[str, str, str, float]] = database.execute(
        "SELECT name, labels, part, value FROM counter"
    )
    return Counter({(name, labels, part): value for name, labels, part, value in rows})


def countable(tokens: int | None) -> int | None:
    """Give a number that an upstream told, if it can be one of tokens."""
    return tokens if tokens is not None and 0 <= tokens <= _MOST else None


@lru_cache(1024)
def written(*labels: tuple[str, str]) -> str:
    r"""Write labels as Prometheus reads them.

    Examples:
        >>> written(("task", 'a"b'))
        'task="a\\"b"'
    """
    return ",".join(f'{name}="{value.translate(_ESCAPES)}"' for name, value in labels)


def _count_request(told: Occurrence, counts: Counts, *, named: Named) -> None:
    place = bisect_left(BUCKETS, told.seconds)
    part = repr(BUCKETS[place]) if place < len(BUCKETS) else ABOVE
    labels = written(
        ("path", told.path),
        ("task", told.task),
        ("release", named(told.release) if told.release else ""),
        ("status", f"{told.status // 100}xx"),
    )
    counts[SECONDS, labels, part] += 1
    counts[SECONDS, labels, SUM] += told.seconds  # type: ignore[assignment]  # seconds are no whole numbers
    if told.code:
        counts[REFUSED, written(("code", told.code)), ""] += 1


def _count_texts(told: Occurrence, counts: Counts) -> None:
    for one in told.decisions:
        if one.label:
            by = "person" if one.reason else "model"
            of = written(("task", told.task), ("arm", told.arm), ("decided_by", by))
            counts[TEXTS, of, ""] += 1


def _count_tokens(told: Occurrence, counts: Counts) -> None:
    for direction, tokens in (("in", told.tokens_in), ("out", told.tokens_out)):
        if number := countable(tokens):
            of = written(("task", told.task), ("direction", direction))
            counts[TOKENS, of, ""] += number
