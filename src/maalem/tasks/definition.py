# SPDX-License-Identifier: Apache-2.0
"""What an expert is asked: a task, its labels, its guideline and its gate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from maalem.errors import SettingsError
from maalem.records import Digest, Json, digest_of, to_json
from maalem.tasks.asking import Asking
from maalem.tasks.labels import (
    Criterion,
    LabelDefinition,
    refuse_lost_parents,
    refuse_names,
)
from maalem.tasks.names import (
    LANGUAGES,
    refuse_alike,
    refuse_name,
    refuse_other,
    refuse_task_name,
)

RULES = ("better", "not-worse")
GROUPS = ("near-duplicates", "column")
ANSWERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "choose": ("classify",),
        "choose-several": ("classify",),
        "mark": ("search",),
        "rate": ("search", "generate"),
        "rank": ("search", "generate"),
        "compare": ("generate",),
        "correct": ("generate",),
        "write": ("generate",),
    }
)
"""What an expert does on a card, and the kinds of task that learn from it."""

_LATER: Mapping[str, object] = MappingProxyType(
    {
        "answer": "choose",
        "titles": [],
        "guidelines": [],
        "criteria": [],
        "question_field": None,
        "option_fields": [],
        "draft_field": None,
        "reasons": [],
        "parent": None,
        "critical": False,
    }
)
"""Keys younger than the first version, with what they say where nothing is said."""


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
class TaskDefinition:
    """One question that experts are asked about passages.

    Attributes:
        name: Short name, also the file's; letters, digits, `-`, `_` and `.`.
        title: What people call it.
        guideline: How to answer, Markdown, for people.
        labels: The answers that may be given, in the order in which they are shown.
        kind: Kind of question: `classify`, `search` or `generate`.
        answer: What an expert does on a card: `choose` a label, `choose-several`,
            `mark` the passage that answers, `rate` by criteria, `rank` options,
            `compare` two options, `correct` a draft, `write` an answer.
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
        titles: The title in other languages, as pairs of language and title.
        guidelines: The guideline in other languages, as pairs of language and text.
        criteria: What is rated, where the answer is `rate`.
        question_field: Column of the documents that holds the question of each item.
        option_fields: Columns that hold the options to compare or to rank.
        draft_field: Column that holds the answer to correct.
        reasons: Why one of two options is preferred, as experts may say by one key,
            at most 9; five common ones where none are given.
        gate: What a candidate must show.
        asking: How the cards are dealt; no part of the version.
    """

    name: str
    title: str
    guideline: str
    labels: tuple[LabelDefinition, ...]
    kind: str = "classify"
    answer: str = "choose"
    languages: tuple[str, ...] = ("en",)
    group: str = "near-duplicates"
    accepted_error: float = 0.05
    delta: float = 0.1
    seconds_per_item: float | None = None
    hourly_cost: float | None = None
    allow_label_in_text: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
    titles: tuple[tuple[str, str], ...] = ()
    guidelines: tuple[tuple[str, str], ...] = ()
    criteria: tuple[Criterion, ...] = ()
    question_field: str | None = None
    option_fields: tuple[str, ...] = ()
    draft_field: str | None = None
    reasons: tuple[str, ...] = ()
    gate: Gate = field(default_factory=Gate)
    asking: Asking = field(default_factory=Asking)

    def __post_init__(self) -> None:
        refuse_task_name(self.name)
        refuse_name("title", self.title)
        refuse_names("titles", self.titles)
        refuse_other("answer", self.answer, tuple(ANSWERS))
        refuse_other("kind", self.kind, ANSWERS[self.answer])
        if self.is_choice:
            refuse_alike([label.all_names for label in self.labels])
            refuse_lost_parents(self.labels)
        refuse_other("group", self.group, GROUPS)
        for number, language in enumerate(self.languages, 1):
            refuse_other(f"languages.{number}", language, LANGUAGES)
        for number, reason in enumerate(self.reasons, 1):
            refuse_name(f"reasons.{number}", reason)
        for number, name in enumerate(self.allow_label_in_text, 1):
            refuse_other(f"allow_label_in_text.{number}", name, self.label_names)
        seconds, cost = self.seconds_per_item, self.hourly_cost
        checks = (
            ("languages", bool(self.languages), "one or more"),
            ("guideline", bool(self.guideline.strip()), "written"),
            ("criteria", bool(self.criteria) == (self.answer == "rate"), _RATED),
            ("option_fields", self._has_options(), "two for compare, more for rank"),
            ("draft_field", self.answer != "correct" or bool(self.draft_field), "set"),
            ("reasons", self._has_reasons(), "at most 9, for compare alone"),
            ("accepted_error", 0.0 < self.accepted_error < 1.0, "in (0, 1)"),
            ("delta", 0.0 < self.delta < 1.0, "in (0, 1)"),
            ("seconds_per_item", seconds is None or seconds > 0, "above 0"),
            ("hourly_cost", cost is None or cost > 0, "above 0"),
        )
        _refuse_outside(self, checks)

    def _has_options(self) -> bool:
        count = len(self.option_fields)
        return {"compare": count == 2, "rank": count > 2}.get(self.answer, count == 0)

    def _has_reasons(self) -> bool:
        most = 9 if self.answer == "compare" else 0  # the digits of a keyboard
        return len(self.reasons) <= most

    @property
    def is_choice(self) -> bool:
        """Whether the answer is one of the labels, or several."""
        return self.answer in ("choose", "choose-several")

    @property
    def label_names(self) -> tuple[str, ...]:
        """The names of the labels that may be answered, in order."""
        above = {label.parent for label in self.labels}
        return tuple(one.name for one in self.labels if one.name not in above)

    def title_in(self, language: str) -> str:
        """Give the title in a language; its own where nobody translated it."""
        return dict(self.titles).get(language, self.title)

    def guideline_in(self, language: str) -> str:
        """Give the guideline in a language; its own where nobody translated it."""
        return dict(self.guidelines).get(language, self.guideline)

    @property
    def version(self) -> Digest:
        """Digest of the definition's meaning; comments and layout do not count.

        The order of the labels counts, since they are shown in it. What is not said
        does not count, so that a new optional key leaves old versions as they are, nor
        does how cards are dealt.
        """
        said = _said(to_json(self))
        said["labels"] = [_said(to_json(label)) for label in self.labels]
        del said["asking"]
        return digest_of({"schema": "maalem.task/1", **said})


_RATED = "given for rate, and for rate alone"


def _said(values: Mapping[str, Json]) -> dict[str, Json]:
    """Leave out what says nothing: none, and later keys at their default."""
    return {
        key: value
        for key, value in values.items()
        if value is not None and not (key in _LATER and value == _LATER[key])
    }


def _refuse_outside(settings: object, checks: Sequence[tuple[str, bool, str]]) -> None:
    """Refuse the first value that does not hold."""
    for name, holds, wanted in checks:
        if not holds:
            value = getattr(settings, name)
            raise SettingsError(
                f"{name} must be {wanted}, got {value!r}", code="task.value"
            )
