# SPDX-License-Identifier: Apache-2.0
"""Who and what stands behind a dataset, as a release says it: from records alone."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from maalem.app.steps.rows import versions_of
from maalem.app.workspace import Workspace
from maalem.dataset.lineage import Contribution, Lineage, lineage_of
from maalem.records import (
    Annotation,
    Dataset,
    Digest,
    Document,
    EvalReport,
    Example,
    Passage,
    Qualification,
    TrainingRun,
    Verdict,
)
from maalem.release.contents import GuidelineUsed, Origins, Teacher
from maalem.store.places import places_of


class Behind:
    """What stands behind the examples of a dataset; read once.

    Attributes:
        answers: The answers behind them, by name.
        lineage: Who gave them, from which documents, under which guideline.
    """

    def __init__(
        self, work: Workspace, dataset: Dataset, examples: Sequence[Example]
    ) -> None:
        """Read it.

        Args:
            work: The opened project.
            dataset: A frozen dataset.
            examples: All of its examples.
        """
        self._work = work
        self._dataset = dataset
        self._examples = examples
        names = {name for one in examples for name in one.annotations}
        asked = {one.passage for one in examples}
        store = work.store
        given = store.find(Annotation, dataset.task)
        self.answers = {one.id: one for one in given if one.id in names}
        passages = (one for one in store.find(Passage) if one.id in asked)
        cut_from = {one.id: one.document for one in passages}
        self.lineage: Lineage = lineage_of(examples, self.answers, cut_from)

    def teachers(self) -> tuple[Teacher, ...]:
        """Give each annotator's part, and what they showed on gold cards."""
        trials = _last_trials(self._work.store.find(Qualification, self._dataset.task))
        return tuple(
            _teacher(one, trials.get(one.annotator, ()))
            for one in self.lineage.contributions
        )

    def origins(self, evidence: tuple[TrainingRun, EvalReport, Verdict]) -> Origins:
        """Give the documents, guidelines and ledger entries behind the examples.

        Args:
            evidence: The run that made the model, the report on it and the verdict.
        """
        documents = dict(self.lineage.documents)
        sources: Counter[str] = Counter()
        dates: list[str] = []
        for name in documents:
            one = self._work.store.get(Document, name)
            sources[one.source] += 1
            if one.date is not None:
                dates.append(one.date)
        formats: Counter[str] = Counter()
        for source, count in sources.items():
            formats[PurePosixPath(source).suffix.lower()] += count
        return Origins(
            documents=len(documents),
            formats=tuple(formats.most_common()),
            files=len(sources),
            dated=(min(dates), max(dates)) if dates else None,
            undated=len(documents) - len(dates),
            unplaced=self.lineage.unplaced,
            rules=tuple(Counter(one.rule for one in self._examples).most_common()),
            guidelines=self._guidelines(),
            entries=self._entries(documents, evidence),
        )

    def _guidelines(self) -> tuple[GuidelineUsed, ...]:
        known = versions_of(self._work, self._dataset.task)
        found = []
        for version, count in self.lineage.guidelines:
            placed = known.get(version) if version else None
            found.append(
                GuidelineUsed(
                    version=version,
                    number=placed.record.number if placed else None,
                    answers=count,
                    entry=placed.entry if placed else None,
                )
            )
        return tuple(found)

    def _entries(
        self,
        documents: Iterable[Digest],
        evidence: tuple[TrainingRun, EvalReport, Verdict],
    ) -> tuple[tuple[str, int], ...]:
        run, report, verdict = evidence
        store = self._work.store
        written = (
            ("documents", places_of(store, Document, documents)),
            ("answers", places_of(store, Annotation, self.answers)),
            ("dataset", places_of(store, Dataset, (self._dataset.id,))),
            ("training", places_of(store, TrainingRun, (run.id,))),
            ("exam", places_of(store, EvalReport, (report.id,))),
            ("verdict", places_of(store, Verdict, (verdict.id,))),
        )
        return tuple((what, max(places.values())) for what, places in written if places)


def _last_trials(
    given: Iterable[Qualification],
) -> Mapping[str, Sequence[Qualification]]:
    """Give the last trial of each annotator in each language; later ones come later."""
    last = {(one.annotator, one.language): one for one in given}
    found: defaultdict[str, list[Qualification]] = defaultdict(list)
    for one in last.values():
        found[one.annotator].append(one)
    return found


def _teacher(one: Contribution, trials: Sequence[Qualification]) -> Teacher:
    return Teacher(
        name=one.annotator,
        answers=one.answers,
        seconds=one.seconds,
        agreeing=one.agreeing,
        alone=one.alone,
        gold=(
            (sum(trial.right for trial in trials), sum(trial.cards for trial in trials))
            if trials
            else None
        ),
        is_qualified=all(trial.passed for trial in trials) if trials else None,
    )
