# SPDX-License-Identifier: Apache-2.0
"""`GET /metrics`: what is counted, in the text format that Prometheus reads."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from maalem.serving.calls import Call
from maalem.serving.refusals import Form, RequestError, openai_form
from maalem.serving.settings import SCOPE
from maalem.serving.traffic.counting import (
    ABOVE,
    BUCKETS,
    DROPPED,
    REFUSED,
    SECONDS,
    SPOILED,
    SUM,
    TEXTS,
    TOKENS,
    Counts,
    read_counts,
)
from maalem.serving.traffic.tables import reading
from maalem.serving.wire import Streamed

_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_HELP = {
    REFUSED: "Requests that were refused, by the code of the refusal.",
    TEXTS: "Texts that got a label, and whether a person must decide.",
    TOKENS: "Tokens read and written, where an upstream tells.",
    DROPPED: "Requests that could not be logged, and are counted nowhere else.",
    SPOILED: "Texts that were not kept since they could not be redacted.",
}
_SECONDS_HELP = "Seconds from a request's coming until its last byte was handed over."

Gauges: TypeAlias = Mapping[str, tuple[str, Callable[[], float]]]
"""What stands at a number now, by its name: what it is, and how much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsDoor:
    """Tells what all processes of this gateway have counted since its file began.

    Attributes:
        file: The traffic file.
        gauges: What stands at a number in this process.
        is_open: Whether it asks for no key.
        path: As a `Door` has it, like the others.
        method: `GET`.
        operation: `read`.
        scope: What a key must be allowed to do.
        refuse: How refusals are written.
    """

    file: Path
    gauges: Gauges
    is_open: bool = False
    path: str = "/metrics"
    method: str = "GET"
    operation: str = "read"
    scope: str = SCOPE
    refuse: Form = openai_form

    async def answer(self, call: Call) -> Streamed:
        """Tell it, to a key that may ask for all tasks.

        Raises:
            RequestError: The key is bound to some; what is told names them all.
        """
        if call.caller is not None and call.caller.tasks:
            raise RequestError(
                "this key may not read what is counted of all tasks",
                status=403,
                hint="scrape with a key that is bound to no task",
                code="gateway.task",
            )
        counts = await asyncio.to_thread(_counts, self.file)
        body = "\n".join((*expose(counts), *_gauges(self.gauges), "")).encode()
        return Streamed(parts=_at_once(body), headers={"content-type": _TYPE})


def expose(counts: Counts) -> Iterator[str]:
    """Write counters in Prometheus' text format, line by line.

    Source:
        Prometheus, "Exposition formats", text-based format 0.0.4.
    """
    yield from _head(SECONDS, "histogram", _SECONDS_HELP)
    for labels in sorted({labels for name, labels, _ in counts if name == SECONDS}):
        yield from _histogram(counts, labels)
    for name, told in _HELP.items():
        yield from _head(name, "counter", told)
        for place in sorted(one for one in counts if one[0] == name):
            labels = f"{{{place[1]}}}" if place[1] else ""
            yield f"{name}{labels} {int(counts[place])}"


def _histogram(counts: Counts, labels: str) -> Iterator[str]:
    parts = {part for name, of, part in counts if (name, of) == (SECONDS, labels)}
    ends = sorted({*BUCKETS, *(float(one) for one in parts - {SUM, ABOVE})})
    total = 0
    for end in (*map(repr, ends), ABOVE):
        total += int(counts[SECONDS, labels, end])
        yield f'{SECONDS}_bucket{{{labels},le="{end}"}} {total}'
    yield f"{SECONDS}_sum{{{labels}}} {float(counts[SECONDS, labels, SUM])!r}"
    yield f"{SECONDS}_count{{{labels}}} {total}"


def _gauges(gauges: Gauges) -> Iterator[str]:
    for name, (told, now) in gauges.items():
        yield from _head(name, "gauge", told)
        yield f"{name} {now()}"


def _head(name: str, kind: str, told: str) -> Iterator[str]:
    yield f"# HELP {name} {told}"
    yield f"# TYPE {name} {kind}"


def _counts(file: Path) -> Counts:
    with reading(file) as database:
        return read_counts(database) if database is not None else Counter()


async def _at_once(body: bytes) -> AsyncGenerator[bytes]:
    yield body
