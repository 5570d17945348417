# SPDX-License-Identifier: Apache-2.0
"""A report says first what speaks against the model, and refuses holes."""

import dataclasses

import numpy as np
import pytest
from tests.evaluation.builders import (
    LABELS,
    an_exam,
    answers_to,
    examples_of,
    scores,
    some_right,
)

from maalem.errors import DataError
from maalem.evaluation import Resampling, examine
from maalem.records import LabelScores, digest_of, from_json, to_json

QUICK = Resampling(draws=400)


def a_report(shares, *, count=240, per_group=1, languages=("en",), **changed):
    """A report on models that are right as often as `shares` says, by name."""
    examples = examples_of(count, per_group=per_group, languages=languages)
    answers = {
        model: [answers_to(examples, some_right(count, share, seed))]
        for seed, (model, share) in enumerate(shares.items())
    }
    return examine(examples, answers, exam=an_exam(**changed), resampling=QUICK)


def measure(report, model, metric, part="all"):
    return next(
        one.estimate
        for one in report.measures
        if (one.model, one.metric, one.slice) == (model, metric, part)
    )


def test_every_model_is_measured_on_every_slice():
    report = a_report({"candidate": 0.9, "tfidf": 0.7}, languages=("en", "fr"))
    found = {(one.model, one.slice) for one in report.measures}
    slices = {"all", "language=en", "language=fr", *(f"class={one}" for one in LABELS)}
    assert found == {(m, s) for m in ("candidate", "tfidf") for s in slices}
    assert {one.metric for one in report.measures if one.slice == "language=fr"} == {
        *("accuracy", "macro-f1", "log-loss", "calibration-error")
    }


def test_one_language_is_no_slice():
    report = a_report({"candidate": 0.9})
    assert not [one for one in report.measures if one.slice.startswith("language")]


def test_the_accuracy_of_a_class_is_its_recall():
    examples = examples_of(90)
    right = np.array([example.label != "Tracks" for example in examples])
    answers = {"candidate": [answers_to(examples, right)]}
    report = examine(examples, answers, exam=an_exam(), resampling=QUICK)
    assert measure(report, "candidate", "accuracy", "class=Tracks").value == 0.0
    assert measure(report, "candidate", "accuracy", "class=Engine").value == 1.0
    assert measure(report, "candidate", "f1", "class=Engine").value == 2 / 3


def test_a_rare_class_has_counts_and_no_interval():
    examples = (*examples_of(90)[:60], *examples_of(99)[90:])
    rare = [
        dataclasses.replace(one, label="Engine" if one.label == "Tracks" else one.label)
        for one in examples[:60]
    ]
    examples = (*rare, *examples[60:])
    answers = {"candidate": [answers_to(examples, some_right(69, 0.8))]}
    report = examine(examples, answers, exam=an_exam(), resampling=QUICK)
    for metric in ("accuracy", "f1"):
        recall = measure(report, "candidate", metric, "class=Tracks")
        assert (recall.count, recall.groups, recall.low) == (3, 3, None)
        assert recall.reason == "3 groups, at least 20 are needed"


def test_when_tfidf_wins_the_report_says_so_first():
    report = a_report({"candidate": 0.6, "majority": 0.3, "tfidf": 0.9})
    assert report.headline.startswith(
        "TF-IDF with logistic regression is better than the candidate"
    )


def test_when_tfidf_is_not_distinguishable_the_report_says_so_first():
    report = a_report({"candidate": 0.80, "majority": 0.3, "tfidf": 0.79})
    assert report.headline.startswith(
        "TF-IDF with logistic regression is not distinguishable from the candidate"
    )
    assert "better than always giving the most frequent label (+" in report.headline


def test_when_all_are_beaten_the_report_begins_with_the_number():
    report = a_report({"candidate": 0.95, "majority": 0.3, "tfidf": 0.6})
    assert report.headline.startswith("The candidate answers 9")
    assert "240 examples in 240 groups" in report.headline
    assert "the closest is TF-IDF with logistic regression" in report.headline
    assert "One seed was trained" in report.headline
    assert "look" not in report.headline


def test_another_look_at_the_exam_is_in_the_headline():
    assert (
        "This is look 3 at this exam" in a_report({"candidate": 0.9}, look=3).headline
    )


def test_with_few_groups_nobody_is_better():
    report = a_report({"candidate": 0.9, "tfidf": 0.6}, per_group=30)
    assert report.headline.startswith("TF-IDF with logistic regression cannot be told")
    assert measure(report, "candidate", "accuracy").low is None


def test_holm_corrects_over_every_slice_and_every_rival():
    report = a_report({"candidate": 0.75, "tfidf": 0.7, "nearest": 0.65})
    assert len(report.comparisons) == 2 * 4
    smallest = min(report.comparisons, key=lambda one: one.p_value)
    assert smallest.p_adjusted == pytest.approx(min(1.0, 8 * smallest.p_value))


def test_the_difference_is_that_of_the_accuracies():
    report = a_report({"candidate": 0.8, "tfidf": 0.7})
    whole = next(one for one in report.comparisons if one.slice == "all")
    own, other = (measure(report, m, "accuracy").value for m in ("candidate", "tfidf"))
    assert whole.difference.value == pytest.approx(own - other)
    assert whole.better - whole.worse == pytest.approx(240 * (own - other))


