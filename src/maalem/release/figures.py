# SPDX-License-Identifier: Apache-2.0
"""The numbers of a release as rows and axes to draw; all of them from its records."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from maalem.records import AutomationShare, Comparison, Estimate, EvalReport
from maalem.release.contents import BundleContents

MODELS = ("candidate", "incumbent", "tfidf", "nearest", "zero-shot", "majority")
CONFUSIONS = 8  # a reader looks at the first few; all of them are in evaluation.json


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a plot.

    Attributes:
        name: What it is about: a model, a label, a language, an exam.
        estimate: Its number.
        beside: The number to compare it with, such as that of TF-IDF.
        is_main: Whether it is the line that the plot is about.
    """

    name: str
    estimate: Estimate
    beside: Estimate | None = None
    is_main: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """A scale from `low` to `high`.

    Attributes:
        low: Value at the start.
        high: Value at the end.
        step: Between two marks.
    """

    low: float
    high: float
    step: float

    @property
    def marks(self) -> tuple[float, ...]:
        """The values that are marked."""
        count = round((self.high - self.low) / self.step)
        return tuple(self.low + self.step * place for place in range(count + 1))

    def place(self, value: float) -> float:
        """Give a value's place in percent of the axis, kept on it."""
        share = (value - self.low) / (self.high - self.low)
        return round(100.0 * min(1.0, max(0.0, share)), 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """Rows over one axis."""

    rows: tuple[Row, ...]
    axis: Axis


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """What the model would decide of the work that waits.

    Attributes:
        decided: Items decided without a person: value, low and high.
        seconds: Time of people for those, at the measured pace; none if unknown.
    """

    decided: tuple[float, float | None, float | None]
    seconds: float | None


def find_measure(
    report: EvalReport, model: str, *, part: str = "all", metric: str = "accuracy"
) -> Estimate | None:
    """Give one measure of a report, if it has it."""
    for measure in report.measures:
        if (measure.model, measure.metric, measure.slice) == (model, metric, part):
            return measure.estimate
    return None


def find_comparison(report: EvalReport, other: str) -> Comparison | None:
    """Give the comparison with another model on the whole exam, if there is one."""
    for comparison in report.comparisons:
        if (comparison.other, comparison.slice) == (other, "all"):
            return comparison
    return None


def forest(report: EvalReport) -> Plot:
    """Show the accuracy of the model and of all that it was compared with."""
    known = {m.model for m in report.measures if m.slice == "all"}
    names = [*(n for n in MODELS if n in known), *sorted(known - set(MODELS))]
    rows = [_row(report, name) for name in names]
    shown = sorted(
        (row for row in rows if row is not None and row.estimate.value is not None),
        key=lambda row: -(row.estimate.value or 0.0),
    )
    return _plot(shown)


def by_slice(report: EvalReport, kind: str) -> Plot:
    """Show accuracy per `class` or `language`, beside that of TF-IDF."""
    names = dict.fromkeys(
        m.slice
        for m in report.measures
        if m.slice.startswith(f"{kind}=") and m.model == "candidate"
    )
    rows = []
    for name in names:
        estimate = find_measure(report, "candidate", part=name)
        if estimate is not None:
            beside = find_measure(report, "tfidf", part=name)
            label = name.removeprefix(f"{kind}=")
            rows.append(Row(name=label, estimate=estimate, beside=beside))
    return _plot(sorted(rows, key=lambda row: -row.estimate.count))


def drift(reports: Sequence[EvalReport]) -> Plot:
    """Show the model's accuracy, and TF-IDF's, on each exam."""
    rows = []
    for report in reports:
        estimate = find_measure(report, "candidate")
        if estimate is not None:
            beside = find_measure(report, "tfidf")
            rows.append(Row(name=report.split, estimate=estimate, beside=beside))
    return _plot(rows)


def error_axis(shares: Iterable[AutomationShare]) -> Axis:
    """Give an axis of error rates on which all bounds and intervals have room."""
    highest = 0.01
    for one in shares:
        ends = (
            one.accepted_error,
            one.bound,
            one.exam_error.value,
            one.exam_error.high,
        )
        highest = max(highest, *(end for end in ends if end is not None))
    step = _step(highest)
    return Axis(low=0.0, high=step * math.ceil(highest / step), step=step)


def promise_after(error: Estimate, promised: float) -> str:
    """Tell whether a later error keeps to the promised rate: held, unsure, or broke."""
    if error.value is None or error.value <= promised:
        return "drift_promise_held"
    is_surely_above = error.low is not None and error.low > promised
    return "drift_promise_broke" if is_surely_above else "drift_promise_unsure"


def saving(contents: BundleContents) -> Saving | None:
    """Say what the model would decide alone of the items that wait; none if unknown."""
    automation, waiting = contents.exam.automation, contents.worth.waiting
    if automation is None or automation.threshold is None or waiting is None:
        return None
    share, pace = automation.exam_share, contents.worth.seconds_per_item
    if share.value is None:
        return None
    decided = share.value * waiting
    return Saving(
        decided=(
            decided,
            None if share.low is None else share.low * waiting,
            None if share.high is None else share.high * waiting,
        ),
        seconds=None if pace is None else decided * pace,
    )


def confusions(report: EvalReport) -> list[tuple[str, str, int]]:
    """Give the commonest mistakes: gold label, answered label, count."""
    ordered = sorted(report.confusions, key=lambda triple: (-triple[2], triple[:2]))
    return ordered[:CONFUSIONS]


def _row(report: EvalReport, model: str) -> Row | None:
    estimate = find_measure(report, model)
    if estimate is None:
        return None
    return Row(name=model, estimate=estimate, is_main=model == "candidate")


def _plot(rows: Sequence[Row]) -> Plot:
    """Put rows over an axis that ends at 1 and begins below the lowest value."""
    lowest = 1.0
    for row in rows:
        for estimate in (row.estimate, row.beside):
            if estimate is not None:
                ends = (estimate.value, estimate.low)
                lowest = min(lowest, *(end for end in ends if end is not None), 1.0)
    low = 0.0 if lowest < 0.3 else math.floor(10.0 * lowest - 1e-9) / 10.0
    step = _step(1.0 - low)
    low = max(0.0, 1.0 - step * math.ceil((1.0 - low) / step - 1e-9))
    return Plot(rows=tuple(rows), axis=Axis(low=low, high=1.0, step=step))


def _step(width: float) -> float:
    """Give a round step that marks a width about five times."""
    for step in (0.005, 0.01, 0.02, 0.05, 0.1):
        if width <= 5.5 * step:
            return step
    return 0.2
