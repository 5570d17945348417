# SPDX-License-Identifier: Apache-2.0
"""The quick gear as the dealer's teacher: it learns what is answered, and chooses."""

import dataclasses
import logging
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from maalem.app.desk.dealing_board import Board
from maalem.app.desk.dealing_opening import Teach
from maalem.app.workspace import Workspace
from maalem.experts.settling import settle
from maalem.models.bases import choose_base
from maalem.models.live import LiveGear
from maalem.models.live_encoder import KeptVectors, open_live_encoder
from maalem.records import Digest, Item
from maalem.tasks import TaskDefinition
from maalem.tasks.asking import Asking
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

    Items that are drawn at random are never chosen, so that what is learned from them
    tells how good the gear is.
    """

    def __init__(
        self,
        gear: LiveGear,
        items: Mapping[Digest, Item],
        *,
        board: Board,
        drawn: Collection[Digest],
        asking: Asking,
    ) -> None:
        """Learn what was answered, and choose the first cards.

        Args:
            gear: The gear, which knows nothing yet.
            items: The items of the teaching split.
            board: What is known of them.
            drawn: Items that are drawn at random.
            asking: How the cards are dealt.
        """
        self._gear = gear
        self._items = items
        self._drawn = drawn
        self._asking = dataclasses.replace(asking, random_share=0.0, blind_share=0.0)
        self._open: dict[Digest, float] = {}
        self._labels: dict[Digest, str] = {}
        self._chosen: tuple[Digest, ...] = ()
        self._news = 0
        self._door = Lock()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="choose")
        self._is_choosing = False
        gear.watch([item.text for item in items.values()])
        for item in items:
            self._note(item, board)
        self._choose_soon()

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
        if item not in self._items:
            return None
        found = self._gear.suggestion(self._items[item].text)
        return None if found is None else (found.label, found.probability)

    def curve(self) -> tuple[CurvePoint, ...]:
        """Give how good the gear was after how many answers."""
        return self._gear.curve()

    def settle(self) -> None:
        """Wait until everything heard is learned, and cards are chosen by it."""
        self._gear.settle()
        self._choose_soon()
        self._worker.submit(int).result()

    def close(self) -> None:
        """End the threads."""
        self._worker.shutdown(cancel_futures=True)
        self._gear.close()

    def _note(self, item: Digest, board: Board) -> None:
        answers = board.answers(item)
        case, asked = board.cases[item], self._items[item]
        golds, _ = settle(answers)
        label = golds[0].label if golds and case.gold is None else ""
        if label in self._gear.labels:
            if self._labels.get(item) != label:
                self._labels[item] = label
                self._gear.learn(
                    asked.text,
                    label,
                    group=asked.group,
                    is_random=item in self._drawn,
                )
        elif self._labels.pop(item, None) is not None:
            self._gear.forget(asked.text)
        if board.missing(item) and item not in self._drawn:
            is_odd = len({word.labels for word in answers}) > 1
            self._open[item] = float(is_odd)
        else:
            self._open.pop(item, None)

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
            self._chosen = self._choice()
        except Exception as error:  # noqa: BLE001  # cards are dealt in drawn order then
            logger.warning("choosing cards failed: %s", type(error).__name__)

    def _choice(self) -> tuple[Digest, ...]:
        ready = [
            item
            for item in tuple(self._open)
            if self._gear.is_ready(self._items[item].text)
        ][:CANDIDATES]
        known = tuple(self._labels)
        if not ready:
            return ()
        odd = [self._open.get(item, 0.0) for item in ready]
        cards = choose_next(
            self._seen(ready, np.array(odd)),
            self._seen(known),
            count=AHEAD,
            asking=self._asking,
            seed=len(known),
        )
        return tuple(ready[card.place] for card in cards)

    def _seen(
        self, items: Sequence[Digest], odd: NDArray[np.float64] | None = None
    ) -> Seen:
        texts = [self._items[item].text for item in items]
        return Seen(
            probabilities=self._gear.probabilities(texts),
            vectors=self._gear.vectors(texts),
            disagreement=odd,
        )


def teach_live(work: Workspace) -> Teach:
    """Give what makes a teacher for each task that chooses one label.

    The base is the one that a training would take, opened when it is first needed.
    """

    @cache
    def vectors(base: str) -> KeptVectors:
        setting = work.project.training.base
        is_folder = (work.folder / setting).is_dir()
        name = base if setting == "auto" or is_folder else setting
        return open_live_encoder(name, work.place("bases") / name)

    def teach(
        task: TaskDefinition, board: Board, drawn: Collection[Digest]
    ) -> LiveTeaching | None:
        items = {
            item.id: item
            for item in work.store.find(Item, task.name)
            if board.cases[item.id].split == "teaching"
        }
        if task.answer != "choose" or not items:
            return None
        several = list(items.values())
        base = choose_base([i.language for i in several], [i.text for i in several])
        gear = LiveGear(vectors(base.name), task.label_names)
        return LiveTeaching(gear, items, board=board, drawn=drawn, asking=task.asking)

    return teach
