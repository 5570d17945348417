# SPDX-License-Identifier: Apache-2.0
"""The guarantee holds as often as it says, whatever the model, and is not idle."""

import dataclasses

import numpy as np
import pytest
import scipy.stats
from tests.evaluation.builders import (
    LABELS,
    an_exam,
    an_example,
    answers_to,
    examples_of,
)

from maalem.errors import DataError, SettingsError
from maalem.evaluation import automation_share, examine
from maalem.evaluation.thresholds import (
    ThresholdTest,
    candidates,
    fewest_cases,
    fewest_groups,
    lowest_guaranteed,
    scouts_among,
)
from maalem.records import from_json, to_json

GRID = np.linspace(0.0, 1.0, 20_001)


@dataclasses.dataclass(frozen=True)
class Model:
    """How often the answer with the u-th highest probability (u in [0, 1]) is wrong."""

    error: object  # of u
    probability: object  # of u, falling

    def draw(self, count, random):
        u = random.random(count)
        return self.probability(u), random.random(count) < self.error(u)

    def error_at(self, threshold):
        automatic = self.probability(GRID) >= threshold
        return float(self.error(GRID)[automatic].mean()) if automatic.any() else 0.0

    def share(self, accepted):
        """The largest share whose error is accepted, to someone who knows the truth."""
        errors = np.cumsum(self.error(GRID)) / np.arange(1, len(GRID) + 1)
        fine = np.flatnonzero(errors <= accepted)
        return float(GRID[fine[-1]]) if len(fine) else 0.0


def falling(u):
    return 1.0 - 0.7 * u


MODELS = {
    "good": Model(lambda u: 0.01 + 0.3 * u**3, falling),
    "steep": Model(lambda u: 0.02 + 0.6 * u**2, falling),
    "boasting": Model(lambda u: 0.01 + 0.3 * u**3, lambda u: 1 - 1e-6 * u),
    "just too bad": Model(lambda u: 0.0502 + 0 * u, falling),
    "wrong at the top": Model(lambda u: np.where(u < 0.1, 0.2, 0.02), falling),
    "good, bad, good": Model(
        lambda u: np.where((u > 0.3) & (u < 0.5), 0.2, 0.01), falling
    ),
    "few levels": Model(
        lambda u: 0.01 + 0.1 * np.floor(4 * u) / 4, lambda u: 1 - np.floor(4 * u) / 5
    ),
    "no order": Model(lambda u: 0.045 + 0 * u, lambda u: 0.9 + 0 * u),
}


def threshold_of(model, count, seed, *, accepted=0.05, delta=0.1):
    random = np.random.default_rng(seed)
    sure, wrong = model.draw(count, random)
    scouts = scouts_among(count)
    tests = candidates(
        sure[:scouts], testers=count - scouts, accepted_error=accepted, delta=delta
    )
    return lowest_guaranteed(
        tests, sure[scouts:], wrong[scouts:], accepted_error=accepted
    )


def in_order(*thresholds, delta):
    """Fixed thresholds, all of delta allotted to the first."""
    first, *rest = thresholds
    return (
        ThresholdTest(threshold=first, allotted=delta),
        *(ThresholdTest(threshold=one, allotted=0.0) for one in rest),
    )


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("count", [80, 250, 1_000])
def test_the_accepted_error_is_exceeded_at_most_delta_of_the_time(name, count):
    model, runs, delta = MODELS[name], 300, 0.1
    exceeded = 0
    for seed in range(runs):
        found = threshold_of(model, count, seed, delta=delta).threshold
        exceeded += found is not None and model.error_at(found) > 0.05
    slack = 3 * np.sqrt(delta * (1 - delta) / runs)
    assert exceeded / runs <= delta + slack


@pytest.mark.parametrize("name", ["just too bad", "wrong at the top"])
def test_a_model_just_too_bad_is_let_through_at_most_delta_of_the_time(name):
    found = [threshold_of(MODELS[name], 300, seed).threshold for seed in range(200)]
    errors = [MODELS[name].error_at(one) for one in found if one is not None]
    assert sum(error > 0.05 for error in errors) / 200 <= 0.1 + 3 * 0.021


@pytest.mark.parametrize(
    ("name", "count", "part"),
    [("good", 1_000, 0.75), ("good", 3_000, 0.85), ("boasting", 1_000, 0.75)],
)
def test_the_share_is_not_needlessly_small(name, count, part):
    model = MODELS[name]
    found = [threshold_of(model, count, seed).threshold for seed in range(30)]
    shares = [
        0.0 if one is None else float((model.probability(GRID) >= one).mean())
        for one in found
    ]
    assert np.mean(shares) >= part * model.share(0.05)


def test_a_faultless_model_decides_everything():
    model = Model(lambda u: 0 * u, falling)
    assert threshold_of(model, 300, 0).threshold == 0.0


