# SPDX-License-Identifier: Apache-2.0
"""How much of each class rests on the word of one expert."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from maalem.errors import DataError, SettingsError
from maalem.experts.votes import last_words
from maalem.records import Adjudication, Annotation, Digest, Gold

_NOBODY = ("column:", "import:")  # how the names of sources begin that name no expert


@dataclass(frozen=True, slots=True, kw_only=True)
class InfluenceCap:
    """How much of a class one expert may stand behind.

    Attributes:
        cap: Largest share of the settled items of a class, in (0, 1].
        least_items: Settled items of a class before it is judged, at least 1.
        least_experts: Experts of the task before any class is judged, at least 2; with
            fewer nobody else could have answered.
        enforce: Whether `freeze` refuses a class beyond the cap; else it tells it.
    """

    cap: float = 0.4
    least_items: int = 20
    least_experts: int = 3
    enforce: bool = False

    def __post_init__(self) -> None:
        checks = (
            ("cap", 0.0 < self.cap <= 1.0, "in (0, 1]"),
            ("least_items", self.least_items >= 1, "at least 1"),
            ("least_experts", self.least_experts >= 2, "at least 2"),
        )
        for name, holds, wanted in checks:
            if not holds:
                value = getattr(self, name)
                raise SettingsError(f"{name} must be {wanted}, got {value!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Influence:
    """What one expert stands behind of one class.

    Attributes:
        label: The class.
        annotator: Pseudonym.
        share: Share of the class that rests on their word, in [0, 1].
        items: Settled items of the class that rest on the word of an expert.
    """

    label: str
    annotator: str
    share: float
    items: int


def influences(
    golds: Iterable[Gold],
    annotations: Iterable[Annotation],
    *,
    adjudications: Iterable[Adjudication] = (),
    cap: InfluenceCap,
) -> tuple[Influence, ...]:
    """Name who stands behind more of a class than the cap lets one expert.

    Behind a settled item stand those whose own answer says its label, and who
    adjudicated it; each of them has an equal part of it, so that what three say
    together rests on each by a third. What rests on a column or a file alone is no
    expert's.

    Args:
        golds: The settled items, each with one label.
        annotations: All answers to the task.
        adjudications: All adjudications of it.
        cap: From where on it is too much.

    Returns:
        The greatest share first; empty where too few experts answered.
    """
    words = last_words(annotations)
    experts = {one.annotator for said in words.values() for one in said}
    experts = {one for one in experts if not one.startswith(_NOBODY)}
    if len(experts) < cap.least_experts:
        return ()
    judged = {one.item: one for one in adjudications}
    parts: dict[str, dict[str, float]] = {}
    items: dict[str, int] = {}
    for gold in golds:
        behind = [*_behind(gold, words, judged)]
        if gold.label and behind:
            items[gold.label] = items.get(gold.label, 0) + 1
            of_label = parts.setdefault(gold.label, {})
            for one in behind:
                of_label[one] = of_label.get(one, 0.0) + 1.0 / len(behind)
    found = [
        Influence(
            label=label, annotator=who, share=part / items[label], items=items[label]
        )
        for label, of_label in parts.items()
        if items[label] >= cap.least_items
        for who, part in of_label.items()
        if part / items[label] > cap.cap + 1e-9
    ]
    return tuple(sorted(found, key=lambda one: (-one.share, one.label, one.annotator)))


def told(found: Iterable[Influence], *, cap: InfluenceCap) -> tuple[str, ...]:
    """Say what was found, a sentence for each class; no expert is named."""
    return tuple(
        f"one expert stands behind {one.share:.0%} of the {one.items} settled items of "
        f"{one.label!r}, more than {cap.cap:.0%}"
        for one in found
    )


def refuse_influence(found: Iterable[Influence], *, cap: InfluenceCap) -> None:
    """Refuse a class beyond the cap, where the owner wants it to be refused.

    Raises:
        DataError: There is one; code `dataset.influence`.
    """
    sentences = told(found, cap=cap)
    if cap.enforce and sentences:
        raise DataError(
            sentences[0],
            why=f"{len(sentences)} such classes, and `enforce` is set",
            hint="let others answer items of that class, or set [influence] enforce",
            code="dataset.influence",
        )


def _behind(
    gold: Gold,
    words: Mapping[Digest, list[Annotation]],
    judged: Mapping[Digest, Adjudication],
) -> Iterator[str]:
    """Name the experts whose word a settled item rests on."""
    counted = {*gold.annotations}
    named = {
        one.annotator
        for one in words.get(gold.item, ())
        if one.id in counted and gold.label in one.labels
    }
    if gold.rule == "adjudicated" and gold.item in judged:
        named.add(judged[gold.item].adjudicator)
    yield from sorted(one for one in named if not one.startswith(_NOBODY))
