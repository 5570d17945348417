# SPDX-License-Identifier: Apache-2.0
"""A gate's answer to a report: ship, don't ship, or what an answer would cost."""

import dataclasses

from maalem.errors import SettingsError
from maalem.evaluation.intervals import Resampling
from maalem.evaluation.price import Price, price_of_answer, price_of_groups
from maalem.records import (
    Comparison,
    Digest,
    EvalReport,
    Verdict,
    digest_of,
    to_json,
)
from maalem.tasks import Gate


def decide(
    gate: Gate, report: EvalReport, *, seconds_per_item: float | None = None
) -> Verdict:
    """Apply a gate to a report; a refusal is a result, not an exception.

    The whole interval of the difference must lie above what the gate asks for to ship,
    and below it not to ship; anything else is not enough evidence, with its price.
    Against `best`, the rival is the other model with the highest accuracy on this
    exam, the one in force included.

    Args:
        gate: What is asked for.
        report: What was measured.
        seconds_per_item: Measured expert time for one judged item, all its answers
            together, above 0; none if it was not measured.

    Raises:
        SettingsError: The report does not hold what the gate is about: its metric as a
            paired difference, the model it names, or its level; or `seconds_per_item`
            is not above 0. Such a gate is not failed: it was never put.
    """
    if seconds_per_item is not None and not 0.0 < seconds_per_item < float("inf"):
        raise SettingsError(f"seconds_per_item must be above 0, got {seconds_per_item}")
    comparison = _put(gate, report)
    floor = gate.margin if gate.rule == "better" else -gate.margin
    known = comparison.difference
    has_groups = known.groups >= gate.min_groups
    price = None
    outcome = "not enough evidence"
    if known.low is None or known.high is None or not has_groups:
        fewest = Resampling().min_groups
        enough = max(gate.min_groups, fewest, known.groups + 1)
        price = price_of_groups(comparison, min_groups=enough)
    elif known.low > floor:
        outcome = "ship"
    elif known.high < floor:
        outcome = "don't ship"
    else:
        price = price_of_answer(comparison, floor=floor, seeds=len(report.seeds))
    hours, paid = _hours(price, seconds_per_item)
    parts = [_finding(comparison, gate, floor), *paid, *_looks(report)]
    return _named(
        Verdict(
            id=Digest(""),
            report=report.id,
            task=report.task,
            gate=_sentence(gate, floor),
            against=comparison.other,
            outcome=outcome,
            reason="; ".join(parts) + ".",
            items_needed=price.items if price else None,
            hours_needed=hours,
        )
    )


def _put(gate: Gate, report: EvalReport) -> Comparison:
    """Find the comparison that a gate is about."""
    if gate.metric != "accuracy":
        raise SettingsError(
            f"the gate asks about {gate.metric!r}, which the report does not compare",
            why="models are compared example by example in accuracy",
            hint='set `metric = "accuracy"` in the gate of the task',
            code="gate.metric",
        )
    whole = [c for c in report.comparisons if c.slice == "all"]
    if gate.against == "best":
        found = sorted(whole, key=lambda c: (c.difference.value or 0.0, c.other))
    else:
        found = [c for c in whole if c.other == gate.against]
    if not found:
        others = ", ".join(sorted(c.other for c in whole)) or "nobody"
        raise SettingsError(
            f"the gate compares with {gate.against!r}, the report with {others}",
            code="gate.against",
        )
    known = found[0].difference
    if known.low is not None and known.level != gate.level:
        raise SettingsError(
            f"the gate asks for level {gate.level:g}, the report's intervals have "
            f"{known.level:g}",
            hint="examine again with the level of the gate",
            code="gate.level",
        )
    return found[0]


def _hours(
    price: Price | None, seconds_per_item: float | None
) -> tuple[float | None, tuple[str, ...]]:
    """Turn a price in items into expert hours, and say both."""
    if price is None or price.items is None:
        return None, (price.reason,) if price else ()
    if seconds_per_item is None:
        return None, (
            price.reason,
            "the expert hours are not known, as no seconds per item were measured",
        )
    hours = price.items * seconds_per_item / 3600
    spent = f"{hours:.1f} expert hours at {seconds_per_item:.0f} seconds an item"
    return hours, (price.reason, spent)


def _finding(comparison: Comparison, gate: Gate, floor: float) -> str:
    known = comparison.difference
    value = f"candidate minus {comparison.other} in accuracy is "
    value += f"{100 * (known.value or 0.0):+.1f} points"
    if known.low is None or known.high is None:
        return f"{value}, {known.reason}"
    interval = f"{known.level:.0%} interval {100 * known.low:+.1f} to "
    interval += f"{100 * known.high:+.1f}"
    if known.groups < gate.min_groups:
        interval += f", {known.groups} groups of the {gate.min_groups} asked for"
    return f"{value} ({interval}); the gate asks for more than {100 * floor:+.1f}"


def _looks(report: EvalReport) -> tuple[str, ...]:
    """Warn when an exam was looked at before: the best of several looks flatters."""
    if report.look <= 1:
        return ()
    return (f"this is look {report.look} at this exam, which no interval accounts for",)


def _sentence(gate: Gate, floor: float) -> str:
    return (
        f"{gate.metric} {gate.rule}: the {gate.level:.0%} interval of candidate minus "
        f"{gate.against} lies above {100 * floor:+.1f} points, with at least "
        f"{gate.min_groups} groups"
    )


def _named(verdict: Verdict) -> Verdict:
    """Name a verdict by the digest of all its other fields."""
    fields = to_json(verdict)
    del fields["id"]
    return dataclasses.replace(verdict, id=digest_of(fields))