def test_the_fewest_cases_are_those_that_could_prove_it():
    assert fewest_cases(0.05, 0.05) == 59  # the rule of three, exactly
    for accepted, delta in ((0.05, 0.05), (0.01, 0.1), (0.2, 0.01)):
        fewest = fewest_cases(accepted, delta)
        assert scipy.stats.binom.cdf(0, fewest, accepted) <= delta
        assert scipy.stats.binom.cdf(0, fewest - 1, accepted) > delta
        groups = fewest_groups(accepted, delta)
        assert groups - scouts_among(groups) >= fewest
        assert groups - 1 - scouts_among(groups - 1) < fewest


def test_the_bound_is_clopper_and_pearsons_and_below_the_accepted_error():
    wrong = np.arange(400) % 80 == 0
    found = lowest_guaranteed(
        in_order(0.5, delta=0.1), np.full(400, 0.9), wrong, accepted_error=0.05
    )
    assert found.bound == pytest.approx(scipy.stats.beta.ppf(0.9, 6, 395))
    assert found.bound <= 0.05


def test_testing_stops_at_the_first_threshold_that_fails():
    sure = np.repeat([0.9, 0.8, 0.7], 200)
    wrong = np.zeros(600, dtype=bool)
    wrong[200:300] = True
    found = lowest_guaranteed(
        in_order(0.9, 0.8, 0.7, delta=0.05), sure, wrong, accepted_error=0.2
    )
    assert found.threshold == 0.9  # though 100 of 600 would pass again further down


def test_cases_tied_at_the_threshold_stay_together():
    sure = np.full(300, 0.9)
    tests = candidates(sure[:30], testers=270, accepted_error=0.05, delta=0.1)
    assert [test.threshold for test in tests] == [0.9, 0.0]


def test_thresholds_do_not_depend_on_the_testers():
    scouts = np.linspace(0.3, 1, 40)
    tests = candidates(scouts, testers=360, accepted_error=0.05, delta=0.1)
    thresholds = [test.threshold for test in tests]
    assert thresholds == sorted(thresholds, reverse=True)
    assert thresholds[-1] == 0.0


@pytest.mark.parametrize("testers", [50, 72, 270, 1_000])
def test_no_more_than_delta_is_allotted(testers):
    scouts = np.linspace(0.3, 1, 40)
    tests = candidates(scouts, testers=testers, accepted_error=0.05, delta=0.1)
    assert sum(test.allotted for test in tests) == pytest.approx(0.1)


def test_a_start_that_fails_leaves_the_other_its_own_part():
    sure = np.repeat([0.9, 0.5], [60, 400])
    wrong = np.zeros(460, dtype=bool)
    wrong[:8] = True
    starts = (
        ThresholdTest(threshold=0.9, allotted=0.05),
        ThresholdTest(threshold=0.5, allotted=0.05),
    )
    found = lowest_guaranteed(starts, sure, wrong, accepted_error=0.05)
    assert found.threshold == 0.5
    assert found.bound == pytest.approx(scipy.stats.beta.ppf(0.95, 9, 452))


def test_a_start_that_passes_hands_its_part_on():
    sure = np.repeat([0.9, 0.5], [200, 200])
    starts = (
        ThresholdTest(threshold=0.9, allotted=0.05),
        ThresholdTest(threshold=0.5, allotted=0.05),
    )
    wrong = np.zeros(400, dtype=bool)
    wrong[200:212] = True  # 12 of 400: significant at 0.1, not at 0.05
    found = lowest_guaranteed(starts, sure, wrong, accepted_error=0.045)
    assert 0.05 < scipy.stats.binom.cdf(12, 400, 0.045) <= 0.1
    assert found.threshold == 0.5


# The whole step, on examples and answers


def a_share(calibration=400, exam=400, *, error=0.02, per_group=1, **changed):
    parts = {}
    for name, count in (("calibration", calibration), ("exam", exam)):
        examples = examples_of(count, per_group=per_group, split=name)
        random = np.random.default_rng(count)
        sure = random.uniform(0.4, 0.99, count)
        chance = np.clip(error + (0.75 - sure), error, 1)
        parts[name] = (
            examples,
            answers_to(examples, random.random(count) > chance, sure),
        )
    settings = {"accepted_error": 0.1, "delta": 0.1} | changed
    return automation_share(
        *parts["calibration"],
        exam=parts["exam"][0],
        exam_answers=parts["exam"][1],
        **settings,
    )


def test_the_share_is_reported_on_both_splits_with_the_error():
    share = a_share()
    assert share.reason == ""
    assert 0.4 < share.threshold < 0.9
    assert share.bound <= 0.1
    assert share.calibration_count == 400
    assert abs(share.exam_share.value - share.calibration_share) < 0.1
    assert share.exam_share.low < share.exam_share.value < share.exam_share.high
    assert share.exam_error.value <= share.exam_error.high
    assert share.exam_error.count == round(400 * share.exam_share.value)


