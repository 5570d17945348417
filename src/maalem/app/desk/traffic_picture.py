# SPDX-License-Identifier: Apache-2.0
"""The volume of traffic as a picture: a bar for each hour or day."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from maalem.app.desk.curve import Spot
from maalem.app.desk.speech import Speech
from maalem.app.desk.traffic_period import DAY, Period
from maalem.app.desk.traffic_view import Slot

_LEFT, _RIGHT, _TOP, _BOTTOM = 60.0, 630.0, 16.0, 196.0
_GAP = 0.2  # of a bar's width, on either side together
_LINES = 2  # of the grid, above the lowest
_MARKS = 6  # texts below the bars, at most about so many


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One hour or day in the picture.

    Attributes:
        x: Its left edge.
        width: How wide it is.
        middle: Upper edge of the answered part.
        top: Upper edge of the refused part, which stands on the answered one.
        bottom: Lower edge.
        when: When it begins, in the reader's language.
        slot: What it shows.
    """

    x: float
    width: float
    middle: float
    top: float
    bottom: float
    when: str
    slot: Slot


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """The picture, ready to be drawn.

    Attributes:
        bars: The bars, the earliest first.
        lines: The grid.
        marks: Times below the bars.
        most: The bar with the most requests.
    """

    bars: tuple[Bar, ...]
    lines: tuple[Spot, ...]
    marks: tuple[Spot, ...]
    most: Bar


def draw_volume(slots: Sequence[Slot], period: Period, speech: Speech) -> Volume:
    """Draw the requests of a period.

    The picture runs from left to right in every language, as its axis does in print.

    Args:
        slots: At least one, the earliest first.
        period: What they are parts of.
        speech: The reader's language.
    """
    ceiling = _ceiling(max(one.requests for one in slots))
    width = (_RIGHT - _LEFT) / len(slots)
    bars = tuple(
        Bar(
            x=round(_LEFT + width * (place + _GAP / 2), 1),
            width=round(width * (1 - _GAP), 1),
            middle=_height(one.answered, ceiling),
            top=_height(one.requests, ceiling),
            bottom=_BOTTOM,
            when=written(one.start, period, speech),
            slot=one,
        )
        for place, one in enumerate(slots)
    )
    return Volume(
        bars=bars,
        lines=tuple(
            Spot(x=_LEFT, y=_height(value, ceiling), text=speech.number(value))
            for value in (ceiling * step // _LINES for step in range(_LINES + 1))
        ),
        marks=tuple(_marks(bars)),
        most=max(bars, key=lambda one: one.slot.requests),
    )


def written(start: float, period: Period, speech: Speech) -> str:
    """Say when an hour or a day began, briefly; UTC."""
    moment = datetime.fromtimestamp(start, UTC)
    return speech.short_day(moment) if period.slot == DAY else speech.time(moment)


def _ceiling(most: int) -> int:
    """Give the next of 2, 4, 10, 20, 40, 100, … that is not below a number."""
    power = int(10 ** max(0, math.ceil(math.log10(max(1, most))) - 1))
    steps = (2, 4, 10, 20)
    return next(power * step for step in steps if power * step >= most)


def _height(requests: int, ceiling: int) -> float:
    return round(_BOTTOM - (_BOTTOM - _TOP) * requests / ceiling, 1)


def _marks(bars: Sequence[Bar]) -> Iterator[Spot]:
    """Write a time below every so many bars, counted back from the last."""
    step = math.ceil(len(bars) / _MARKS)
    for place, bar in enumerate(bars):
        if (len(bars) - 1 - place) % step == 0:
            yield Spot(x=round(bar.x + bar.width / 2, 1), y=_BOTTOM, text=bar.when)
