# SPDX-License-Identifier: Apache-2.0
"""Labels that experts mix up so often that the guideline, not they, must be mended."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TypeAlias

from maalem.errors import SettingsError
from maalem.experts.chances import at_least
from maalem.experts.votes import last_answers
from maalem.records import Annotation, Digest

Pair: TypeAlias = tuple[str, str]
"""Two labels, in order of their names."""

Said: TypeAlias = Mapping[Digest, Mapping[str, str]]
"""The label that each annotator gave to each item."""

Choices: TypeAlias = Mapping[Digest, tuple[str, ...]]
"""The different labels of items with two answers or more, sorted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """From where on two labels are called confused.

    Attributes:
        cases: Fewest items on which they are, at least 1.
        share: Share of the items of these labels that may be confused anyway, in
            (0, 1); where other pairs of labels are confused more often, their share
            counts.
        chance: Chance of proposing anything where nothing but noise is, over all
            pairs and languages, in (0, 1).
    """

    cases: int = 5
    share: float = 0.05
    chance: float = 0.01

    def __post_init__(self) -> None:
        checks = (
            ("cases", self.cases >= 1, "at least 1"),
            ("share", 0.0 < self.share < 1.0, "in (0, 1)"),
            ("chance", 0.0 < self.chance < 1.0, "in (0, 1)"),
        )
        for name, holds, wanted in checks:
            if not holds:
                value = getattr(self, name)
                raise SettingsError(f"{name} must be {wanted}, got {value!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class GuidelineProposal:
    """Two labels whose difference the guideline does not make clear.

    Attributes:
        labels: The two, in order of their names.
        language: Language in which they are confused; none where it is all of them.
        cases: Items that were given both, in order of their first answer.
        items: Items of these labels that have two answers or more.
        share: Cases among them.
        expected: Share held against it.
        answers_share: Part of all answers that say one of the two.
        by_language: Triples of language, cases and items.
        sentence: What is proposed, for a person.
    """

    labels: Pair
    language: str | None
    cases: tuple[Digest, ...]
    items: int
    share: float
    expected: float
    answers_share: float
    by_language: tuple[tuple[str, int, int], ...]
    sentence: str


def propose_changes(
    annotations: Iterable[Annotation],
    *,
    languages: Mapping[Digest, str],
    doubt: Doubt | None = None,
) -> tuple[GuidelineProposal, ...]:
    """Propose where the guideline must tell two labels apart better.

    An item is a case of a pair of labels when it was given both. Careless answers
    spread over all pairs; a gap in the guideline makes one pair stand out. So the cases
    of a pair are held against the share of cases among all other pairs, in all items
    and in each language by itself. A pair that stands out in all items is proposed
    once, with its languages beside it.

    Args:
        annotations: Answers in the order in which they were entered, of one task. Of
            each annotator the last answer to an item counts, if it names one label.
        languages: Language of each item.
        doubt: From where on; the usual where none is given.

    Returns:
        The pair with the most cases first.

    Source:
        Exact binomial tail at the rate of the other pairs, divided among all that is
        looked at (Bonferroni), so that noise proposes nothing; with two labels there is
        no other pair, and `Doubt.share` alone is held against it.
    """
    doubt = doubt or Doubt()
    said: dict[Digest, dict[str, str]] = {}
    for one in last_answers(annotations):
        if len(one.labels) == 1:
            said.setdefault(one.item, {})[one.annotator] = one.labels[0]
    names = sorted({languages[item] for item in said if item in languages})
    parts: dict[str | None, Said] = {None: said}
    for name in names if len(names) > 1 else ():
        parts[name] = {
            item: given for item, given in said.items() if languages.get(item) == name
        }
    found = list(_stand_out(parts, doubt))
    everywhere = {labels for labels, language, _ in found if language is None}
    proposals = [
        _proposal(labels, language, parts=parts, expected=expected)
        for labels, language, expected in found
        if language is None or labels not in everywhere
    ]
    return tuple(sorted(proposals, key=lambda one: -len(one.cases)))


def _stand_out(
    parts: Mapping[str | None, Said], doubt: Doubt
) -> Iterator[tuple[Pair, str | None, float]]:
    """Find pairs with too many cases, by language, and what is held against them."""
    counted = {language: _count(_choices(said)) for language, said in parts.items()}
    chance = doubt.chance / max(1, sum(len(pairs) for pairs in counted.values()))
    for language, pairs in counted.items():
        all_cases = sum(cases for cases, _ in pairs.values())
        all_items = sum(items for _, items in pairs.values())
        for labels, (cases, items) in pairs.items():
            others = all_items - items
            rate = (all_cases - cases) / others if others else 0.0
            expected = max(doubt.share, rate)
            if cases < doubt.cases or at_least(cases, items, expected) >= chance:
                continue
            rest = _without_one(parts[language], labels)
            if all(at_least(*counts, expected) < chance for counts in rest):
                yield labels, language, expected


def _without_one(said: Said, labels: Pair) -> list[tuple[int, int]]:
    """Count cases and items as if one annotator had said nothing, for each in turn.

    Of two annotators nobody can tell whose doing it is: then there is nothing to count.
    """
    whole, lost = Counter[bool](), dict[str, Counter[bool]]()
    for given in said.values():
        kinds = _kinds(given.values(), labels)
        whole.update(kinds)
        for name in given:
            rest = [label for who, label in given.items() if who != name]
            less = lost.setdefault(name, Counter())
            less.update(kinds)
            less.subtract(_kinds(rest, labels))
    if len(lost) < 3:
        return []
    return [
        (whole[True] - less[True], sum(whole.values()) - sum(less.values()))
        for less in lost.values()
    ]


def _kinds(given: Collection[str], labels: Pair) -> list[bool]:
    """Tell whether an item is a case of two labels; nothing if it is not about them."""
    found = sum(label in given for label in labels)
    return [found == 2] if found and len(given) > 1 else []


def _choices(said: Said) -> Choices:
    return {
        item: tuple(sorted({*given.values()}))
        for item, given in said.items()
        if len(given) > 1
    }


def _count(choices: Choices) -> dict[Pair, tuple[int, int]]:
    """Count for each pair of labels its cases and its items."""
    labels = sorted({label for given in choices.values() for label in given})
    with_label = dict.fromkeys(labels, 0)
    both: dict[Pair, int] = {}
    for given in choices.values():
        for label in given:
            with_label[label] += 1
        for pair in combinations(given, 2):
            both[pair] = both.get(pair, 0) + 1
    return {
        (one, other): (
            both.get((one, other), 0),
            with_label[one] + with_label[other] - both.get((one, other), 0),
        )
        for one, other in combinations(labels, 2)
    }


def _proposal(
    labels: Pair,
    language: str | None,
    *,
    parts: Mapping[str | None, Said],
    expected: float,
) -> GuidelineProposal:
    one, other = labels
    choices = _choices(parts[language])
    cases = tuple(item for item, given in choices.items() if {*labels} <= {*given})
    items = sum(not {*given}.isdisjoint(labels) for given in choices.values())
    answers = [label for given in parts[None].values() for label in given.values()]
    by_language = tuple(
        (name, *_count(_choices(part)).get(labels, (0, 0)))
        for name, part in parts.items()
        if name is not None
    )
    where = f" in {language}" if language else ""
    return GuidelineProposal(
        labels=labels,
        language=language,
        cases=cases,
        items=items,
        share=len(cases) / items,
        expected=expected,
        answers_share=sum(label in labels for label in answers) / len(answers),
        by_language=by_language,
        sentence=f"Say in the guideline how to tell {one!r} from {other!r}{where}: "
        f"experts differ between the two on {len(cases)} of {items} items, where "
        f"{expected:.0%} would be usual.",
    )
