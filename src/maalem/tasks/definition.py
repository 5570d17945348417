# SPDX-License-Identifier: Apache-2.0
"""What an expert is asked: a task, its labels, its guideline and its gate."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from maalem.errors import SettingsError
from maalem.records import Digest, digest_of, to_json
from maalem.tasks.names import (
    LANGUAGES,
    refuse_alike,
    refuse_name,
    refuse_other,
    refuse_task_name,
)

RULES = ("better", "not-worse")
GROUPS = ("near-duplicates", "column")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What a candidate must show before it may be released.

    Attributes:
        metric: What is compared, example by example: `accuracy`.
        against: The model compared with: `best` (the best of the baselines and the
            model in force), or a name: `majority`, `tfidf`, `zero-shot`, `nearest`,
            `incumbent`.
        rule: `better`: the whole interval of the difference lies above `margin`;
            `not-worse`: it lies above minus `margin`.
        margin: In the metric's unit, at least 0 and below 1.
        level: Confidence level of the interval, in (0, 1).
        min_groups: Fewest independent groups that may decide, at least 2.
    """

    metric: str = "accuracy"
    against: str = "best"
    rule: str = "not-worse"
    margin: float = 0.01
    level: float = 0.95
    min_groups: int = 20

    def __post_init__(self) -> None:
        refuse_other("rule", self.rule, RULES)
        checks = (
            ("metric", bool(self.metric), "a name"),
            ("against", bool(self.against), "a name"),
            ("margin", 0.0 <= self.margin < 1.0, "in [0, 1)"),
            ("level", 0.0 < self.level < 1.0, "in (0, 1)"),
            ("min_groups", self.min_groups >= 2, "at least 2"),
        )
        _refuse_outside(self, checks)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelDefinition:
    """One answer that may be given.

    Attributes:
        name: What stands in the data, at most 200 characters.
        description: When it applies, in words; zero-shot reads it too.
        examples: Inputs that it fits.
        names: What it is called in other languages, as pairs of language and name; in
            the file a table, such as `names = { fr = "Moteur" }`.
    """

    name: str
    description: str = ""
    examples: tuple[str, ...] = ()
    names: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        refuse_name("name", self.name)
        for language, name in self.names:
            refuse_other("names", language, LANGUAGES)
            refuse_name(f"names.{language}", name)

    @property
    def all_names(self) -> tuple[str, ...]:
        """Its name and what it is called in other languages."""
        return (self.name, *(name for _, name in self.names))


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDefinition:
    """One question that experts are asked about passages.

    Attributes:
        name: Short name, also the file's; letters, digits, `-`, `_` and `.`.
        title: What people call it.
        guideline: How to answer, Markdown, for people.
        labels: The answers that may be given, in the order in which they are shown.
        kind: Kind of question: `classify`.
        languages: Languages of the inputs: `ar`, `ary-Latn`, `fr`, `en`.
        group: What must not stand on both sides of a split: `near-duplicates`, or
            `column` for the mapped group column of the documents.
        accepted_error: Error rate accepted among answers without a person, in (0, 1).
        delta: Chance that the guarantee does not hold, in (0, 1).
        seconds_per_item: Expert seconds per judged item to assume where none were
            measured, above 0.
        hourly_cost: What an expert hour costs, in the owner's currency, above 0.
        allow_label_in_text: Labels whose name may stand in the text of an input.
        caveats: What a reader of the results must keep in mind, a sentence each.
        gate: What a candidate must show.
    """

    name: str
    title: str
    guideline: str
    labels: tuple[LabelDefinition, ...]
    kind: str = "classify"
    languages: tuple[str, ...] = ("en",)
    group: str = "near-duplicates"
    accepted_error: float = 0.05
    delta: float = 0.1
    seconds_per_item: float | None = None
    hourly_cost: float | None = None
    allow_label_in_text: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
    gate: Gate = field(default_factory=Gate)

    def __post_init__(self) -> None:
        refuse_task_name(self.name)
        refuse_name("title", self.title)
        refuse_alike([label.all_names for label in self.labels])
        refuse_other("kind", self.kind, ("classify",))
        refuse_other("group", self.group, GROUPS)
        for number, language in enumerate(self.languages, 1):
            refuse_other(f"languages.{number}", language, LANGUAGES)
        for number, name in enumerate(self.allow_label_in_text, 1):
            refuse_other(f"allow_label_in_text.{number}", name, self.label_names)
        seconds, cost = self.seconds_per_item, self.hourly_cost
        checks = (
            ("languages", bool(self.languages), "one or more"),
            ("guideline", bool(self.guideline.strip()), "written"),
            ("accepted_error", 0.0 < self.accepted_error < 1.0, "in (0, 1)"),
            ("delta", 0.0 < self.delta < 1.0, "in (0, 1)"),
            ("seconds_per_item", seconds is None or seconds > 0, "above 0"),
            ("hourly_cost", cost is None or cost > 0, "above 0"),
        )
        _refuse_outside(self, checks)

    @property
    def label_names(self) -> tuple[str, ...]:
        """The names of the labels, in order."""
        return tuple(label.name for label in self.labels)

    @property
    def version(self) -> Digest:
        """Digest of the definition's meaning; comments and layout do not count.

        The order of the labels counts, since they are shown in it. What is not said
        does not count, so that a new optional key leaves old versions as they are.
        """
        said = {key: value for key, value in to_json(self).items() if value is not None}
        return digest_of({"schema": "maalem.task/1", **said})


def _refuse_outside(settings: object, checks: Sequence[tuple[str, bool, str]]) -> None:
    """Refuse the first value that does not hold."""
    for name, holds, wanted in checks:
        if not holds:
            value = getattr(settings, name)
            raise SettingsError(
                f"{name} must be {wanted}, got {value!r}", code="task.value"
            )
