# SPDX-License-Identifier: Apache-2.0
"""What may be answered: the labels of a choice, and the criteria of a rating."""

from dataclasses import dataclass

from maalem.errors import SettingsError
from maalem.tasks.names import LANGUAGES, refuse_name, refuse_other


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelDefinition:
    """One answer that may be given.

    Attributes:
        name: What stands in the data, at most 200 characters.
        description: When it applies, in words; zero-shot reads it too.
        examples: Inputs that it fits.
        names: What it is called in other languages, as pairs of language and name; in
            the file a table, such as `names = { fr = "Moteur" }`.
        parent: Label of which it is a case; labels with cases are not answers
            themselves.
        critical: Whether a mistake about it costs so much that experts are measured on
            it by itself, and every answer is adjudicated.
    """

    name: str
    description: str = ""
    examples: tuple[str, ...] = ()
    names: tuple[tuple[str, str], ...] = ()
    parent: str | None = None
    critical: bool = False

    def __post_init__(self) -> None:
        refuse_name("name", self.name)
        refuse_names("names", self.names)

    @property
    def all_names(self) -> tuple[str, ...]:
        """Its name and what it is called in other languages."""
        return (self.name, *(name for _, name in self.names))

    def name_in(self, language: str) -> str:
        """Give what it is called in a language; its name where nobody said."""
        return dict(self.names).get(language, self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One question of a rubric, answered by a whole number.

    Attributes:
        name: What stands in the data, at most 200 characters.
        description: What the numbers mean, in words.
        names: What it is called in other languages, as pairs of language and name.
        lowest: The worst score, at least 0.
        highest: The best score, above the worst and at most 10.
    """

    name: str
    description: str = ""
    names: tuple[tuple[str, str], ...] = ()
    lowest: int = 1
    highest: int = 5

    def __post_init__(self) -> None:
        refuse_name("name", self.name)
        refuse_names("names", self.names)
        if not 0 <= self.lowest < self.highest <= 10:
            raise SettingsError(
                f"highest must be above lowest and at most 10, got {self.lowest} to "
                f"{self.highest}",
                code="task.value",
            )

    def name_in(self, language: str) -> str:
        """Give what it is called in a language; its name where nobody said."""
        return dict(self.names).get(language, self.name)


def refuse_names(key: str, names: tuple[tuple[str, str], ...]) -> None:
    """Refuse names in a language that is not ours, or that cannot be shown.

    Raises:
        SettingsError: There is one; code `task.name` or `task.value`.
    """
    for language, name in names:
        refuse_other(key, language, LANGUAGES)
        refuse_name(f"{key}.{language}", name)


def refuse_lost_parents(labels: tuple[LabelDefinition, ...]) -> None:
    """Refuse a parent that is no label, or a label that is its own ancestor.

    Raises:
        SettingsError: There is one; code `task.labels`.
    """
    parents = {label.name: label.parent for label in labels}
    for number, label in enumerate(labels, 1):
        seen, above = {label.name}, label.parent
        while above is not None:
            if above not in parents or above in seen:
                raise SettingsError(
                    f"labels.{number}.parent {label.parent!r} leads to no top label",
                    why=f"{above!r} is no label"
                    if above not in parents
                    else f"{above!r} is above itself",
                    code="task.labels",
                )
            seen.add(above)
            above = parents[above]
