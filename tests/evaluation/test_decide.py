# SPDX-License-Identifier: Apache-2.0
"""A gate ships, refuses, or names its price, and the price is right."""

import dataclasses

import numpy as np
import pytest
from tests.evaluation.builders import an_exam, answers_to, examples_of, some_right

from maalem.errors import SettingsError
from maalem.evaluation import METRICS, Resampling, decide, examine
from maalem.evaluation.intervals import Resampler, estimate
from maalem.evaluation.paired import count_wins
from maalem.records import Comparison, Estimate, EvalReport, digest_of, to_json
from maalem.tasks import Gate

BETTER = Gate(rule="better", margin=0.0)


def a_comparison(value, half, **changed):
    fields = {
        "other": "tfidf",
        "slice": "all",
        "difference": Estimate(
            value=value, low=value - half, high=value + half, count=400, groups=200
        ),
        "better": 40,
        "worse": 20,
        "p_value": 0.01,
        "p_adjusted": 0.01,
    }
    return Comparison(**(fields | changed))


def a_report(*comparisons, look=1, seeds=(0,)):
    exam = an_exam(look=look, seeds=seeds)
    return EvalReport(
        id=digest_of("a report"),
        **{name: getattr(exam, name) for name in ("task", "dataset", "checkpoint")},
        **{name: getattr(exam, name) for name in ("split", "look", "seeds")},
        headline="",
        measures=(),
        comparisons=comparisons,
        automation=None,
    )


@pytest.mark.parametrize(
    ("rule", "margin", "value", "half", "outcome"),
    [
        ("better", 0.00, 0.05, 0.04, "ship"),
        ("better", 0.02, 0.05, 0.04, "not enough evidence"),
        ("better", 0.02, -0.03, 0.04, "don't ship"),
        ("better", 0.00, -0.03, 0.04, "not enough evidence"),
        ("not-worse", 0.01, 0.03, 0.035, "ship"),
        ("not-worse", 0.00, 0.03, 0.035, "not enough evidence"),
        ("not-worse", 0.01, -0.05, 0.03, "don't ship"),
        ("not-worse", 0.01, -0.02, 0.03, "not enough evidence"),
    ],
)
def test_the_whole_interval_decides(rule, margin, value, half, outcome):
    gate = Gate(rule=rule, margin=margin)
    verdict = decide(gate, a_report(a_comparison(value, half)))
    assert verdict.outcome == outcome
    assert (verdict.items_needed is None) == (outcome != "not enough evidence")
    assert f"{100 * value:+.1f} points" in verdict.reason


def test_the_best_rival_is_the_one_with_the_highest_accuracy():
    rivals = (
        a_comparison(0.3, 0.02, other="majority"),
        a_comparison(0.01, 0.02, other="nearest"),
        a_comparison(0.1, 0.02, other="tfidf"),
        a_comparison(-0.5, 0.02, other="tfidf", slice="class=Engine"),
    )
    verdict = decide(BETTER, a_report(*rivals))
    assert (verdict.against, verdict.outcome) == ("nearest", "not enough evidence")
    named = decide(dataclasses.replace(BETTER, against="tfidf"), a_report(*rivals))
    assert (named.against, named.outcome) == ("tfidf", "ship")


@pytest.mark.parametrize(
    ("gate", "code"),
    [
        (Gate(metric="macro-f1"), "gate.metric"),
        (Gate(metric="charm"), "gate.metric"),
        (Gate(against="incumbent"), "gate.against"),
        (Gate(level=0.9), "gate.level"),
    ],
)
def test_a_gate_that_the_report_cannot_answer_is_refused_and_not_failed(gate, code):
    with pytest.raises(SettingsError) as refusal:
        decide(gate, a_report(a_comparison(0.1, 0.01)))
    assert refusal.value.code == code


def test_a_gate_against_nobody_is_refused():
    with pytest.raises(SettingsError) as refusal:
        decide(Gate(), a_report())
    assert refusal.value.code == "gate.against"


def test_hours_are_items_times_measured_seconds():
    verdict = decide(BETTER, a_report(a_comparison(0.03, 0.04)), seconds_per_item=18.0)
    assert verdict.hours_needed == pytest.approx(verdict.items_needed * 18 / 3600)
    assert "expert hours at 18 seconds an item" in verdict.reason


def test_hours_are_not_known_without_measured_seconds():
    verdict = decide(BETTER, a_report(a_comparison(0.03, 0.04)))
    assert verdict.items_needed > 0
    assert verdict.hours_needed is None
    assert "no seconds per item were measured" in verdict.reason


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), float("inf")])
def test_seconds_that_nobody_can_spend_are_refused(seconds):
    with pytest.raises(SettingsError):
        decide(BETTER, a_report(a_comparison(0.03, 0.04)), seconds_per_item=seconds)


