# SPDX-License-Identifier: Apache-2.0
"""What was measured, what was decided on it, and what was released."""

from dataclasses import dataclass
from typing import ClassVar

from maalem.records.digests import Digest
from maalem.records.learning import FileEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelScores:
    """A classifier's answer to one text.

    Attributes:
        labels: All labels, in the task's order.
        probabilities: One per label, in [0, 1], summing to 1.
    """

    labels: tuple[str, ...]
    probabilities: tuple[float, ...]

    @property
    def probability(self) -> float:
        """The highest probability."""
        return max(self.probabilities)

    @property
    def label(self) -> str:
        """The label with the highest probability; the first of equals."""
        return self.labels[self.probabilities.index(self.probability)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A measured number with its interval, or the reason why there is none.

    Attributes:
        value: The point estimate; none where it cannot be had.
        low: Lower end of the interval; none where there are too few groups.
        high: Upper end.
        level: Confidence level of the interval, in (0, 1).
        count: Examples it rests on.
        groups: Independent groups among them.
        reason: Why value or interval is missing; empty when both are there.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    level: float = 0.95
    count: int = 0
    groups: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One metric of one model on one slice.

    Attributes:
        model: `candidate`, `majority`, `tfidf`, `zero-shot`, `nearest`, `incumbent`.
        metric: `accuracy`, `macro-f1`, `log-loss`, `calibration-error`.
        slice: `all`, `language=fr`, `class=Engine`, …
        estimate: The number.
    """

    model: str
    metric: str
    slice: str
    estimate: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The candidate against one other model, example by example.

    Attributes:
        other: Name of the other model.
        slice: Part of the exam it is about.
        difference: Candidate minus other, in accuracy.
        better: Examples that only the candidate has right.
        worse: Examples that only the other has right.
        p_value: Exact McNemar test, two-sided.
        p_adjusted: The same after Holm's correction over all slices of the report.
    """

    other: str
    slice: str
    difference: Estimate
    better: int
    worse: int
    p_value: float | None
    p_adjusted: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AutomationShare:
    """How much of the work the model may decide alone.

    Attributes:
        accepted_error: The error rate the owner accepts among automatic answers.
        delta: Chance that the guarantee does not hold, in (0, 1).
        threshold: Lowest probability answered without a person; none if no
            threshold can be guaranteed.
        bound: Upper confidence bound of the error at that threshold, on calibration.
        calibration_share: Share of the calibration split at or above the threshold.
        calibration_count: Size of the calibration split.
        exam_share: Share of the exam at or above the threshold.
        exam_error: Error among those.
        reason: Why there is no threshold; empty when there is one.
    """

    accepted_error: float
    delta: float
    threshold: float | None
    bound: float | None
    calibration_share: float
    calibration_count: int
    exam_share: Estimate
    exam_error: Estimate
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalReport:
    """What one exam showed.

    Attributes:
        id: Digest of all other fields.
        task: Name of the task.
        dataset: The dataset whose exam it was.
        checkpoint: The model examined.
        split: `exam` or `later`.
        look: How many looks at this exam there have been, this one included.
        seeds: Seeds of the models in the interval.
        headline: The first sentence a reader needs, such as that TF-IDF wins.
        measures: All measures.
        comparisons: All comparisons.
        automation: The automation guarantee, where a calibration split exists.
        confusions: Triples of gold label, answered label and count, off-diagonal.
    """

    kind: ClassVar[str] = "eval-report.v1"
    id: Digest
    task: str
    dataset: Digest
    checkpoint: Digest
    split: str
    look: int
    seeds: tuple[int, ...]
    headline: str
    measures: tuple[Measure, ...]
    comparisons: tuple[Comparison, ...]
    automation: AutomationShare | None
    confusions: tuple[tuple[str, str, int], ...] = ()

    @property
    def topic(self) -> str:
        """The task."""
        return self.task


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A gate's answer to one report; a refusal is a result.

    Attributes:
        id: Digest of all other fields.
        report: The report judged.
        task: Name of the task.
        gate: Metric, margin and level, as a sentence.
        against: The model compared with.
        outcome: `ship`, `don't ship` or `not enough evidence`.
        reason: Why, with the numbers.
        items_needed: Further judged items that would settle it; none if settled,
            or if no number would.
        hours_needed: Expert hours for those; none without measured seconds.
    """

    kind: ClassVar[str] = "verdict.v1"
    id: Digest
    report: Digest
    task: str
    gate: str
    against: str
    outcome: str
    reason: str
    items_needed: int | None = None
    hours_needed: float | None = None

    @property
    def topic(self) -> str:
        """The task."""
        return self.task


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A released model: a signed folder that anyone can verify.

    Attributes:
        id: Digest of the sorted file entries, signature and proof left out.
        task: Name of the task.
        number: 1 for a task's first release, then counting.
        checkpoint: The model in it.
        dataset: What it learned from.
        report: Its exam.
        verdict: The gate's answer.
        signer: Key identifier of the signature.
        files: The files that the signature covers.
    """

    kind: ClassVar[str] = "release.v1"
    id: Digest
    task: str
    number: int
    checkpoint: Digest
    dataset: Digest
    report: Digest
    verdict: Digest
    signer: str
    files: tuple[FileEntry, ...]

    @property
    def topic(self) -> str:
        """The task."""
        return self.task