def test_mcnemar_and_confusions_are_the_released_seeds_alone():
    examples = examples_of(60)
    released, other = np.arange(60) >= 6, np.arange(60) >= 30
    answers = {
        "candidate": [answers_to(examples, released), answers_to(examples, other)],
        "tfidf": [answers_to(examples, np.ones(60, dtype=bool))],
    }
    exam = an_exam(seeds=(3, 4))
    report = examine(examples, answers, exam=exam, resampling=QUICK)
    whole = next(one for one in report.comparisons if one.slice == "all")
    assert (whole.better, whole.worse) == (0, 6)
    assert whole.difference.value == pytest.approx((0.9 + 0.5) / 2 - 1)
    assert sum(count for _, _, count in report.confusions) == 6
    assert report.confusions[0] == ("Engine", "Hydraulics", 2)


def test_a_report_is_named_by_all_it_says():
    first, again = (a_report({"candidate": 0.8}) for _ in range(2))
    later = a_report({"candidate": 0.8}, look=2)
    assert first == again
    assert first.id != later.id
    fields = to_json(first)
    assert fields.pop("id") == digest_of(fields)
    assert from_json(type(first), to_json(first)) == first


def test_the_order_of_the_examples_changes_no_value():
    examples = examples_of(60, per_group=2)
    answers = answers_to(examples, some_right(60, 0.7), np.linspace(0.5, 0.9, 60))
    order = np.random.default_rng(0).permutation(60)
    reports = [
        examine(
            [examples[i] for i in rows],
            {"candidate": [[answers[i] for i in rows]]},
            exam=an_exam(),
            resampling=QUICK,
        )
        for rows in (range(60), order)
    ]
    first, second = (
        [(m.metric, m.slice, m.estimate.low, m.estimate.value) for m in one.measures]
        for one in reports
    )
    for one, other in zip(first, second, strict=True):
        assert one == pytest.approx(other) or one[2] is None


def refused(examples, answers, code, **changed):
    with pytest.raises(DataError) as refusal:
        examine(examples, answers, exam=an_exam(**changed), resampling=QUICK)
    assert refusal.value.code == code
    return refusal.value


SIX = examples_of(6)
RIGHT = answers_to(SIX, np.ones(6, dtype=bool))


def with_probabilities(*probabilities):
    return [*RIGHT[:5], LabelScores(labels=LABELS, probabilities=probabilities)]


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        (with_probabilities(float("nan"), 0.5, 0.5), "evaluation.probability"),
        (with_probabilities(None, 0.5, 0.5), "evaluation.probability"),
        (with_probabilities("0.1", 0.4, 0.5), "evaluation.probability"),
        (with_probabilities(float("inf"), 0.0, 0.0), "evaluation.probability"),
        (with_probabilities(-0.1, 0.6, 0.5), "evaluation.probability"),
        (with_probabilities(0.5, 0.5), "evaluation.probability"),
        (with_probabilities(0.0, 0.0, 0.0), "evaluation.probability"),
        (with_probabilities(0.9, 0.9, 0.9), "evaluation.probability"),
        (RIGHT[:5], "evaluation.length"),
        ([*RIGHT, RIGHT[0]], "evaluation.length"),
        ([], "evaluation.labels"),
        ([*RIGHT[:5], scores("Engine", labels=LABELS[::-1])], "evaluation.labels"),
    ],
)
def test_an_answer_that_is_missing_or_makes_no_sense_is_never_a_zero(answers, code):
    refused(SIX, {"candidate": [answers]}, code)
    refused(
        SIX,
        {"candidate": [RIGHT], "tfidf": [answers]},
        ("evaluation.length" if not answers else code),
    )


def test_a_wrong_probability_names_model_and_place():
    answers = {"candidate": [with_probabilities(float("nan"), 0.5, 0.5)]}
    error = refused(SIX, answers, "evaluation.probability")
    assert error.message == "answer 6 of candidate has the probability nan"


def test_a_gold_label_that_nobody_can_answer_is_refused():
    strange = dataclasses.replace(SIX[0], label="Wheels")
    error = refused(
        [strange, *SIX[1:]], {"candidate": [RIGHT]}, ("evaluation.unknown-label")
    )
    assert "'Wheels'" in error.message


def test_a_repeated_item_is_refused():
    refused([*SIX[:5], SIX[0]], {"candidate": [RIGHT]}, "evaluation.repeated-item")


def test_an_empty_exam_is_refused():
    refused([], {"candidate": [[]]}, "evaluation.empty")


def test_an_exam_without_candidate_is_refused():
    refused(SIX, {"tfidf": [RIGHT]}, "evaluation.no-candidate")


def test_a_seed_without_answers_is_refused():
    refused(SIX, {"candidate": [RIGHT]}, "evaluation.seeds", seeds=(0, 1))


def test_a_rival_without_answers_is_refused():
    refused(SIX, {"candidate": [RIGHT], "tfidf": []}, "evaluation.length")


def test_what_was_learned_from_is_not_examined():
    taught = examples_of(6, split="teaching")
    refused(taught, {"candidate": [RIGHT]}, "evaluation.split")
