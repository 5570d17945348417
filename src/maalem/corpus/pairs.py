# SPDX-License-Identifier: Apache-2.0
"""All near duplicates among texts that fit in memory, exactly."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maalem.corpus.matching import words_of
from maalem.corpus.shingles import LONG, SHORT, letter_triples
from maalem.errors import DataError

Indices = NDArray[np.int64]

MOST_PAIRS = 2_000_000  # 400 MB; with more, the texts are copies of a few
CHUNK = 4_000_000  # candidates looked at together; 100 MB


@dataclass(frozen=True, slots=True)
class _Sets:
    """Feature sets in rows, rarest feature first.

    Attributes:
        start: Where each text's features begin, shape (texts + 1,).
        feature: Ranks of features, rarest 0, ascending within a text.
        count: In how many texts each feature stands, by rank.
    """

    start: Indices
    feature: Indices
    count: Indices

    @property
    def size(self) -> Indices:
        """Features of each text."""
        return np.diff(self.start)


def near_duplicate_pairs(
    texts: Sequence[str], *, threshold: float = 0.8
) -> list[tuple[int, int, float]]:
    """Find all pairs of texts whose similarity reaches a threshold, and no other.

    The similarity is the Jaccard index of word triples, for texts of at least 8 words,
    or of letter triples within words, for texts of at most 12; in between the higher of
    the two counts. It is computed on matching keys, so that case, spaces, punctuation
    and Arabic diacritics do not hide a copy.

    Args:
        texts: Any texts; one without any letter, digit or sign is near to none.
        threshold: Lowest similarity, in (0, 1].

    Returns:
        Triples (first, second, similarity) with first < second, sorted.

    Raises:
        DataError: More than two million pairs.

    Source:
        Bayardo, Ma and Srikant (2007), "Scaling up all pairs similarity search"
        (prefix filter on features ordered by rarity). Exact: no pair is missed.
    """
    if not 0.0 < threshold <= 1.0:
        raise ValueError(f"threshold must be in (0, 1], got {threshold}")
    if len(texts) < 2:
        return []
    word, length, vocabulary = _number_words(texts)
    found: dict[tuple[int, int], float] = {}
    for code, owner in (
        _letter_codes(word, length, vocabulary),
        _triple_codes(word, length, len(vocabulary)),
    ):
        sets = _make_sets(code, owner, len(texts))
        for first, second, score in _join(sets, threshold):
            _refuse_flood(len(found) + len(first))
            pairs = zip(first.tolist(), second.tolist(), strict=True)
            for pair, one in zip(pairs, score.tolist(), strict=True):
                found[pair] = max(one, found.get(pair, 0.0))
    return [(first, second, found[first, second]) for first, second in sorted(found)]


def _refuse_flood(pairs: int) -> None:
    if pairs > MOST_PAIRS:
        raise DataError(
            f"more than {MOST_PAIRS} pairs of near duplicates",
            why="a few texts have very many copies",
            hint="leave exact copies out first (passages with `same_as` set)",
            code="corpus.too-many-pairs",
        )


def _number_words(texts: Sequence[str]) -> tuple[Indices, Indices, list[str]]:
    numbers: dict[str, int] = {}
    word: list[int] = []
    length = np.empty(len(texts), dtype=np.int64)
    for index, text in enumerate(texts):
        words = words_of(text)
        length[index] = len(words)
        word.extend([numbers.setdefault(one, len(numbers)) for one in words])
    return np.array(word, dtype=np.int64), length, list(numbers)


def _letter_codes(
    word: Indices, length: Indices, vocabulary: list[str]
) -> tuple[Indices, Indices]:
    owner = np.repeat(np.arange(len(length)), length)
    chosen = length[owner] <= SHORT
    word, owner = word[chosen], owner[chosen]
    numbers: dict[str, int] = {}
    used, place = np.unique(word, return_inverse=True)
    codes = [
        [numbers.setdefault(one, len(numbers)) for one in letter_triples(vocabulary[w])]
        for w in used.tolist()
    ]
    size = np.array([len(one) for one in codes], dtype=np.int64)
    flat = np.array([code for one in codes for code in one], dtype=np.int64)
    start = np.concatenate(([0], np.cumsum(size)))[:-1]
    return flat[_ranges(start[place], size[place])], np.repeat(owner, size[place])


def _triple_codes(
    word: Indices, length: Indices, vocabulary: int
) -> tuple[Indices, Indices]:
    owner = np.repeat(np.arange(len(length)), length)
    chosen = length[owner] >= LONG
    word, owner = word[chosen], owner[chosen]
    whole = owner[:-2] == owner[2:]
    pair = word[:-2] * vocabulary + word[1:-1]
    _, pair = np.unique(pair[whole], return_inverse=True)
    return pair * vocabulary + word[2:][whole], owner[:-2][whole]


def _make_sets(code: Indices, owner: Indices, texts: int) -> _Sets:
    distinct, feature, _ = np.unique(code, return_inverse=True, return_counts=True)
    width = max(1, len(distinct))
    row = np.unique(owner * width + feature)
    owner, feature = row // width, row % width
    count = np.bincount(feature, minlength=width)
    order = np.argsort(count, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(width)
    row = np.sort(owner * width + rank[feature])
    start = np.searchsorted(row, np.arange(texts + 1) * width)
    return _Sets(start=start, feature=row % width, count=count[order])


def _join(
    sets: _Sets, threshold: float
) -> Iterator[tuple[Indices, Indices, NDArray[np.float64]]]:
    width = len(sets.count)
    owner = np.repeat(np.arange(len(sets.size)), sets.size)
    rows = owner * width + sets.feature
    for first, second in _candidates(sets, owner, threshold):
        size = sets.size
        fewer = np.where(size[first] <= size[second], first, second)
        other = first + second - fewer
        asked = sets.feature[_ranges(sets.start[fewer], size[fewer])]
        asked = asked + np.repeat(other, size[fewer]) * width
        spot = np.minimum(np.searchsorted(rows, asked), len(rows) - 1)
        hit = np.concatenate(([0], np.cumsum(rows[spot] == asked)))
        shared = np.diff(hit[np.concatenate(([0], np.cumsum(size[fewer])))])
        score = shared / (size[first] + size[second] - shared)
        near = score >= threshold
        yield first[near], second[near], score[near]


def _candidates(
    sets: _Sets, owner: Indices, threshold: float
) -> Iterator[tuple[Indices, Indices]]:
    size = sets.size
    place = np.arange(len(owner)) - sets.start[owner]
    prefix = size - np.ceil(threshold * size - 1e-9).astype(np.int64) + 1
    useful = (place < prefix[owner]) & (sets.count[sets.feature] > 1)
    feature, text = sets.feature[useful], owner[useful]
    order = np.lexsort((text, feature))
    feature, text = feature[order], text[order]
    later = np.searchsorted(feature, feature, side="right") - np.arange(len(text)) - 1
    done = np.cumsum(later)
    seen: Indices = np.empty(0, dtype=np.int64)
    begin = 0
    while begin < len(text):
        base = done[begin - 1] if begin else 0
        end = max(begin + 1, int(np.searchsorted(done, base + CHUNK)))
        some = np.arange(begin, end)
        first = np.repeat(text[some], later[some])
        second = text[_ranges(some + 1, later[some])]
        fits = np.minimum(size[first], size[second]) >= threshold * np.maximum(
            size[first], size[second]
        )
        pair = np.unique(first[fits] * len(size) + second[fits])
        pair = np.setdiff1d(pair, seen, assume_unique=True)
        seen = np.concatenate((seen, pair)) if end < len(text) else seen
        yield pair // len(size), pair % len(size)
        begin = end


def _ranges(start: Indices, size: Indices) -> Indices:
    """Concatenate the ranges that begin at `start` and have `size` members."""
    total = int(size.sum())
    offset = np.repeat(start - np.concatenate(([0], np.cumsum(size)))[:-1], size)
    ranges: Indices = np.arange(total) + offset
    return ranges
