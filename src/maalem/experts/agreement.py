# SPDX-License-Identifier: Apache-2.0
"""How far annotators agree beyond chance: in all, and by class, language, guideline."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from maalem.errors import SettingsError
from maalem.experts.alpha import Drawing, Ratings
from maalem.experts.resampling import Resampled, interval
from maalem.experts.votes import last_answers
from maalem.records import Annotation, Digest, Estimate

Value: TypeAlias = tuple[Any, ...]
"""What is compared, such as the labels of an answer in order of their names."""

Rated: TypeAlias = tuple[Annotation, Value]
"""An answer that counts, and what of it is compared."""


_NAMED = np.array([0.0, 1.0])  # whether a class is named


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What of an answer is compared.

    Attributes:
        metric: How far two values are apart: `nominal`, `ordinal` or `interval`.
        values: Labels from the least to the greatest, for `ordinal` and `interval`,
            which take their number for their size; for `nominal` any order will do.
        criterion: The rated criterion, whose scores are compared; none compares labels.
    """

    metric: str = "nominal"
    values: tuple[str, ...] = ()
    criterion: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Krippendorff's alpha on some answers, and what it rests on.

    Attributes:
        about: `all` and nothing, or `class`, `criterion`, `language` or `guideline` and
            its name.
        alpha: The estimate; `count` are ratings and `groups` are items, both of items
            with two ratings or more. Where it is missing, `reason` says why.
        items: Items with a rating, those with a single one too.
        ratings: Ratings of them.
        annotators: Who gave them.
        pairs: Pairs of ratings of one item, which alpha compares.
        uses: Ratings that say the class, for a class; else all ratings. A class that
            is rarely said has an alpha that means little, however high it is.
    """

    about: tuple[str, str]
    alpha: Estimate
    items: int
    ratings: int
    annotators: int
    pairs: int
    uses: int


def agreements(
    annotations: Iterable[Annotation],
    *,
    languages: Mapping[Digest, str],
    reading: Reading | None = None,
    drawing: Drawing | None = None,
) -> tuple[Agreement, ...]:
    """Measure agreement in all, per class, per language and per guideline version.

    Of each annotator the last answer to an item counts; what was withdrawn or refused
    is no rating. An answer of several labels is one value as a whole, and for a class
    says whether it names the class. A class is compared with all the rest together.
    Only answers given under the same guideline are compared within a version; imported
    answers whose version is not known stand in no version.

    Args:
        annotations: Answers in the order in which they were entered, of one task.
        languages: Language of each item; an item that is not there stands in none.
        reading: What of an answer is compared; labels, as names, where none is given.
        drawing: Settings of the intervals.

    Returns:
        First the whole, then classes, languages and guidelines, by name.

    Raises:
        SettingsError: The metric has no order of values, or a label is not in it.

    Source:
        Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", University
        of Pennsylvania, section D: any number of observers, missing data. Where a
        single value is all that was said alpha is 0 / 0: it has no value, and is
        neither 0 nor 1.
    """
    reading, drawing = reading or Reading(), drawing or Drawing()
    rated = [
        (one, value)
        for one in last_answers(annotations)
        if (value := _value(one, reading))
    ]
    scale = _scale({value for _, value in rated}, reading)
    found = [_measure(rated, ("all", ""), scale=scale, drawing=drawing)]
    if reading.criterion is None:
        found += _classes(rated, drawing)
    kinds = (
        ("language", [languages.get(one.item, "") for one, _ in rated]),
        ("guideline", [one.guideline or "" for one, _ in rated]),
    )
    for kind, names in kinds:
        for name in sorted({*names} - {""}):
            part = [one for one, its in zip(rated, names, strict=True) if its == name]
            found.append(_measure(part, (kind, name), scale=scale, drawing=drawing))
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    """The values that may stand in an answer, and what each is worth."""

    metric: str
    numbers: Mapping[Value, int]
    worth: NDArray[np.float64]


def _value(one: Annotation, reading: Reading) -> Value:
    """Give what is compared; empty where the answer does not say it."""
    if reading.criterion is None:
        return tuple(sorted(one.labels))
    score = dict(one.ratings).get(reading.criterion)
    return () if score is None else (str(score),)


def _scale(said: set[Value], reading: Reading) -> _Scale:
    if reading.criterion is not None:
        scores = sorted(said, key=lambda score: int(score[0]))
        worth = np.array([int(score) for (score,) in scores], dtype=np.float64)
        numbers = {score: n for n, score in enumerate(scores)}
        return _Scale(metric=reading.metric, numbers=numbers, worth=worth)
    order = [(name,) for name in dict.fromkeys(reading.values)]
    unknown = sorted(said - {*order})
    if reading.metric != "nominal" and unknown:
        raise SettingsError(
            f"{' and '.join(unknown[0])!r} has no place in the order of values",
            why=f"{reading.metric} agreement compares values by their order",
            hint="name all labels in `values`, from the least to the greatest",
            code="experts.no-order",
        )
    numbers = {value: n for n, value in enumerate([*order, *unknown])}
    worth = np.arange(len(numbers), dtype=np.float64)
    return _Scale(metric=reading.metric, numbers=numbers, worth=worth)


def _measure(
    rated: Sequence[Rated],
    about: tuple[str, str],
    *,
    scale: _Scale,
    drawing: Drawing,
) -> Agreement:
    """Compare whole values."""
    values = np.array([scale.numbers[value] for _, value in rated], dtype=np.intp)
    ratings = Ratings(_items(rated), values, scale=scale.worth, metric=scale.metric)
    return agreement_on(rated, about, ratings=ratings, drawing=drawing, uses=len(rated))


def _classes(rated: Sequence[Rated], drawing: Drawing) -> list[Agreement]:
    """Compare each label with all the rest together."""
    found, items = [], _items(rated)
    for name in sorted({label for _, value in rated for label in value}):
        named = np.array([name in value for _, value in rated], dtype=np.intp)
        ratings = Ratings(items, named, scale=_NAMED, metric="nominal")
        found.append(
            agreement_on(
                rated,
                ("class", name),
                ratings=ratings,
                drawing=drawing,
                uses=int(named.sum()),
            )
        )
    return found


def _items(rated: Sequence[Rated]) -> NDArray[np.intp]:
    numbers = {name: n for n, name in enumerate({one.item for one, _ in rated})}
    return np.array([numbers[one.item] for one, _ in rated], dtype=np.intp)


def agreement_on(
    rated: Sequence[Rated],
    about: tuple[str, str],
    *,
    ratings: Resampled,
    drawing: Drawing,
    uses: int,
) -> Agreement:
    """Put alpha of some ratings together with what it rests on.

    Args:
        rated: The ratings.
        about: What they are about.
        ratings: The same, as numbers.
        drawing: Settings of the interval.
        uses: How many of them say what it is about.
    """
    value = ratings.alpha()
    low = high = None
    if ratings.items < 2:
        reason = f"{ratings.items} items with two ratings, at least 2 are needed"
    elif np.isnan(value):
        reason = f"one value is all that {ratings.count} ratings say"
    else:
        low, high, reason = interval(ratings, drawing)
    return Agreement(
        about=about,
        alpha=Estimate(
            value=None if ratings.items < 2 or np.isnan(value) else value,
            low=low,
            high=high,
            level=drawing.level,
            count=ratings.count,
            groups=ratings.items,
            reason=reason,
        ),
        items=len({one.item for one, _ in rated}),
        ratings=len(rated),
        annotators=len({one.annotator for one, _ in rated}),
        pairs=ratings.pairs,
        uses=uses,
    )