def test_a_report_takes_the_guarantee_along():
    share, examples = a_share(), examples_of(60)
    answers = {"candidate": [answers_to(examples, np.ones(60, dtype=bool))]}
    report = examine(examples, answers, exam=an_exam(), automation=share)
    assert report.automation == share
    assert from_json(type(report), to_json(report)) == report


def test_a_smaller_accepted_error_never_gives_a_larger_share():
    shares = [
        a_share(accepted_error=accepted).exam_share.value
        for accepted in (0.01, 0.05, 0.1, 0.2)
    ]
    assert shares == sorted(shares)


def test_the_threshold_does_not_depend_on_the_exam():
    assert a_share(exam=400).threshold == a_share(exam=90).threshold


def test_the_threshold_does_not_depend_on_the_order():
    examples = examples_of(300, split="calibration")
    random = np.random.default_rng(0)
    answers = answers_to(
        examples, random.random(300) < 0.97, random.uniform(0.4, 1, 300)
    )
    exam = examples_of(3)
    found = {
        automation_share(
            [examples[row] for row in rows],
            [answers[row] for row in rows],
            exam=exam,
            exam_answers=answers_to(exam, [True] * 3),
            accepted_error=0.1,
            delta=0.1,
        ).threshold
        for rows in (range(300), random.permutation(300))
    }
    assert len(found) == 1


def test_a_calibration_split_too_small_for_any_proof_says_how_large():
    share = a_share(calibration=50, accepted_error=0.05, delta=0.05)
    assert share.threshold is None
    assert share.bound is None
    assert share.calibration_share == 0.0
    assert (share.exam_share.value, share.exam_error.value) == (0.0, None)
    assert (
        "has 50 groups; even without any error at least 66 are needed" in share.reason
    )


def test_copies_within_a_group_prove_nothing():
    share = a_share(calibration=500, per_group=10, accepted_error=0.05, delta=0.05)
    assert share.threshold is None
    assert "has 50 groups" in share.reason


def test_a_bad_model_gets_no_threshold_and_the_count_of_its_errors():
    share = a_share(error=0.5)
    assert share.threshold is None
    assert "which does not prove" in share.reason
    assert "cases are wrong" in share.reason
    assert share.exam_error.reason == (
        "no threshold is guaranteed, so nothing is automatic"
    )


def test_one_class_is_no_special_case():
    parts = [
        [an_example("Engine", number=n, split=split) for n in range(200)]
        for split in ("calibration", "exam")
    ]
    answers = answers_to(parts[0], np.ones(200, dtype=bool))
    share = automation_share(
        parts[0],
        answers,
        exam=parts[1],
        exam_answers=answers,
        accepted_error=0.05,
        delta=0.05,
    )
    assert share.threshold == 0.0
    assert share.exam_error.value == 0.0
    assert share.exam_error.high == pytest.approx(1 - 0.025 ** (1 / 200))


def test_an_exam_that_never_reaches_the_threshold_has_no_error_rate():
    calibration, exam = examples_of(400, split="calibration"), examples_of(40)
    sure = np.repeat([0.95, 0.5], 200)
    share = automation_share(
        calibration,
        answers_to(calibration, sure > 0.9, sure),
        exam=exam,
        exam_answers=answers_to(exam, np.ones(40, dtype=bool), 0.6),
        accepted_error=0.1,
        delta=0.1,
    )
    assert share.threshold == 0.95
    assert share.exam_share.value == 0.0
    assert share.exam_error.value is None
    assert share.exam_error.reason == "no answer in the exam reaches the threshold"


@pytest.mark.parametrize(
    "setting",
    [{"accepted_error": 0.0}, {"accepted_error": 1.0}, {"delta": 0.0}, {"delta": 1.5}],
)
def test_settings_out_of_range_are_refused_by_name(setting):
    with pytest.raises(SettingsError, match=next(iter(setting))):
        a_share(**setting)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"group": "exam group 1"}, "evaluation.split"),
        ({"split": "teaching"}, "evaluation.split"),
        ({"label": "Wheels"}, "evaluation.unknown-label"),
    ],
)
def test_a_calibration_split_that_proves_nothing_is_refused(changed, code):
    calibration, exam = examples_of(9, split="calibration"), examples_of(9)
    answers = answers_to(exam, np.ones(9, dtype=bool))
    with pytest.raises(DataError) as refusal:
        automation_share(
            [dataclasses.replace(calibration[0], **changed), *calibration[1:]],
            answers,
            exam=exam,
            exam_answers=answers,
            accepted_error=0.1,
            delta=0.1,
        )
    assert refusal.value.code == code


def test_splits_answered_with_different_labels_are_refused():
    calibration, exam = examples_of(9, split="calibration"), examples_of(9)
    answers = answers_to(exam, np.ones(9, dtype=bool))
    other = [
        dataclasses.replace(one, labels=(*LABELS[:2], "Bucket")) for one in answers
    ]
    with pytest.raises(DataError):
        automation_share(
            calibration,
            answers,
            exam=exam,
            exam_answers=other,
            accepted_error=0.1,
            delta=0.1,
        )
