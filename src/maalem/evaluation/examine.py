# SPDX-License-Identifier: Apache-2.0
"""The exam: what a candidate and its rivals answered becomes one report."""

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from maalem.errors import DataError
from maalem.evaluation.answers import Answered, read_answers
from maalem.evaluation.headline import headline
from maalem.evaluation.intervals import Resampler, Resampling, Sampled, estimate
from maalem.evaluation.paired import count_wins, holm, mcnemar
from maalem.evaluation.slices import Part, parts_of
from maalem.records import (
    AutomationShare,
    Comparison,
    Digest,
    Estimate,
    EvalReport,
    Example,
    LabelScores,
    Measure,
    digest_of,
    to_json,
)

_OF_PROBABILITIES = ("log-loss", "calibration-error")
_UNMEASURED = Estimate(value=None, reason="it gave labels without probabilities")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exam:
    """What is examined, on what, and for the how-manieth time.

    Attributes:
        task: Name of the task.
        dataset: The dataset whose exam it is.
        checkpoint: The candidate that would be released: its first seed.
        split: `exam` or `later`; every example must be of it.
        look: How many looks at this exam there have been, this one included.
        seeds: Training seeds of the candidate's lists of answers, in their order; the
            first is the released one.
        labels_only: Models that gave labels without probabilities: what rests on
            probabilities is not measured of them.
    """

    task: str
    dataset: Digest
    checkpoint: Digest
    split: str
    look: int
    seeds: tuple[int, ...]
    labels_only: frozenset[str] = frozenset()


def examine(
    examples: Sequence[Example],
    answers: Mapping[str, Sequence[Sequence[LabelScores]]],
    *,
    exam: Exam,
    resampling: Resampling | None = None,
    automation: AutomationShare | None = None,
) -> EvalReport:
    """Measure a candidate beside its rivals, with intervals, on one exam.

    Differences and intervals average over the candidate's seeds; McNemar's counts and
    the confusions are those of the released seed alone.

    Args:
        examples: The exam, each item once.
        answers: Per model (`candidate` and its rivals) one list per training seed, each
            with one answer per example, in order.
        exam: What is examined.
        resampling: Settings of the intervals; none takes the defaults.
        automation: The automation guarantee, where there is a calibration split.

    Raises:
        DataError: There is no candidate, the seeds do not match its lists, an example
            is not of the exam's split, or an answer is missing or makes no sense (see
            `read_answers`).
    """
    _refuse_mismatch(examples, answers, exam)
    settings = resampling or Resampling()
    answered = read_answers(examples, answers)
    resampler = Resampler(answered.groups, resampling=settings)
    measures: list[Measure] = []
    comparisons: list[Comparison] = []
    for part in parts_of(answered):
        accuracy = {}
        for model, table in answered.probabilities.items():
            sampled = {
                metric.name: resampler.measure(
                    metric, table, answered.gold, rows=rows, about=part.rows
                )
                for metric, rows in part.measured
            }
            accuracy[model] = sampled["accuracy"]
            for metric, one in sampled.items():
                number = estimate(one, settings)
                if model in exam.labels_only and metric in _OF_PROBABILITIES:
                    number = _UNMEASURED
                measures.append(
                    Measure(
                        model=model, metric=metric, slice=part.name, estimate=number
                    )
                )
        comparisons += _compare(part, accuracy, answered, settings=settings)
    return _report(
        exam,
        tuple(measures),
        _adjusted(comparisons),
        automation=automation,
        confusions=_confusions(answered),
    )


def _refuse_mismatch(
    examples: Sequence[Example],
    answers: Mapping[str, Sequence[Sequence[LabelScores]]],
    exam: Exam,
) -> None:
    if "candidate" not in answers:
        raise DataError(
            "no answers of the candidate to examine",
            why=f"there are answers of {', '.join(answers) or 'nobody'}",
            code="evaluation.no-candidate",
        )
    if len(answers["candidate"]) != len(exam.seeds):
        raise DataError(
            f"the candidate has {len(answers['candidate'])} lists of answers for "
            f"{len(exam.seeds)} seeds",
            code="evaluation.seeds",
        )
    for example in examples:
        if example.split != exam.split:
            raise DataError(
                f"item {example.item} is of split {example.split}, not {exam.split}",
                why="a model must not be examined on what it learned from",
                code="evaluation.split",
            )


def _compare(
    part: Part,
    accuracy: Mapping[str, Sampled],
    answered: Answered,
    *,
    settings: Resampling,
) -> Iterable[Comparison]:
    """Compare the candidate with every other model on one slice, p not yet adjusted."""
    right = {
        model: table[0][part.rows].argmax(axis=1) == answered.gold[part.rows]
        for model, table in answered.probabilities.items()
    }
    for other in accuracy:
        if other == "candidate":
            continue
        better, worse = count_wins(right["candidate"], right[other])
        difference = accuracy["candidate"].minus(accuracy[other])
        yield Comparison(
            other=other,
            slice=part.name,
            difference=estimate(difference, settings),
            better=better,
            worse=worse,
            p_value=mcnemar(better, worse),
            p_adjusted=None,
        )


def _adjusted(comparisons: Sequence[Comparison]) -> tuple[Comparison, ...]:
    """Correct for having looked at every slice and every rival of the report."""
    adjusted = holm([comparison.p_value for comparison in comparisons])
    return tuple(
        dataclasses.replace(comparison, p_adjusted=p)
        for comparison, p in zip(comparisons, adjusted, strict=True)
    )


def _confusions(answered: Answered) -> tuple[tuple[str, str, int], ...]:
    """Count the released model's wrong answers, the most frequent first."""
    given = answered.probabilities["candidate"][0].argmax(axis=1)
    wrong = np.flatnonzero(given != answered.gold)
    pairs = Counter(
        (answered.labels[answered.gold[row]], answered.labels[given[row]])
        for row in wrong
    )
    ordered = sorted(pairs.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple((gold, answer, count) for (gold, answer), count in ordered)


def _report(
    exam: Exam,
    measures: tuple[Measure, ...],
    comparisons: tuple[Comparison, ...],
    *,
    automation: AutomationShare | None,
    confusions: tuple[tuple[str, str, int], ...],
) -> EvalReport:
    """Write the report and name it by the digest of all its other fields."""
    own = next(
        measure.estimate
        for measure in measures
        if (measure.model, measure.metric, measure.slice)
        == ("candidate", "accuracy", "all")
    )
    report = EvalReport(
        id=Digest(""),
        task=exam.task,
        dataset=exam.dataset,
        checkpoint=exam.checkpoint,
        split=exam.split,
        look=exam.look,
        seeds=exam.seeds,
        headline=headline(own, comparisons, seeds=len(exam.seeds), look=exam.look),
        measures=measures,
        comparisons=comparisons,
        automation=automation,
        confusions=confusions,
    )
    fields = to_json(report)
    del fields["id"]
    return dataclasses.replace(report, id=digest_of(fields))
