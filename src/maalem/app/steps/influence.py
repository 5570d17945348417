# SPDX-License-Identifier: Apache-2.0
"""What one annotator's answers changed: the quick gear taught with and without them.

It is judged on the calibration part of the frozen dataset, never on the exam, and only
on rows whose label stands without the annotator: on the others they would be measured
by themselves.
"""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from maalem.app.screen import Tell, silent
from maalem.app.steps.runs import base_of, dataset_folder
from maalem.app.workspace import Workspace
from maalem.dataset import read_split
from maalem.dataset.lineage import Contribution, lineage_of
from maalem.dataset.removal import Removal, without
from maalem.errors import DataError
from maalem.evaluation.influence import Shift, shifts
from maalem.models.encoder import open_encoder
from maalem.models.live_encoder import KeptVectors
from maalem.models.quick import QuickGear, strength_for
from maalem.records import (
    Adjudication,
    Annotation,
    Dataset,
    Digest,
    Example,
)

MOST = 20
"""Annotators whose influence an exam looks at: those with the most answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Influence:
    """What the answers of one annotator changed.

    Attributes:
        annotator: Pseudonym, or the file that the answers came from.
        task: Name of the task.
        dataset: The frozen dataset.
        encoder: What made the vectors of the quick gear.
        answers: Their answers behind the dataset's teaching part.
        seconds: Time spent on those; none unless every answer was timed.
        teaching: Rows taught with them.
        touched: Rows among these that their answers stand behind.
        changed: Rows that get another label without them.
        dropped: Rows that nobody else decides.
        calibration: Rows of the calibration part.
        judged: Rows of it whose label stands without them.
        shifts: Accuracy with them minus without, in all and by class.
        reason: Why there are no shifts; empty where there are.
    """

    annotator: str
    task: str
    dataset: Digest
    encoder: str
    answers: int
    seconds: float | None
    teaching: int
    touched: int
    changed: int
    dropped: int
    calibration: int
    judged: int
    shifts: tuple[Shift, ...]
    reason: str = ""


class Retrial:
    """A frozen dataset, taught again and again without somebody."""

    def __init__(self, work: Workspace, dataset: Dataset) -> None:
        folder = dataset_folder(work, dataset)
        self._work, self._dataset = work, dataset
        self._teaching = read_split(folder, "teaching")
        self._calibration = read_split(folder, "calibration")
        rows = (*self._teaching, *self._calibration)
        behind = {name for row in rows for name in row.annotations}
        self._annotations = {
            one.id: one
            for one in work.store.find(Annotation, dataset.task)
            if one.id in behind
        }
        self._adjudications = tuple(work.store.find(Adjudication, dataset.task))
        task = work.task(dataset.task)
        self._critical = [label.name for label in task.labels if label.critical]
        self._vectors: KeptVectors | None = None
        self._taught: QuickGear | None = None

    def contributions(self) -> tuple[Contribution, ...]:
        """Tell who taught, who gave most first."""
        return lineage_of(self._teaching, self._annotations, {}).contributions

    def of(self, who: Contribution, *, families: int = 1) -> Influence:
        """Teach without somebody and compare.

        Args:
            who: What they gave to the teaching part.
            families: How many annotators are looked at together.
        """
        taught = self._without(who.annotator, self._teaching)
        judged = self._without(who.annotator, self._calibration)
        asked = [row for row in self._calibration if row.item in judged.standing]
        left = {row.label for row in taught.rows}
        reasons = (
            (len(left) < 2, "without them fewer than two labels are taught"),
            (not asked, "no row of the calibration part stands without them"),
        )
        reason = next((why for holds, why in reasons if holds), "")
        return Influence(
            annotator=who.annotator,
            task=self._dataset.task,
            dataset=self._dataset.id,
            encoder="" if reason else self._encoder().name,
            answers=who.answers,
            seconds=who.seconds,
            teaching=len(self._teaching),
            touched=taught.touched,
            changed=len(taught.changed),
            dropped=len(taught.dropped),
            calibration=len(self._calibration),
            judged=len(asked),
            shifts=() if reason else self._shifts(taught.rows, asked, families),
            reason=reason,
        )

    def _without(self, who: str, rows: Sequence[Example]) -> Removal:
        return without(
            who,
            rows,
            annotations=self._annotations,
            adjudications=self._adjudications,
            critical=self._critical,
        )

    def _shifts(
        self, left: Sequence[Example], asked: Sequence[Example], families: int
    ) -> tuple[Shift, ...]:
        texts = [row.text for row in asked]
        if self._taught is None:
            self._taught = self._fitted(self._teaching)
        return shifts(
            asked,
            self._taught.predict(texts),
            self._fitted(left).predict(texts),
            resampling=self._work.project.exam,
            families=families,
        )

    def _fitted(self, rows: Sequence[Example]) -> QuickGear:
        """Fit the gear; its strength is that of the whole teaching part."""
        gear = QuickGear(
            self._encoder(),
            self._dataset.labels,
            strength=strength_for(len(self._teaching)),
        )
        gear.learn([row.text for row in rows], [row.label for row in rows])
        gear.refit()
        return gear

    def _encoder(self) -> KeptVectors:
        if self._vectors is None:
            base, folder, _ = base_of(self._work, self._dataset)
            tokens = self._work.project.recipe.max_tokens
            encoder = open_encoder(folder, max_tokens=tokens)
            self._vectors = KeptVectors(encoder, name=base.name)
        return self._vectors


def influence(work: Workspace, dataset: Dataset, annotator: str) -> Influence:
    """Tell what one annotator's answers changed.

    Raises:
        DataError: They stand behind no row of the dataset's teaching part.
        MissingPartError: The package that carries the base model is not installed.
    """
    retrial = Retrial(work, dataset)
    everybody = {one.annotator: one for one in retrial.contributions()}
    if annotator not in everybody:
        near = difflib.get_close_matches(annotator, everybody, n=1)
        raise DataError(
            f"{annotator!r} taught no row of the dataset {dataset.id[7:19]}",
            why=f"who taught it: {', '.join(everybody) or 'nobody'}",
            hint=f"did you mean {near[0]!r}?" if near else "",
            code="trace.unknown-expert",
        )
    return retrial.of(everybody[annotator])


def influences(
    work: Workspace, dataset: Dataset, *, tell: Tell = silent
) -> tuple[Influence, ...]:
    """Tell what the answers of each of several annotators changed.

    With one annotator nothing is left to teach; such a dataset has no influences.
    """
    retrial = Retrial(work, dataset)
    several = retrial.contributions()[:MOST]
    if len(several) < 2:
        return ()
    found = []
    for number, who in enumerate(several):
        tell("without each annotator", number, len(several))
        found.append(retrial.of(who, families=len(several)))
    tell("without each annotator", len(several), len(several))
    return tuple(found)


def warnings(several: Sequence[Influence]) -> tuple[str, ...]:
    """Say whose answers move a class beyond its interval, a clause each."""
    return tuple(
        _warning(one, shift)
        for one in several
        for shift in one.shifts
        if shift.label is not None and shift.is_settled
    )


def _warning(one: Influence, shift: Shift) -> str:
    known = shift.difference
    ends = sorted(abs(100 * (end or 0.0)) for end in (known.low, known.high))
    is_harm = (known.value or 0.0) < 0.0
    more = "more" if is_harm else "less"
    advice = (
        "look at their answers before releasing"
        if is_harm
        else "this class rests on one annotator"
    )
    return (
        f"without {one.annotator} the quick gear would be right in "
        f"{abs(100 * (known.value or 0.0)):.1f} points {more} of {shift.label!r} "
        f"({ends[0]:.1f} to {ends[1]:.1f}); {advice}"
    )
