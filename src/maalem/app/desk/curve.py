# SPDX-License-Identifier: Apache-2.0
"""A learning curve as a picture: how good a model became with more answers."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from maalem.app.desk.desk import Desk
from maalem.app.desk.releases import accuracy_of
from maalem.app.desk.speech import Speech
from maalem.evaluation.proportions import clopper_pearson
from maalem.records import Dataset, Estimate, Release
from maalem.tasks.stopping import CurvePoint

_LEFT, _RIGHT, _TOP, _BOTTOM = 60.0, 622.0, 16.0, 226.0
_WHOLE = 1.0
_LEVEL = 0.95
_LINES = 4  # of the grid, above the lowest
_NEAR = 40.0  # marks closer than this would be written over one another


Placing: TypeAlias = Callable[[int, float], tuple[float, float]]
"""Gives the place of a number of answers and a share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One model on the curve.

    Attributes:
        answers: Examples that it was taught.
        accuracy: Share of the exam that it gets right.
    """

    answers: int
    accuracy: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A place in the picture, with its text.

    Attributes:
        x: From the left edge.
        y: From the upper edge.
        text: What stands there.
    """

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """The picture, ready to be drawn.

    Attributes:
        points: Corners of the curve.
        band: Corners of the interval's band; empty without intervals.
        dots: The models.
        lines: The grid.
        marks: Numbers of answers below the curve.
        told: The picture in words.
        is_exam: Whether accuracy is the exam's; else it is that of the quick gear, on
            answers that it had not learned from.
    """

    points: str
    band: str
    dots: tuple[Spot, ...]
    lines: tuple[Spot, ...]
    marks: tuple[Spot, ...]
    told: str
    is_exam: bool


def points_of(desk: Desk, task: str) -> list[Point]:
    """Give a point for each release of a task whose exam measured its accuracy."""
    found = []
    for one in desk.work.store.find(Release, task):
        accuracy = accuracy_of(desk, one)
        if accuracy.value is not None:
            counts = dict(desk.work.store.get(Dataset, one.dataset).counts)
            answers = counts.get("teaching", 0)
            found.append(Point(answers=answers, accuracy=accuracy))
    return found


def live_points(curve: Sequence[CurvePoint]) -> list[Point]:
    """Give the points of the quick gear's curve, with exact intervals."""
    found = []
    for one in curve:
        low, high = clopper_pearson(one.right, one.judged, level=_LEVEL)
        accuracy = Estimate(
            value=one.accuracy, low=low, high=high, level=_LEVEL, count=one.judged
        )
        found.append(Point(answers=one.answers, accuracy=accuracy))
    return found


def draw(
    points: Sequence[Point], speech: Speech, *, is_exam: bool = True
) -> Curve | None:
    """Draw a curve; none with fewer than two points, since one is no curve.

    The picture runs from left to right in every language, as its axis does in print.
    """
    if len(points) < 2:
        return None
    several = sorted(points, key=lambda one: one.answers)
    values = [one.accuracy.value or 0.0 for one in several]
    lows = [
        value if one.accuracy.low is None else one.accuracy.low
        for one, value in zip(several, values, strict=True)
    ]
    floor = max(0.0, int(min(lows) * 10) / 10 - 0.1)
    least, most = several[0].answers, max(1, several[-1].answers)
    if least <= most / 2:
        least = 0

    def place(answers: int, value: float) -> tuple[float, float]:
        x = _LEFT + (_RIGHT - _LEFT) * (answers - least) / max(1, most - least)
        y = _BOTTOM - (_BOTTOM - _TOP) * (value - floor) / (_WHOLE - floor)
        return round(x, 1), round(y, 1)

    corners = [
        place(one.answers, value) for one, value in zip(several, values, strict=True)
    ]
    return Curve(
        points=_corners(corners),
        band=_band(several, place),
        dots=tuple(
            Spot(x=x, y=y, text=_said(one, speech))
            for one, (x, y) in zip(several, corners, strict=True)
        ),
        lines=tuple(_grid(floor, place, speech)),
        marks=tuple(_marks([one.answers for one in several], place, speech)),
        told="; ".join(_said(one, speech) for one in several),
        is_exam=is_exam,
    )


def _band(several: Sequence[Point], place: Placing) -> str:
    known = [
        (one.answers, one.accuracy.low, one.accuracy.high)
        for one in several
        if one.accuracy.low is not None and one.accuracy.high is not None
    ]
    upper = [place(answers, high) for answers, _, high in known]
    lower = [place(answers, low) for answers, low, _ in reversed(known)]
    return _corners([*upper, *lower]) if len(known) > 1 else ""


def _corners(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in places)


def _grid(floor: float, place: Placing, speech: Speech) -> Iterator[Spot]:
    for step in range(_LINES + 1):
        value = floor + (_WHOLE - floor) * step / _LINES
        text = speech.percent(round(value, 3))
        yield Spot(x=_LEFT, y=place(0, value)[1], text=text)


def _marks(answers: Sequence[int], place: Placing, speech: Speech) -> Iterator[Spot]:
    """Write the numbers of answers, the last one always, without overlap."""
    last = place(answers[-1], _WHOLE)[0]
    before = -_NEAR
    for number in sorted(set(answers)):
        x = place(number, _WHOLE)[0]
        if x - before >= _NEAR and (x == last or last - x >= _NEAR):
            yield Spot(x=x, y=_BOTTOM, text=speech.number(number))
            before = x


def _said(point: Point, speech: Speech) -> str:
    accuracy = point.accuracy
    return speech.plain(
        "{answers} answers: {share}",
        answers=speech.number(point.answers),
        share=speech.percent(accuracy.value or 0.0),
    )
