# SPDX-License-Identifier: Apache-2.0
"""The quick gear as the dealer's teacher: it learns what is answered, and chooses."""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from maalem.app.desk.dealing_board import Board
from maalem.errors import EngineError, MaalemError, boundary
from maalem.experts.settling import settle
from maalem.models.live import LiveGear
from maalem.models.live_encoder import KeptVectors
from maalem.records import Digest, Item
from maalem.tasks import TaskDefinition
from maalem.tasks.choosing import Seen, choose_next
from maalem.tasks.stopping import CurvePoint

logger = logging.getLogger(__name__)

AHEAD = 40
"""Cards chosen at a time; what is learned meanwhile shows in the next choice."""
FEW = 10
"""Chosen cards left, below which the next are chosen."""
FRESH = 4
"""Answers after which a choice is made anew."""
CANDIDATES = 5_000
"""Open items that are compared at most: more take longer and change little."""


class LiveTeaching:
    """Teaches a gear one task, and lets it choose, in threads of its own.

    The gear is opened in the background too: until it is, cards are dealt in the order
    that was drawn. Items that are drawn at random are never chosen, so that what is
    learned from them tells how good the gear is.
    """

    def __init__(
        self,
        task: TaskDefinition,
        items: Mapping[Digest, Item],
        *,
        board: Board,
        drawn: Collection[Digest],
        open_vectors: Callable[[], KeptVectors],
    ) -> None:
        """Begin to learn what was answered.

        Args:
            task: The task.
            items: The items of the teaching split.
            board: What is known of them.
            drawn: Items that are drawn at random.
            open_vectors: Opens what the gear sees texts with.
        """
        self._task = task
        self._items = items
        self._drawn = drawn
        self._open_vectors = open_vectors
        self._gear: LiveGear | None = None
        self._open: dict[Digest, float] = {}
        self._labels: dict[Digest, str] = {}
        self._chosen: tuple[Digest, ...] = ()
        self._news = 0
        self._door = Lock()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="choose")
        self._is_choosing = False
        for item in items:
            self._note(item, board)
        self._worker.submit(self._begin)

    def hear(self, item: Digest, board: Board) -> None:
        """Learn an item's answer or forget it, and choose anew now and then."""
        if item in self._items:
            self._note(item, board)
            self._news += 1
            if self._news >= FRESH:
                self._choose_soon()

    def chosen(self) -> Sequence[Digest]:
        """Give the items that were chosen last, the best first."""
        chosen = self._chosen
        if sum(item in self._open for item in chosen) < FEW:
            self._choose_soon()
        return chosen

    def suggestion(self, item: Digest) -> tuple[str, float] | None:
        """Give the likeliest label of an item by what was learned so far."""
        if item not in self._items or self._gear is None:
            return None
        found = self._gear.suggestion(self._items[item].text)
        return None if found is None else (found.label, found.probability)

    def curve(self) -> tuple[CurvePoint, ...]:
        """Give how good the gear was after how many answers."""
        return () if self._gear is None else self._gear.curve()

    def learned(self) -> dict[Digest, str]:
        """Give the items that are learned from, and their labels."""
        with self._door:
            return dict(self._labels)

    def settle(self) -> None:
        """Wait until everything heard is learned, and cards are chosen by it."""
        self._worker.submit(int).result()
        if self._gear is not None:
            self._gear.settle()
        self._choose_soon()
        self._worker.submit(int).result()

    def close(self) -> None:
        """End the threads."""
        self._worker.shutdown(cancel_futures=True)
        if self._gear is not None:
            self._gear.close()

    def _begin(self) -> None:
        """Open the gear, and teach it what was answered meanwhile."""
        try:
            with boundary(EngineError, "open the quick gear"):
                gear = LiveGear(self._open_vectors(), self._task.label_names)
        except MaalemError as error:  # cards are dealt without it
            logger.warning("no quick gear: %s", error.code)
            return
        gear.watch([item.text for item in self._items.values()])
        with self._door:
            for item, label in self._labels.items():
                self._teach(gear, item, label)
            self._gear = gear
        self._choose_soon()

    def _note(self, item: Digest, board: Board) -> None:
        answers = board.answers(item)
        golds, _ = settle(answers)
        is_known = bool(golds) and board.cases[item].gold is None
        label = golds[0].label if is_known else ""
        with self._door:
            before = self._labels.pop(item, "")
            if label in self._task.label_names:
                self._labels[item] = label
                if label != before and self._gear is not None:
                    self._teach(self._gear, item, label)
            elif before and self._gear is not None:
                self._gear.forget(self._items[item].text)
        if board.missing(item) and item not in self._drawn:
            self._open[item] = float(len({word.labels for word in answers}) > 1)
        else:
            self._open.pop(item, None)

    def _teach(self, gear: LiveGear, item: Digest, label: str) -> None:
        asked = self._items[item]
        is_random = item in self._drawn
        gear.learn(asked.text, label, group=asked.group, is_random=is_random)

    def _choose_soon(self) -> None:
        with self._door:
            if self._is_choosing:
                return
            self._is_choosing = True
        self._news = 0
        self._worker.submit(self._choose)

    def _choose(self) -> None:
        with self._door:
            self._is_choosing = False  # what comes from now on is for the next choice
        try:
            with boundary(EngineError, "choose cards"):
                self._chosen = self._choice()
        except MaalemError as error:  # cards are dealt in the order that was drawn
            logger.warning("choosing cards failed: %s", error.why or error.code)

    def _choice(self) -> tuple[Digest, ...]:
        gear, known = self._gear, tuple(self._labels)
        if gear is None:
            return ()
        ready = [one for one in tuple(self._open) if gear.is_ready(self._text(one))]
        ready = ready[:CANDIDATES]
        if not ready:
            return ()
        odd = np.array([self._open.get(item, 0.0) for item in ready])
        asking = replace(self._task.asking, random_share=0.0, blind_share=0.0)
        cards = choose_next(
            self._seen(gear, ready, odd),
            self._seen(gear, known),
            count=AHEAD,
            asking=asking,
            seed=len(known),
        )
        return tuple(ready[card.place] for card in cards)

    def _seen(
        self,
        gear: LiveGear,
        items: Sequence[Digest],
        odd: NDArray[np.float64] | None = None,
    ) -> Seen:
        texts = [self._text(item) for item in items]
        return Seen(
            probabilities=gear.considered(texts),
            vectors=gear.vectors(texts),
            disagreement=odd,
        )

    def _text(self, item: Digest) -> str:
        return self._items[item].text
