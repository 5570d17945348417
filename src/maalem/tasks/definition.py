# SPDX-License-Identifier: Apache-2.0
"""What an expert is asked: a task, its labels, its guideline and its gate."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from maalem.corpus import matching_key
from maalem.errors import SettingsError
from maalem.records import Digest, digest_of, to_json

LANGUAGES = ("ar", "ary-Latn", "fr", "en")
RULES = ("better", "not-worse")
NAME_LENGTH = 200  # longer names do not fit a button, a file name or a table


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
        checks = (
            ("metric", bool(self.metric), "a name"),
            ("against", bool(self.against), "a name"),
            ("rule", self.rule in RULES, " or ".join(RULES)),
            ("margin", 0.0 <= self.margin < 1.0, "in [0, 1)"),
            ("level", 0.0 < self.level < 1.0, "in (0, 1)"),
            ("min_groups", self.min_groups >= 2, "at least 2"),
        )
        for name, holds, wanted in checks:
            if not holds:
                value = getattr(self, name)
                raise SettingsError(f"{name} must be {wanted}, got {value!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelDefinition:
    """One answer that may be given.

    Attributes:
        name: What stands in the data, at most 200 characters.
        description: When it applies, in words; zero-shot reads it too.
        examples: Inputs that it fits.
    """

    name: str
    description: str = ""
    examples: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        refuse_name(self.name, "a label")


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
    allow_label_in_text: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
    gate: Gate = field(default_factory=Gate)

    def __post_init__(self) -> None:
        refuse_name(self.name, "a task")
        _refuse_unlike(self.name)
        _refuse_labels(self.label_names)
        checks = (
            ("kind", self.kind == "classify", "classify"),
            ("languages", set(self.languages) <= set(LANGUAGES), f"of {LANGUAGES}"),
            ("group", self.group in ("near-duplicates", "column"), "near-duplicates"),
            ("guideline", bool(self.guideline.strip()), "written"),
            ("accepted_error", 0.0 < self.accepted_error < 1.0, "in (0, 1)"),
            ("delta", 0.0 < self.delta < 1.0, "in (0, 1)"),
        )
        for name, holds, wanted in checks:
            if not holds:
                value = getattr(self, name)
                raise SettingsError(f"{name} must be {wanted}, got {value!r}")
        for name in self.allow_label_in_text:
            if name not in self.label_names:
                raise SettingsError(f"allow_label_in_text names no label: {name!r}")

    @property
    def label_names(self) -> tuple[str, ...]:
        """The names of the labels, in order."""
        return tuple(label.name for label in self.labels)

    @property
    def version(self) -> Digest:
        """Digest of the definition's meaning; comments and layout do not count."""
        return digest_of(to_json(self))


def refuse_name(name: str, what: str) -> None:
    """Refuse a name that cannot be shown on one line as it is.

    Raises:
        SettingsError: It is empty, too long, or has control or invisible characters.
    """
    if not name.strip() or name != name.strip() or len(name) > NAME_LENGTH:
        raise SettingsError(
            f"{what} needs a name of 1 to {NAME_LENGTH} characters, got {name!r}",
            code="task.name",
        )
    hidden = [c for c in name if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl")]
    if hidden:
        raise SettingsError(
            f"the name {name!a} of {what} has a character that cannot be seen",
            why=f"U+{ord(hidden[0]):04X}",
            code="task.name",
        )


def _refuse_unlike(name: str) -> None:
    if not all(c.isalnum() or c in "-_." for c in name) or name.startswith("."):
        raise SettingsError(
            f"a task's name has letters, digits, '-', '_' and '.', got {name!r}",
            code="task.name",
        )


def _refuse_labels(names: Sequence[str]) -> None:
    if len(names) < 2:
        raise SettingsError(
            f"a task needs at least two labels, got {len(names)}", code="task.labels"
        )
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(matching_key(name), name)
        if other is not name:
            raise SettingsError(
                f"the labels {other!r} and {name!r} are too alike to tell apart",
                code="task.labels",
            )
