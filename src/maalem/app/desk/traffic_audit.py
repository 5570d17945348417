# SPDX-License-Identifier: Apache-2.0
"""The error among automatic answers, from the sample that experts answer too."""

import sqlite3
from collections.abc import Sequence

from maalem.app.desk import traffic_queries as queries
from maalem.app.desk.traffic_sources import Span, has_table
from maalem.app.desk.traffic_view import LEVEL, Audit
from maalem.evaluation.proportions import clopper_pearson
from maalem.records import Estimate

Drawn = tuple[float, int | None, int]
"""Probability with which answers were drawn, whether they were right, how many."""


def audit_in(
    opened: sqlite3.Connection, span: Span, *, accepted_error: float | None
) -> Audit:
    """Give what the audit found of the answers of a span of time."""
    rows: list[Drawn] = []
    if has_table(opened, "audit"):
        has_answers = has_table(opened, "correction")
        query = queries.AUDITED if has_answers else queries.AUDIT
        rows = opened.execute(query, span.asked).fetchall()
    answered = [row for row in rows if row[1] is not None]
    return Audit(
        drawn=sum(times for _, _, times in rows),
        answered=sum(times for _, _, times in answered),
        wrong=sum(times for _, is_right, times in answered if not is_right),
        error=weighted_error(answered),
        accepted_error=accepted_error,
    )


def weighted_error(answered: Sequence[Drawn]) -> Estimate:
    """Give the share of wrong answers, each weighted by how seldom its like is drawn.

    Args:
        answered: Probability in (0, 1], whether the answers were right, how many.

    Source:
        Hájek (1971), in Godambe and Sprott, "Foundations of Statistical Inference",
        for the ratio; Kish (1965), "Survey Sampling", section 11.7, for the effective
        number of answers, on which the interval is Clopper and Pearson's. Where all
        were drawn alike it is theirs itself.
    """
    count = sum(times for _, _, times in answered)
    if not count:
        return Estimate(value=None, reason="no expert has answered one yet")
    whole = sum(times / chosen for chosen, _, times in answered)
    squares = sum(times / chosen**2 for chosen, _, times in answered)
    wrong = sum(times / chosen for chosen, is_right, times in answered if not is_right)
    value, effective = wrong / whole, whole**2 / squares
    low, high = clopper_pearson(value * effective, effective, level=LEVEL)
    return Estimate(
        value=value, low=low, high=high, level=LEVEL, count=count, groups=count
    )
