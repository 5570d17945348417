# SPDX-License-Identifier: Apache-2.0
"""What of an answer is compared, and how far two are apart, for each kind of answer."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias

from maalem.corpus import matching_key
from maalem.records import Span
from maalem.tasks import TaskDefinition

Value: TypeAlias = tuple[Any, ...]
"""What of an answer is compared; equal values are the same answer."""

_CLOSE: Mapping[str, float] = MappingProxyType({"rate": 0.25, "mark": 0.1})
"""How far answers may be apart that need no person: one step on a scale of five scores,
and a tenth of the characters, such as a full stop or an article; else nothing."""


class Said(Protocol):
    """Whatever says an answer: an annotation, an adjudication, an opinion."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels chosen."""

    @property
    def text(self) -> str | None:
        """The answer as written."""

    @property
    def spans(self) -> tuple[Span, ...]:
        """What was marked."""

    @property
    def ratings(self) -> tuple[tuple[str, int], ...]:
        """Pairs of criterion and score."""

    @property
    def ranking(self) -> tuple[int, ...]:
        """Numbers of the options, the best first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparing:
    """How the answers to one task are compared.

    Attributes:
        answer: What an expert does on a card of it.
        paths: For each label the labels from the top down to it, itself the last.
        widths: For each criterion the difference of its best and its worst score.
        critical: Labels of which every answer is adjudicated.
    """

    answer: str
    paths: Mapping[str, tuple[str, ...]]
    widths: Mapping[str, int]
    critical: frozenset[str]

    @property
    def close(self) -> float:
        """How far answers may be apart that still say the same, in [0, 1)."""
        return _CLOSE.get(self.answer, 0.0)

    @property
    def is_one_label(self) -> bool:
        """Whether the answer is one label, which votes settle."""
        return self.answer in ("choose", "compare")

    @property
    def is_tree(self) -> bool:
        """Whether labels stand under others, so that some are nearer than others."""
        return any(len(path) > 1 for path in self.paths.values())

    def value(self, said: Said) -> Value:
        """Give what is compared; empty where the answer does not say it.

        A written answer is compared by its matching key: letter case, spaces, Arabic
        diacritics and forms of digits do not make another answer.
        """
        return _VALUES[self.answer](said)

    def distance(self, one: Value, other: Value) -> float:
        """Tell how far two answers to one item are apart.

        Returns:
            In [0, 1]; 0 where they say the same.

        Source:
            Labels: same or not; in a tree 1 minus the similarity of Wu and Palmer
            (1994), "Verb semantics and lexical selection", ACL, with a root above the
            top labels. Sets of labels: `masi`. Scores: the greatest difference of a
            criterion, as a share of its scale. Orders: `kendall`. Marks: `overlap`.
            Texts: same or not.
        """
        if one == other:
            return 0.0
        return _DISTANCES.get(self.answer, _unlike)(self, one, other)

    def apart(self, values: Sequence[Value]) -> float:
        """Give the mean distance of all pairs; 0 for one answer or none."""
        pairs = len(values) * (len(values) - 1)
        total = sum(self.distance(a, b) for a in values for b in values)
        return total / pairs if pairs else 0.0

    def nearest(self, values: Sequence[Value]) -> Value:
        """Give the value nearest to all; of several as near, the least."""
        return min(
            values, key=lambda one: (sum(self.distance(one, b) for b in values), one)
        )


def comparing(task: TaskDefinition) -> Comparing:
    """Tell how the answers to a task are compared."""
    parents = {label.name: label.parent for label in task.labels}
    return Comparing(
        answer=task.answer,
        paths={name: _path(name, parents) for name in parents},
        widths={one.name: one.highest - one.lowest for one in task.criteria},
        critical=frozenset(label.name for label in task.labels if label.critical),
    )


def masi(one: Iterable[str], other: Iterable[str]) -> float:
    """Give the distance of two sets of labels.

    Source:
        Passonneau (2006), "Measuring Agreement on Set-valued Items (MASI) for Semantic
        and Pragmatic Annotation", LREC: 1 minus Jaccard's share times 1 for the same
        set, 2/3 where one holds the other, 1/3 where they overlap, 0 where they do not.

    Examples:
        >>> round(masi("ab", "abcd"), 4), masi("ab", "cd"), masi("ab", "ba")
        (0.6667, 1.0, 0.0)
    """
    first, second = {*one}, {*other}
    shared = first & second
    if first == second:
        return 0.0
    holds = 2 / 3 if shared in (first, second) else 1 / 3
    return 1.0 - len(shared) / len(first | second) * holds


def kendall(one: Sequence[int], other: Sequence[int]) -> float:
    """Give the share of pairs of options that two orders put the other way round.

    Source:
        Kendall (1938), "A New Measure of Rank Correlation", Biometrika 30: it is
        (1 - tau) / 2.

    Examples:
        >>> kendall((0, 1, 2), (2, 1, 0)), kendall((0, 1, 2), (0, 2, 1))
        (1.0, 0.3333333333333333)
    """
    places = {option: place for place, option in enumerate(other)}
    pairs = [(first, second) for n, first in enumerate(one) for second in one[n + 1 :]]
    turned = sum(places[first] > places[second] for first, second in pairs)
    return turned / len(pairs) if pairs else 0.0


def overlap(one: Sequence[Sequence[int]], other: Sequence[Sequence[int]]) -> float:
    """Give the share of marked characters that one alone marks.

    Args:
        one: Pairs of first and one past the last code point.
        other: The same, of another answer to the same item.

    Source:
        Jaccard (1912), "The distribution of the flora in the alpine zone", New
        Phytologist 11, on sets of characters.

    Examples:
        >>> overlap([(0, 10)], [(0, 5)])
        0.5
    """
    first, second = _characters(one), _characters(other)
    either = len(first | second)
    return 1.0 - len(first & second) / either if either else 0.0


def _characters(spans: Iterable[Sequence[int]]) -> set[int]:
    return {place for start, end in spans for place in range(start, end)}


def _path(name: str, parents: Mapping[str, str | None]) -> tuple[str, ...]:
    above = parents[name]
    return (*(_path(above, parents) if above else ()), name)


def _labels(said: Said) -> Value:
    return tuple(sorted(said.labels))


def _text(said: Said) -> Value:
    return () if said.text is None else (matching_key(said.text),)


_VALUES: Mapping[str, Callable[[Said], Value]] = MappingProxyType(
    {
        "choose": _labels,
        "choose-several": _labels,
        "compare": _labels,
        "mark": lambda said: tuple((one.start, one.end) for one in said.spans),
        "rate": lambda said: tuple(sorted(said.ratings)),
        "rank": lambda said: tuple(said.ranking),
        "correct": _text,
        "write": _text,
    }
)


def _unlike(how: Comparing, one: Value, other: Value) -> float:  # noqa: ARG001  # see _DISTANCES
    return 1.0


def _in_tree(how: Comparing, one: Value, other: Value) -> float:
    if len(one) != 1 or len(other) != 1:
        return masi(one, other)
    first, second = (how.paths.get(name, (name,)) for (name,) in (one, other))
    shared = 0
    for above, beside in zip(first, second, strict=False):
        if above != beside:
            break
        shared += 1
    return 1.0 - 2.0 * shared / (len(first) + len(second))


def _scores(how: Comparing, one: Value, other: Value) -> float:
    beside = dict(other)
    return max(
        (
            abs(score - beside[name]) / how.widths.get(name, 1)
            for name, score in one
            if name in beside
        ),
        default=1.0,
    )


_DISTANCES: Mapping[str, Callable[[Comparing, Value, Value], float]] = MappingProxyType(
    {
        "choose": _in_tree,
        "choose-several": lambda _, one, other: masi(one, other),
        "rate": _scores,
        "rank": lambda _, one, other: kendall(one, other),
        "mark": lambda _, one, other: overlap(one, other),
    }
)
"""What is not here is the same answer or another one."""