@pytest.mark.parametrize(("value", "end"), [(0.03, "ship"), (-0.03, "don't ship")])
def test_the_price_says_what_it_would_buy(value, end):
    verdict = decide(BETTER, a_report(a_comparison(value, 0.04)))
    assert f"four of five cases, with {end};" in verdict.reason


@pytest.mark.parametrize("value", [0.0, 0.0005, -0.0005])
def test_no_exam_of_any_use_settles_a_difference_of_nothing(value):
    verdict = decide(BETTER, a_report(a_comparison(value, 0.04)), seconds_per_item=18.0)
    assert verdict.outcome == "not enough evidence"
    assert (verdict.items_needed, verdict.hours_needed) == (None, None)
    assert "even an exam 100 times as large would not settle it" in verdict.reason


def test_no_number_of_items_settles_what_the_seeds_leave_open():
    comparison = a_comparison(0.03, 0.06)
    alone = decide(BETTER, a_report(comparison))
    seeds = decide(BETTER, a_report(comparison, seeds=(0, 1, 2)))
    assert alone.items_needed > 0
    assert seeds.items_needed is None
    assert "seeds" in seeds.reason


def test_too_few_groups_are_not_enough_evidence_whatever_the_difference():
    few = Estimate(value=0.5, count=60, groups=12, reason="12 groups")
    verdict = decide(BETTER, a_report(a_comparison(0.5, 0.1, difference=few)))
    assert verdict.outcome == "not enough evidence"
    assert verdict.items_needed == 40  # 8 more groups of 5
    assert "20 groups" in verdict.reason


def test_the_gate_may_ask_for_more_groups_than_the_interval_does():
    gate = dataclasses.replace(BETTER, min_groups=250)
    verdict = decide(gate, a_report(a_comparison(0.5, 0.1)))
    assert verdict.outcome == "not enough evidence"
    assert verdict.items_needed == 100  # 50 more groups of 2


def test_another_look_at_the_exam_is_said():
    first = decide(BETTER, a_report(a_comparison(0.1, 0.01)))
    third = decide(BETTER, a_report(a_comparison(0.1, 0.01), look=3))
    assert "look" not in first.reason
    assert "look 3 at this exam" in third.reason


def test_a_verdict_is_named_by_all_it_says():
    verdict = decide(BETTER, a_report(a_comparison(0.1, 0.01)))
    fields = to_json(verdict)
    assert fields.pop("id") == digest_of(fields)


def test_a_gate_reads_what_an_exam_wrote():
    examples = examples_of(300)
    answers = {
        model: [answers_to(examples, some_right(300, share))]
        for model, share in (("candidate", 0.9), ("tfidf", 0.6))
    }
    report = examine(
        examples, answers, exam=an_exam(), resampling=Resampling(draws=400)
    )
    assert decide(Gate(), report).outcome == "ship"


# The price, checked by paying it


def drawn(right, rows, groups, seed):
    """The verdict on an exam with these rows of `right`, shape (n, 2)."""
    resampling = Resampling(draws=400, seed=seed)
    resampler = Resampler(groups, resampling=resampling)
    gold, every = np.zeros(len(rows), dtype=np.intp), np.arange(len(rows))
    sampled = []
    for column in right[rows].T:
        sure = np.where(column, 0.9, 0.1)
        table = np.stack([sure, 1 - sure], axis=-1)[None]
        sampled.append(resampler.measure(METRICS["accuracy"], table, gold, rows=every))
    better, worse = count_wins(*right[rows].T)
    difference = estimate(sampled[0].minus(sampled[1]), resampling)
    return decide(
        BETTER,
        a_report(a_comparison(0, 0, difference=difference, better=better, worse=worse)),
    )


@pytest.mark.parametrize("per_group", [1, 4])
def test_the_items_that_the_price_names_settle_the_gate_in_most_runs(per_group):
    random, settled, runs = np.random.default_rng(per_group), 0, 0
    while runs < 120:
        count = 100
        own = random.random(count) < 0.85
        other = np.where(random.random(count) < 0.75, own, random.random(count) < 0.7)
        right = np.repeat(np.stack([own, other], axis=-1), per_group, axis=0)
        groups = np.repeat(np.arange(count), per_group)
        verdict = drawn(right, np.arange(len(right)), groups, runs)
        if not verdict.items_needed or verdict.items_needed > 3_000:
            continue
        total = count + -(-verdict.items_needed // per_group)
        for _ in range(10):
            chosen = random.integers(0, count, total)
            rows = (chosen[:, None] * per_group + np.arange(per_group)).ravel()
            paid = drawn(right, rows, np.repeat(np.arange(total), per_group), runs)
            settled += paid.outcome != "not enough evidence"
            runs += 1
    assert 0.7 <= settled / runs <= 0.92
