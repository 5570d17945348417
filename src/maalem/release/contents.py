# SPDX-License-Identifier: Apache-2.0
"""What goes into a release, and what must agree before it may."""

from dataclasses import dataclass, field
from pathlib import Path

from maalem.errors import IntegrityError, SettingsError
from maalem.records import (
    Checkpoint,
    Dataset,
    Digest,
    EvalReport,
    TrainingRun,
    Verdict,
)
from maalem.tasks import parse_task
from maalem.tasks.lines import TomlFile


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskText:
    """The task as people read it.

    Attributes:
        title: What people call it.
        toml: The whole definition, as `write_task` gives it.
        version: Digest of the definition that the dataset was frozen under.
        guideline: The guideline, Markdown.
    """

    title: str
    toml: str
    version: Digest
    guideline: str


def is_as_frozen(toml: str, version: Digest) -> bool:
    """Tell whether a definition is the one that a dataset was frozen under.

    A definition that this version of Maalem cannot read counts as another one.
    """
    try:
        return parse_task(TomlFile(name="task.toml", text=toml)).version == version
    except SettingsError:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Teacher:
    """One annotator's part.

    Attributes:
        name: Pseudonym, never a person's name.
        answers: Answers given, at least 0.
        seconds: Time spent on them; none where it was not recorded.
    """

    name: str
    answers: int
    seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What is known about the value of the model; all of it may be unknown.

    Attributes:
        waiting: Items that have no answer yet and would be put to the model.
        seconds_per_item: Measured median time of one answer by a person.
        handling_before: Seconds a case took before the model, measured.
        handling_after: Seconds a case takes with it, measured.
    """

    waiting: int | None = None
    seconds_per_item: float | None = None
    handling_before: float | None = None
    handling_after: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleContents:
    """Everything that a release is made of.

    Attributes:
        number: 1 for a task's first release, then counting.
        task: The task as people read it.
        checkpoint: The model.
        checkpoint_folder: Where its files lie.
        dataset: What it learned from.
        dataset_folder: Where the dataset lies; its card and manifests are taken, its
            texts are not.
        exam: The report on the exam.
        origin: Name of the ledger that promises this release; its key signs.
        later: The report on the later exam that shows drift, if there is one.
        verdict: The gate's answer to `exam`.
        runs: The training runs, one a seed.
        teachers: Who answered; empty where nobody was recorded.
        worth: Value numbers.
        caveats: What a reader must keep in mind about the data, one sentence each.
        at: ISO 8601 time of the release, where known.
    """

    number: int
    task: TaskText
    checkpoint: Checkpoint
    checkpoint_folder: Path
    dataset: Dataset
    dataset_folder: Path
    exam: EvalReport
    verdict: Verdict
    origin: str
    later: EvalReport | None = None
    runs: tuple[TrainingRun, ...] = ()
    teachers: tuple[Teacher, ...] = ()
    worth: Worth = field(default_factory=Worth)
    caveats: tuple[str, ...] = ()
    at: str | None = None

    @property
    def reports(self) -> tuple[EvalReport, ...]:
        """The exam, and the later exam if there is one."""
        return (self.exam,) if self.later is None else (self.exam, self.later)


def refuse_mismatch(contents: BundleContents) -> None:
    """Refuse records that do not speak of one and the same model.

    What is released is what was examined, and it learned from the dataset named.

    Raises:
        SettingsError: The number is below 1.
        IntegrityError: Two records contradict each other.
    """
    if contents.number < 1:
        raise SettingsError(f"a release counts from 1, got {contents.number}")
    for what, one, other in links(contents):
        if one != other:
            raise IntegrityError(
                f"the records do not agree on {what}",
                why=f"{one} is not {other}",
                hint="examine the model that is to be released",
                code="release.mismatch",
            )


def links(contents: BundleContents) -> list[tuple[str, str, str]]:
    """Name what the records say about each other: what, the one, the other."""
    model, dataset = contents.checkpoint, contents.dataset
    pairs: list[tuple[str, str, str]] = [
        ("the report the gate judged", contents.verdict.report, contents.exam.id),
        ("the version of the task", contents.task.version, dataset.task_version),
        ("the task judged", contents.verdict.task, dataset.task),
    ]
    for report in contents.reports:
        pairs += [
            ("the model examined", report.checkpoint, model.id),
            ("the dataset examined", report.dataset, dataset.id),
        ]
    for run in contents.runs:
        pairs.append(("the dataset learned from", run.dataset, dataset.id))
    made = {run.checkpoint for run in contents.runs}
    if made and not made & {model.id, model.base}:
        pairs.append(("the run that made the model", min(made), model.id))
    return pairs
