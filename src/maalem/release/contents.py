# SPDX-License-Identifier: Apache-2.0
"""What goes into a release."""

from dataclasses import dataclass, field
from pathlib import Path

from maalem.corpus.privacy import PersonalData
from maalem.errors import SettingsError
from maalem.experts.agreement import Agreement
from maalem.records import (
    Checkpoint,
    Dataset,
    Digest,
    EvalReport,
    Json,
    TrainingRun,
    Verdict,
)
from maalem.release.probes import ProbeSet
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
        titles: The title in other languages, as pairs of language and title.
    """

    title: str
    toml: str
    version: Digest
    guideline: str
    titles: tuple[tuple[str, str], ...] = ()

    def title_in(self, language: str) -> str:
        """Give the title in a language; its own where nobody translated it."""
        return dict(self.titles).get(language, self.title)


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
    """One annotator's part in the examples of the dataset.

    Attributes:
        name: Pseudonym, never a person's name.
        answers: Answers given that stand behind an example of the dataset, at least 0.
        seconds: Time spent on them; none where it was not recorded.
        agreeing: Answers among them that say the settled label; none where unknown.
        alone: Examples that rest on no answer but theirs; none where unknown.
        gold: Right answers and cards of their last trial on gold cards, all languages
            together; none where they had none.
        is_qualified: Whether they passed it; none where they had none.
    """

    name: str
    answers: int
    seconds: float | None = None
    agreeing: int | None = None
    alone: int | None = None
    gold: tuple[int, int] | None = None
    is_qualified: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GuidelineUsed:
    """A version of the guideline, as far as answers behind the dataset name it.

    Attributes:
        version: Digest of the definition; none for answers that name none.
        number: 1 for the first version, then counting; none where it is not recorded.
        answers: Answers given under it, at least 1.
        entry: Index of the ledger's entry that brought it, where it is recorded.
    """

    version: Digest | None
    number: int | None
    answers: int
    entry: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Origins:
    """What stands behind the dataset's examples, as the project's records say.

    Attributes:
        documents: Documents that examples were asked about.
        formats: Pairs of a file name's ending and documents, most first.
        files: Files that these documents were read from.
        dated: First and last date of the documents; none where none has a date.
        undated: Documents without a date.
        unplaced: Examples whose document is not known.
        rules: Pairs of how an example was settled and examples, most first.
        guidelines: The versions that answers were given under.
        entries: Pairs of `documents`, `answers`, `dataset`, `training`, `exam` or
            `verdict`, and the index of the ledger's last entry that wrote one.
    """

    documents: int
    formats: tuple[tuple[str, int], ...]
    files: int
    dated: tuple[str, str] | None
    undated: int
    unplaced: int
    rules: tuple[tuple[str, int], ...]
    guidelines: tuple[GuidelineUsed, ...]
    entries: tuple[tuple[str, int], ...]


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
class Approval:
    """How many people stand behind a release, with the ledger's proofs of it.

    Attributes:
        people: How many the project asks for, at least 1.
        taught: Proof of the entry that the model was taught with; empty without one.
        proposed: Proof of the entry that proposed the release; empty without one.
        approved: Proof of each approval.
        proposer: Pseudonym of who proposed it, as the page tells it.
        approvers: Pseudonyms of who approved it, as the page tells them.
    """

    people: int
    taught: str = ""
    proposed: str = ""
    approved: tuple[str, ...] = ()
    proposer: str = ""
    approvers: tuple[str, ...] = ()

    @property
    def json(self) -> Json:
        """The approval as it stands in a release."""
        return {
            "people": self.people,
            "taught": self.taught,
            "proposed": self.proposed,
            "approved": list(self.approved),
            "proposer": self.proposer,
            "approvers": list(self.approvers),
        }


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
        runs: The training runs, one a seed; the first made the model.
        teachers: Who gave the answers behind the dataset's examples; empty where
            nobody was recorded.
        origins: What stands behind those examples; none where it was not looked up.
        agreement: How far those agree who answered the same items, disputed ones too;
            none where no item has two answers.
        worth: Value numbers.
        caveats: What a reader must keep in mind about the data, one sentence each.
        probes: What the model answered when it was released; none if nobody asked it.
        at: ISO 8601 time of the release, where known.
        personal: Personal data in the dataset's texts; none where it is not recorded.
        base: What the model was made from, where its record is known.
        taught_at: ISO 8601 time at which the ledger took in the run that made the
            model, where known.
        approval: How many people stand behind it; none where nobody recorded that.
        keys: The ledger's file of keys, where it had several; else empty.
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
    origins: Origins | None = None
    agreement: Agreement | None = None
    worth: Worth = field(default_factory=Worth)
    caveats: tuple[str, ...] = ()
    probes: ProbeSet | None = None
    at: str | None = None
    personal: PersonalData | None = None
    base: Checkpoint | None = None
    taught_at: str | None = None
    approval: Approval | None = None
    keys: str = ""

    @property
    def reports(self) -> tuple[EvalReport, ...]:
        """The exam, and the later exam if there is one."""
        return (self.exam,) if self.later is None else (self.exam, self.later)
