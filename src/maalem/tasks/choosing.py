# SPDX-License-Identifier: Apache-2.0
"""Which cards of the teaching stream are worth an expert's next minutes."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from maalem.tasks.asking import Asking

SHORT_LIST = 200  # candidates compared with each other: the least certain ones
REFERENCE = 4000  # items whose uncertainty is to fall: more cost time and change little
EXPLORED = 0.1  # share of chosen cards while a label has no answer
ANSWERS_A_LABEL = 2  # answers before probabilities are believed

Matrix = NDArray[np.float64]
Places = NDArray[np.int64]


class Reason(StrEnum):
    """Why a card was chosen."""

    TELLING = "telling"
    EXPLORING = "exploring"
    RANDOM = "random"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Items as the quick gear sees them.

    Attributes:
        probabilities: Of each label, shape (n, labels). A label without an answer has
            probability 0, unless no label has one.
        vectors: Shape (n, dimension), of like length.
        disagreement: How much answers to each item differ, in [0, 1], shape (n,); none
            where no item has two.
    """

    probabilities: Matrix
    vectors: NDArray[np.float32] | Matrix
    disagreement: Matrix | None = None

    def __post_init__(self) -> None:
        count = len(self.vectors)
        apart = count if self.disagreement is None else len(self.disagreement)
        if not len(self.probabilities) == count == apart:
            raise ValueError("one row of probabilities and one vector for each item")

    @property
    def doubt(self) -> Matrix:
        """How near the two likeliest labels are, in [0, 1], shape (n,).

        An item on which experts differ is as doubtful as they differ, at least.
        """
        if self.probabilities.shape[1] < 2:
            doubt = np.zeros(len(self.probabilities))
        else:
            best = np.partition(self.probabilities, -2, axis=1)[:, -2:]
            doubt = np.clip(1.0 - (best[:, 1] - best[:, 0]), 0.0, 1.0)
        if self.disagreement is not None:
            doubt = np.maximum(doubt, self.disagreement)
        return doubt


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One of the candidates, to be asked.

    Attributes:
        place: Its row among the candidates.
        reason: Why it was chosen.
        is_blind: Whether no suggestion may be shown.
    """

    place: int
    reason: Reason
    is_blind: bool


def choose_next(
    candidates: Seen, taught: Seen, *, count: int, asking: Asking, seed: int
) -> tuple[Card, ...]:
    """Choose the cards to ask next: those whose answers would settle most doubt.

    Of the candidates in greatest doubt (the smallest margin between the two likeliest
    labels) it takes, one after the other, the one that lowers the variance of the
    scores of all doubtful candidates most. A near copy of a card already taken lowers
    little, so that a batch is diverse; an outlier lowers little but its own.

    Before two answers a label are there, all items count as equally doubtful, which
    asks about typical items far from each other. While a label has no answer, a tenth
    of the cards go on so.

    Args:
        candidates: The open items of the teaching stream; no other is ever chosen.
        taught: The items answered.
        count: Cards wanted; fewer come where there are fewer candidates.
        asking: Shares of random and of blind cards; each card is drawn for itself.
        seed: Of every random choice: as many answers on, another seed.

    Returns:
        The cards in the order in which to ask them, no candidate twice.

    Source:
        Margin: Scheffer, Decomain and Wrobel (2001), "Active Hidden Markov Models for
        Information Extraction". Lowering the variance of a linear head: Ash et al.
        (2021), "Gone Fishing: Neural Active Learning with Fisher Embeddings", with one
        matrix for all labels instead of one for each pair, and without its backward
        steps. Measured by `benchmarks/bench_judgements.py`,
        on the probabilities of a head that leans on unanswered items, it is well ahead
        of margin alone for the first 200 answers, and level with it later.
    """
    chance = np.random.default_rng(seed)
    total = len(candidates.vectors)
    wanted = min(count, total)
    is_random = chance.random(wanted) < asking.random_share
    is_blind = chance.random(wanted) < asking.blind_share
    explores = chance.random(wanted) < _exploring(candidates, taught)
    reasons = np.where(explores, Reason.EXPLORING, Reason.TELLING)
    reasons[is_random] = Reason.RANDOM
    open_places = chance.permutation(total)
    found: dict[str, list[int]] = {}
    field = _Field(candidates, taught, reference=open_places[:REFERENCE])
    for reason in (Reason.TELLING, Reason.EXPLORING):
        number = int((reasons == reason).sum())
        places = field.settle(open_places, number, equal=reason is Reason.EXPLORING)
        open_places = open_places[~np.isin(open_places, places)]
        found[reason] = places
    found[Reason.RANDOM] = open_places[: int(is_random.sum())].tolist()
    return tuple(
        Card(place=found[reason].pop(0), reason=Reason(reason), is_blind=bool(blind))
        for reason, blind in zip(reasons.tolist(), is_blind.tolist(), strict=True)
    )


def _exploring(candidates: Seen, taught: Seen) -> float:
    """Give the share of the cards that explore."""
    labels = candidates.probabilities.shape[1]
    if len(taught.vectors) < ANSWERS_A_LABEL * labels:
        return 1.0
    known = (candidates.probabilities > 0.0).any(axis=0)
    return 0.0 if known.all() else EXPLORED


class _Field:
    """The candidates' vectors, and how well the answers so far pin their scores down.

    The covariance of a head's weights is the inverse of `ridge + sum of doubt * vector
    * vector'` over the answers: what a certain answer would tell is known already.
    """

    def __init__(self, candidates: Seen, taught: Seen, *, reference: Places) -> None:
        every = np.asarray(candidates.vectors, np.float64)
        centre = every[reference].mean(axis=0) if len(reference) else 0.0
        self._vectors = every - centre
        self._doubt = candidates.doubt
        self._reference = reference
        known = np.asarray(taught.vectors, np.float64) - centre
        ridge = np.clip(len(known) / 3000.0, 1 / 30, 0.5)  # as the gear's own penalty
        inner = (known * taught.doubt[:, None]).T @ known
        self._spread = np.linalg.inv(inner + ridge * np.eye(every.shape[1]))

    def settle(self, places: Places, count: int, *, equal: bool) -> list[int]:
        """Take the places that settle most doubt, one after the other."""
        if count == 0 or len(places) == 0:
            return []
        doubt = np.ones(len(self._doubt)) if equal else self._doubt
        if equal:
            listed = places[: REFERENCE // 4]
        else:
            order = np.argsort(-doubt[places], kind="stable")
            listed = places[order[: max(SHORT_LIST, 2 * count)]]
        around = self._vectors[self._reference]
        goal = (around * doubt[self._reference, None] ** 2).T @ around
        rows, told = self._vectors[listed], doubt[listed]
        moved = rows @ self._spread
        taken: list[int] = []
        for _ in range(min(count, len(listed))):
            own = np.einsum("ij,ij->i", moved, rows)
            lowered = np.einsum("ij,ij->i", moved @ goal, moved)
            gains = lowered * told / (1.0 + told * own)
            gains[taken] = -1.0
            best = int(gains.argmax())
            taken.append(best)
            step = told[best] / (1.0 + told[best] * own[best])
            moved = moved - step * np.outer(rows @ moved[best], moved[best])
        chosen: list[int] = listed[taken].tolist()
        self._spread = self._after(rows[taken], told[taken])
        return chosen

    def _after(self, rows: Matrix, told: Matrix) -> Matrix:
        """Give the covariance when these rows are answered too (Woodbury)."""
        reach = self._spread @ rows.T
        small = np.diag(1.0 / np.maximum(told, 1e-9)) + rows @ reach
        after: Matrix = self._spread - reach @ np.linalg.solve(small, reach.T)
        return after
