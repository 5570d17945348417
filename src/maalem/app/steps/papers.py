# SPDX-License-Identifier: Apache-2.0
"""One exam with everybody's answers, which may be read with any of them in front."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from maalem.app.screen import Tell
from maalem.app.steps.sittings import Sitting
from maalem.app.workspace import Workspace
from maalem.evaluation import Exam as ExamSheet
from maalem.evaluation import examine
from maalem.models import Predictor
from maalem.records import AutomationShare, EvalReport, Example, LabelScores

Models = dict[str, list[Predictor[LabelScores]]]
"""Per name one predictor a seed; the candidate's first is the one to release."""
Answers = dict[str, list[Sequence[LabelScores]]]
"""Per name one list of answers a seed."""
FRONT = "candidate"
"""What an exam calls the model that it is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One exam with everybody's answers.

    Attributes:
        split: `exam` or `later`.
        examples: What was asked.
        answers: What each model answered.
        labels_only: Models that gave labels without probabilities.
    """

    split: str
    examples: Sequence[Example]
    answers: Answers
    labels_only: frozenset[str] = frozenset()

    def seen_from(self, name: str, *, own: str) -> "Paper":
        """Put another model in front.

        Args:
            name: The model.
            own: What the one that stood there is called now.
        """
        answers = {FRONT: self.answers[name], own: self.answers[FRONT]}
        rest = {k: v for k, v in self.answers.items() if k not in (name, FRONT)}
        hard = frozenset(FRONT if one == name else one for one in self.labels_only)
        return dataclasses.replace(self, answers=answers | rest, labels_only=hard)


def paper_of(
    examples: Sequence[Example],
    models: Models,
    *,
    split: str,
    sittings: Mapping[str, Sitting],
    tell: Tell,
) -> Paper:
    """Put one exam to every model.

    Args:
        examples: The exam.
        models: Who answers now.
        split: Name of the exam.
        sittings: Who has answered already.
        tell: Called as the models answer.
    """
    answers: Answers = {}
    texts = [example.text for example in examples]
    for number, (name, predictors) in enumerate(models.items()):
        tell(f"{split}: models answer", number, len(models))
        answers[name] = [one.predict(texts) for one in predictors]
    tell(f"{split}: models answer", len(models), len(models))
    return Paper(
        split=split,
        examples=examples,
        answers=answers | {name: [one.answers] for name, one in sittings.items()},
        labels_only=frozenset(n for n, one in sittings.items() if one.is_certain),
    )


def report_on(
    work: Workspace,
    paper: Paper,
    *,
    sheet: ExamSheet,
    automation: AutomationShare | None = None,
) -> EvalReport:
    """Measure the model in front beside all others."""
    return examine(
        paper.examples,
        paper.answers,
        exam=dataclasses.replace(sheet, labels_only=paper.labels_only),
        resampling=work.project.exam,
        automation=automation,
    )
