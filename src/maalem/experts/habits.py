# SPDX-License-Identifier: Apache-2.0
"""What careless annotators do without a wrong answer: haste, monotony, copying."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from maalem.experts.chances import at_least
from maalem.experts.dawid_skene import Reliability
from maalem.experts.suspicion import Limits, Suspicion
from maalem.experts.votes import Votes
from maalem.records import Annotation, Digest

_DRAWS = 2_000  # give the entropy below which one honest annotator in 1,000 falls
_RARE = 0.001


def hasty(
    words: Sequence[Annotation], *, texts: Mapping[Digest, str], limits: Limits
) -> Iterator[Suspicion]:
    """Suspect those who are often faster than the text can be read.

    Answers without a time say nothing. Refusals count: they are read too.

    Args:
        words: The last word of each annotator on each item.
        texts: The text of each item; one that is not there takes no time to read.
        limits: From where on.
    """
    fast: dict[str, list[bool]] = {}
    for one in words:
        if one.seconds is not None:
            needed = len(texts.get(one.item, "").split()) / limits.words_a_second
            least = max(limits.fast_seconds, min(needed, limits.read_seconds))
            fast.setdefault(one.annotator, []).append(one.seconds < least)
    for annotator, which in fast.items():
        hits, count = sum(which), len(which)
        if at_least(hits, count, limits.fast_share) < limits.chance:
            yield Suspicion(
                annotator=annotator,
                measure="pace",
                value=hits / count,
                bound=limits.fast_share,
                count=count,
                seen=f"{hits} of {count} too fast",
                is_proof=at_least(hits, count, limits.gross_share) < limits.chance,
                sentence=f"{hits} of {count} answers came faster than the text can be "
                f"read, or within {limits.fast_seconds:g} seconds.",
            )


def monotonous(votes: Votes, *, limits: Limits, seed: int = 0) -> Iterator[Suspicion]:
    """Suspect those whose answers vary far less than the items do.

    The variety is the entropy of an annotator's labels. It is held against that of as
    many labels drawn as others answered the same items, or all items where others
    answered too few of these: it must be below what one honest annotator in 1,000
    would have, and below half of what is expected. A perfect annotator among careless
    ones varies less than they do, which is why half is asked for.

    Args:
        votes: Answers with one label each.
        limits: From where on.
        seed: Of the draws.

    Source:
        Shannon (1948), "A Mathematical Theory of Communication", section 6, in bits;
        the distribution of the entropy of so many draws is simulated.
    """
    random = np.random.default_rng(seed)
    labels = len(votes.labels)
    for number, annotator in enumerate(votes.annotators):
        mine = votes.annotator == number
        said = np.bincount(votes.label[mine], minlength=labels)
        count = int(said.sum())
        others = _others(votes, mine, limits.least_answers)
        if count < limits.least_answers or others.sum() < limits.least_answers:
            continue
        shares = (others + 1.0 / labels) / (others.sum() + 1.0)
        drawn = _entropies(random.multinomial(count, shares, size=_DRAWS))
        bound = min(float(np.quantile(drawn, _RARE)), float(drawn.mean()) / 2)
        value, most = float(_entropies(said[None, :])[0]), int(said.argmax())
        if value < bound:
            yield Suspicion(
                annotator=annotator,
                measure="constant",
                about=votes.labels[most],
                value=value,
                bound=bound,
                count=count,
                seen=f"{said[most]} of {count}",
                is_proof=int(said[most]) == count,
                sentence=f"{said[most]} of {count} answers say {votes.labels[most]!r}; "
                f"others say it in {shares[most]:.0%} of the same cards.",
            )


def _others(votes: Votes, mine: NDArray[np.bool_], least: int) -> NDArray[np.intp]:
    """Count the labels that others give to the same items, or to all."""
    same = np.isin(votes.item, votes.item[mine]) & ~mine
    chosen = same if same.sum() >= least else ~mine
    return np.bincount(votes.label[chosen], minlength=len(votes.labels))


def _entropies(counts: NDArray[np.generic]) -> NDArray[np.float64]:
    """Give the entropy of each row of counts, in bits."""
    numbers = counts.astype(np.float64)
    shares = numbers / numbers.sum(axis=1, keepdims=True)
    bits = shares * np.log2(np.where(shares > 0, shares, 1.0))
    return np.asarray(-bits.sum(axis=1), dtype=np.float64)


def copied(model: Reliability, *, limits: Limits) -> Iterator[Suspicion]:
    """Suspect those who side with one other, against the rest, far more than expected.

    Looked at are items on which a third contradicts the other: where all agree, so does
    whoever thinks. Both are named, as two may have been taught the same thing. But who
    answers nearly all of them like the other, and nearly always after the other, has
    seen their answers: that alone is enough. Where neither comes first, it stays open
    who copied whom.

    Source:
        What an annotator would say is expected from the label's posterior without that
        vote and the own confusion matrix; the tail of a sum of unequal chances is
        bounded by the binomial at their mean, Hoeffding (1956), "On the distribution of
        the number of successes in independent trials", Annals of Mathematical
        Statistics 27, and multiplied by the number of pairs (Bonferroni).
    """
    votes, table = model.votes, model.votes.table()
    turn = np.full(table.shape, -1, dtype=np.intp)  # answers to one item stand in order
    turn[votes.annotator, votes.item] = np.arange(len(votes.item))
    said = np.zeros(model.posterior.shape, dtype=np.intp)
    np.add.at(said, (votes.item, votes.label), 1)
    pairs = len(table) * (len(table) - 1)
    for one, other in permutations(range(len(table)), 2):
        rows = _contested(table[one], table[other], said)
        if len(rows) < limits.contested:
            continue
        mine, theirs = table[one, rows], table[other, rows]
        chances = model.without(one, rows, mine) @ model.confusion[one]
        expected = float(chances[np.arange(len(rows)), theirs].mean())
        agreed, count = int((mine == theirs).sum()), len(rows)
        far = agreed / count >= expected + limits.excess
        if far and at_least(agreed, count, expected) * pairs < limits.chance:
            alike = rows[mine == theirs]
            later = int((turn[one, alike] > turn[other, alike]).sum())
            is_later = at_least(later, agreed, 0.5) * pairs < limits.chance
            yield Suspicion(
                annotator=votes.annotators[one],
                measure="copy",
                about=votes.annotators[other],
                value=agreed / count,
                bound=expected,
                count=count,
                seen=f"{agreed} of {count} alike",
                is_proof=is_later and agreed >= limits.gross_copy * count,
                sentence=f"Of {count} cards on which somebody contradicts "
                f"{votes.annotators[other]}, {agreed} have the same answer as theirs; "
                f"{expected:.0%} would be expected.",
            )


def _contested(
    mine: NDArray[np.intp], theirs: NDArray[np.intp], said: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Find items that both answered and a third answered otherwise than the other."""
    rows = np.flatnonzero((mine >= 0) & (theirs >= 0))
    mine, theirs = mine[rows], theirs[rows]
    third = said[rows].sum(axis=1) - 2
    with_them = said[rows, theirs] - 1 - (mine == theirs)
    contested: NDArray[np.intp] = rows[third > with_them]
    return contested
