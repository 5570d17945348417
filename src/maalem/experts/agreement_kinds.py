# SPDX-License-Identifier: Apache-2.0
"""How far annotators agree on answers of each kind, by the distance fit for it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from maalem.experts.agreement import (
    Agreement,
    Rated,
    Reading,
    agreement_on,
    agreements,
)
from maalem.experts.alpha import Drawing
from maalem.experts.comparing import Comparing, Value
from maalem.experts.distance_alpha import (
    Apart,
    Matrix,
    by_characters,
    by_distance,
    matrix_of,
)
from maalem.experts.votes import last_answers
from maalem.records import Annotation, Digest, Estimate

_MOST = 1_000
"""Different answers of which all distances are reckoned, in about a second."""
METRICS = {
    "choose": "nominal",
    "choose-several": "masi",
    "compare": "nominal",
    "mark": "characters",
    "rate": "interval",
    "rank": "kendall",
    "correct": "text",
    "write": "text",
}
"""What the distance of each kind of answer is called; `tree` for a tree of labels."""
_SIMPLE = ("characters", "text")  # no distance of two answers is reckoned for these


def metric_of(how: Comparing) -> str:
    """Name the distance by which agreement on a kind of answer is measured."""
    is_tree = how.answer == "choose" and how.is_tree
    return "tree" if is_tree else METRICS[how.answer]


def agreements_on(
    annotations: Iterable[Annotation],
    how: Comparing,
    *,
    languages: Mapping[Digest, str],
    lengths: Mapping[Digest, int],
    drawing: Drawing | None = None,
) -> tuple[Agreement, ...]:
    """Measure agreement by the distance fit for the kind of answer.

    Labels, also one or another of two, are compared as they are; in a tree by how far
    up they meet; sets of labels by `masi`. Scores are compared on all criteria
    together as numbers, and on each criterion by their order. Orders are compared by
    the pairs that they turn round, marks character by character, and texts by whether
    they are the same. For labels agreement on each class stands beside it.

    Args:
        annotations: Answers in the order in which they were entered, of one task.
        how: How its answers are compared.
        languages: Language of each item.
        lengths: Code points of each item's text, for marks.
        drawing: Settings of the intervals.

    Returns:
        First the whole, then criteria, classes, languages and guidelines, by name.
    """
    drawing = drawing or Drawing()
    metric, said = metric_of(how), list(annotations)
    if metric == "nominal":
        return agreements(said, languages=languages, drawing=drawing)
    rated = [(one, value) for one in last_answers(said) if (value := how.value(one))]
    measured = _Measured(how=how, metric=metric, lengths=lengths, drawing=drawing)
    found = [measured.on(rated, ("all", ""))]
    found += _criteria(said, how, drawing=drawing)
    if any(one.labels for one, _ in rated):
        by_label = agreements(said, languages={}, drawing=drawing)
        found += [one for one in by_label if one.about[0] == "class"]
    kinds: tuple[tuple[str, Callable[[Annotation], str]], ...] = (
        ("language", lambda one: languages.get(one.item, "")),
        ("guideline", lambda one: one.guideline or ""),
    )
    for kind, name_of in kinds:
        for name in sorted({name_of(one) for one, _ in rated} - {""}):
            part = [pair for pair in rated if name_of(pair[0]) == name]
            found.append(measured.on(part, (kind, name)))
    return tuple(found)


def _criteria(
    said: Sequence[Annotation], how: Comparing, *, drawing: Drawing
) -> Iterator[Agreement]:
    for name in how.widths:
        reading = Reading(metric="ordinal", criterion=name)
        whole = agreements(said, languages={}, reading=reading, drawing=drawing)[0]
        yield _about(whole, ("criterion", name))


def _about(one: Agreement, about: tuple[str, str]) -> Agreement:
    return Agreement(
        about=about,
        alpha=one.alpha,
        items=one.items,
        ratings=one.ratings,
        annotators=one.annotators,
        pairs=one.pairs,
        uses=one.uses,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measured:
    how: Comparing
    metric: str
    lengths: Mapping[Digest, int]
    drawing: Drawing

    def on(self, rated: Sequence[Rated], about: tuple[str, str]) -> Agreement:
        by_item: dict[Digest, list[Value]] = {}
        for one, value in rated:
            by_item.setdefault(one.item, []).append(value)
        several = {item: said for item, said in by_item.items() if len(said) > 1}
        different = {value for said in several.values() for value in said}
        if len(different) > _MOST and self.metric not in _SIMPLE:
            return _too_many(rated, about, different=len(different))
        return agreement_on(
            rated,
            about,
            ratings=self._apart(several),
            drawing=self.drawing,
            uses=len(rated),
        )

    def _apart(self, several: Mapping[Digest, Sequence[Value]]) -> Apart:
        if self.metric == "characters":
            return by_characters(
                [
                    (self.lengths[item], [_marked(v, self.lengths[item]) for v in said])
                    for item, said in several.items()
                    if item in self.lengths
                ]
            )
        values = sorted({value for said in several.values() for value in said})
        numbers = {value: number for number, value in enumerate(values)}
        items = [[numbers[value] for value in said] for said in several.values()]
        distance = self._distance(values)
        return by_distance(items, distance, values=len(values))

    def _distance(self, values: Sequence[Value]) -> Matrix | None:
        """Give all distances; none where different answers are all as far apart."""
        if self.metric == "text":
            return None
        if self.metric == "interval":
            return _squares(values, self.how.widths)
        return matrix_of(
            values, lambda one, other: self.how.distance(values[one], values[other])
        )


def _too_many(
    rated: Sequence[Rated], about: tuple[str, str], *, different: int
) -> Agreement:
    reason = f"{different} different answers, at most {_MOST} are compared"
    return Agreement(
        about=about,
        alpha=Estimate(value=None, reason=reason),
        items=len({one.item for one, _ in rated}),
        ratings=len(rated),
        annotators=len({one.annotator for one, _ in rated}),
        pairs=0,
        uses=len(rated),
    )


def _marked(value: Value, length: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    marked = np.zeros(length, dtype=np.bool_)
    for start, end in value:
        marked[start:end] = True
    return marked


def _squares(values: Sequence[Value], widths: Mapping[str, int]) -> Matrix:
    """Give the mean squared difference over the criteria, each on a scale of 1.

    A criterion that one of two answers lacks is as far apart as can be.
    """
    places = {name: number for number, name in enumerate(widths)}
    scores = np.full((len(values), len(widths)), np.nan)
    for row, value in enumerate(values):
        for name, score in value:
            if name in places:
                scores[row, places[name]] = score / widths[name]
    gaps = scores[:, None, :] - scores[None, :, :]
    squares: Matrix = np.where(np.isnan(gaps), 1.0, gaps**2).mean(axis=2)
    np.fill_diagonal(squares, 0.0)
    return squares
