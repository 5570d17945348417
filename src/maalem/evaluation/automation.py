# SPDX-License-Identifier: Apache-2.0
"""Which share of the work a model may decide alone, with a guarantee."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from maalem.errors import DataError, SettingsError
from maalem.evaluation.answers import Answered, read_answers
from maalem.evaluation.proportions import grouped_interval
from maalem.evaluation.thresholds import (
    Guarantee,
    candidates,
    fewest_groups,
    lowest_guaranteed,
    scouts_among,
)
from maalem.records import (
    AutomationShare,
    Estimate,
    Example,
    LabelScores,
    digest_bytes,
)

_LEVEL = 0.95  # of the exam's intervals; the guarantee itself has delta


def automation_share(
    calibration: Sequence[Example],
    calibration_answers: Sequence[LabelScores],
    *,
    exam: Sequence[Example],
    exam_answers: Sequence[LabelScores],
    accepted_error: float,
    delta: float,
) -> AutomationShare:
    """Find the largest share of work that may be answered without a person.

    An answer is automatic exactly if its highest probability is at or above the
    threshold. With probability at least 1 - delta over the draw of the calibration
    split, the error rate among automatic answers is at most `accepted_error`, for any
    model, calibrated or not.

    What it assumes: calibration groups are drawn independently from the work to come,
    and the model never learned from them. It does not survive drift. Members of one
    group are not independent, so each group is stood for by one member, chosen by
    digest without looking at it; the guaranteed rate is that of a random member of a
    random group. A tenth of the groups, again by digest, serve only to choose the
    thresholds to test, with their probabilities and not their labels.

    Args:
        calibration: The calibration split, which taught nothing and tuned nothing.
        calibration_answers: One answer per example, in order.
        exam: The exam, on which the promise is checked and not made.
        exam_answers: One answer per example, in order.
        accepted_error: Error rate that the owner accepts among automatic answers, in
            (0, 1).
        delta: Chance that the guarantee does not hold, in (0, 1).

    Returns:
        Threshold, bound and shares. There is no threshold, but a reason, where the
        calibration split is too small for any proof or the strictest test fails.
        Cases tied at the threshold are all automatic. The exam's intervals are exact
        for single examples and Korn-Graubard's for grouped ones.

    Raises:
        SettingsError: `accepted_error` or `delta` is not in (0, 1).
        DataError: A split is empty, both share a group, an example is of the teaching
            split, or an answer is missing or makes no sense.

    Source:
        Angelopoulos, Bates, Candès, Jordan and Lei (2021), "Learn then Test:
        calibrating predictive algorithms to achieve risk control"; see
        `lowest_guaranteed`.
    """
    for name, value in (("accepted_error", accepted_error), ("delta", delta)):
        if not 0.0 < value < 1.0:
            raise SettingsError(f"{name} must be in (0, 1), got {value!r}")
    _refuse_overlap(calibration, exam)
    first = read_answers(calibration, {"candidate": [calibration_answers]})
    second = read_answers(exam, {"candidate": [exam_answers]})
    if first.labels != second.labels:
        raise DataError(
            "calibration and exam were answered with different labels",
            code="evaluation.labels",
        )
    guarantee = _guarantee(
        calibration, first, accepted_error=accepted_error, delta=delta
    )
    sure, _ = _top(first)
    share, error = _on_exam(second, guarantee)
    return AutomationShare(
        accepted_error=accepted_error,
        delta=delta,
        threshold=guarantee.threshold,
        bound=guarantee.bound,
        calibration_share=float(_automatic(sure, guarantee).mean()),
        calibration_count=len(calibration),
        exam_share=share,
        exam_error=error,
        reason=guarantee.reason,
    )


def _refuse_overlap(calibration: Sequence[Example], exam: Sequence[Example]) -> None:
    shared = {one.group for one in calibration} & {one.group for one in exam}
    if shared:
        raise DataError(
            f"group {min(shared)!r} is in both calibration and exam",
            why="the exam would repeat the calibration instead of checking it",
            code="evaluation.split",
        )
    taught = [one for one in (*calibration, *exam) if one.split == "teaching"]
    if taught:
        raise DataError(
            f"item {taught[0].item} is of the teaching split",
            why="on what a model learned from, no guarantee can rest",
            code="evaluation.split",
        )


def _guarantee(
    examples: Sequence[Example],
    answered: Answered,
    *,
    accepted_error: float,
    delta: float,
) -> Guarantee:
    """Choose thresholds with the scouts and test them with the others."""
    chosen = _one_per_group(examples)
    fewest = fewest_groups(accepted_error, delta)
    if len(chosen) < fewest:
        return Guarantee(
            reason=f"the calibration split has {len(chosen)} groups; even without any "
            f"error at least {fewest} are needed to prove at most "
            f"{accepted_error:.1%} at delta {delta:g}"
        )
    sure, wrong = _top(answered)
    count = scouts_among(len(chosen))
    scouts, testers = chosen[:count], chosen[count:]
    tests = candidates(
        sure[scouts],
        testers=len(testers),
        accepted_error=accepted_error,
        delta=delta,
    )
    return lowest_guaranteed(
        tests, sure[testers], wrong[testers], accepted_error=accepted_error
    )


def _one_per_group(examples: Sequence[Example]) -> NDArray[np.intp]:
    """Give one row per group, groups in an order that has nothing to do with them.

    Digests stand in for dice, so that the same data give the same threshold: the member
    by its item's digest, the order by the group's, or large groups would come first.
    """
    chosen: dict[str, int] = {}
    for row, example in enumerate(examples):
        held = chosen.setdefault(example.group, row)
        if example.item < examples[held].item:
            chosen[example.group] = row
    ordered = sorted(chosen, key=lambda group: digest_bytes(f"scout {group}".encode()))
    return np.array([chosen[group] for group in ordered], dtype=np.intp)


def _top(answered: Answered) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Give the highest probability per example, and whether its label is wrong."""
    table = answered.probabilities["candidate"][0]
    return table.max(axis=1), table.argmax(axis=1) != answered.gold


def _automatic(
    probabilities: NDArray[np.float64], guarantee: Guarantee
) -> NDArray[np.bool_]:
    if guarantee.threshold is None:
        return np.zeros(len(probabilities), dtype=np.bool_)
    return probabilities >= guarantee.threshold


def _on_exam(answered: Answered, guarantee: Guarantee) -> tuple[Estimate, Estimate]:
    """Give the share of automatic answers in the exam, and the error among them."""
    sure, wrong = _top(answered)
    is_automatic = _automatic(sure, guarantee)
    if guarantee.threshold is None:
        reason = "no threshold is guaranteed, so nothing is automatic"
        nothing = Estimate(value=None, level=_LEVEL, reason=reason)
        groups = len(np.unique(answered.groups))
        share = Estimate(
            value=0.0, level=_LEVEL, count=len(sure), groups=groups, reason=reason
        )
        return share, nothing
    share = _rate(is_automatic, answered.groups)
    return share, _rate(wrong[is_automatic], answered.groups[is_automatic])


def _rate(hits: NDArray[np.bool_], groups: NDArray[np.intp]) -> Estimate:
    """Give a rate with its interval; none where there is no example."""
    if not len(hits):
        reason = "no answer in the exam reaches the threshold"
        return Estimate(value=None, level=_LEVEL, reason=reason)
    low, high = grouped_interval(hits.astype(np.float64), groups, level=_LEVEL)
    return Estimate(
        value=float(hits.mean()),
        low=low,
        high=high,
        level=_LEVEL,
        count=len(hits),
        groups=len(np.unique(groups)),
    )
