# SPDX-License-Identifier: Apache-2.0
"""Which items are open, in an order that no model has a say in."""

from collections.abc import Collection, Iterable, Iterator
from heapq import merge
from typing import TypeAlias

from maalem.app.desk.dealing_board import Board
from maalem.app.desk.dealing_chance import Chance
from maalem.records import Digest

Stream: TypeAlias = tuple[str, str]
"""A split and a language."""


class Streams:
    """The open items of a task, by split and language; for use under a lock.

    Each stream stands in an order drawn by group and then by item, so that whatever
    part of it is answered first is a random sample of groups. Whoever walks through a
    stream begins where everything before is closed or not for them.

    Attributes:
        wanting: How many answers each split still wants.
    """

    def __init__(
        self, board: Board, groups: dict[Digest, str], *, chance: Chance
    ) -> None:
        """Draw the order.

        Args:
            board: What is known of the items.
            groups: The group of each item.
            chance: Draws the order.
        """
        self._board = board
        self._places: dict[Digest, tuple[float, float]] = {
            item: (chance.draw("group", group), chance.draw("item", item))
            for item, group in groups.items()
        }
        self._orders: dict[Stream, list[Digest]] = {}
        for item in sorted(self._places, key=lambda one: (self._places[one], one)):
            self._orders.setdefault(self._stream_of(item), []).append(item)
        self._numbers = {
            item: number
            for order in self._orders.values()
            for number, item in enumerate(order)
        }
        self._begin: dict[tuple[Stream, str], int] = {}
        self._missing: dict[Digest, int] = {}
        self.open: dict[Stream, set[Digest]] = {one: set() for one in self._orders}
        self.wanting: dict[str, int] = {}
        self.update(self._places)

    def update(self, items: Iterable[Digest]) -> None:
        """Look anew at items about which something has changed."""
        again: dict[Stream, int] = {}
        for item in items:
            stream, number = self._stream_of(item), self._numbers[item]
            before, now = self._missing.get(item, 0), self._board.missing(item)
            self._missing[item] = now
            (self.open[stream].add if now else self.open[stream].discard)(item)
            split = stream[0]
            self.wanting[split] = self.wanting.get(split, 0) + now - before
            if now and now >= before:  # somebody may be given it who was not before
                again[stream] = min(number, again.get(stream, number))
        for place, begin in self._begin.items():
            self._begin[place] = min(begin, again.get(place[0], begin))

    def missing(self, item: Digest) -> int:
        """Tell how many answers an item still wants."""
        return self._missing.get(item, 0)

    def languages(self) -> set[str]:
        """Name the languages in which something is open."""
        return {language for (_, language), items in self.open.items() if items}

    def count(self, holder: str, languages: Collection[str] | None = None) -> int:
        """Count the open items that somebody may be given, in some languages or all."""
        done = self._board.done.get(holder, set())
        return sum(
            len(items) - len(items & done)
            for (_, language), items in self.open.items()
            if languages is None or language in languages
        )

    def walk(
        self, split: str, holder: str, languages: Collection[str] | None = None
    ) -> Iterator[Digest]:
        """Give the open items of a split that somebody may be given, in their order."""
        streams = [
            self._walk((split, language), holder)
            for name, language in self._orders
            if name == split and (languages is None or language in languages)
        ]
        return merge(*streams, key=lambda item: (self._places[item], item))

    def _walk(self, stream: Stream, holder: str) -> Iterator[Digest]:
        order, open_items = self._orders[stream], self.open[stream]
        done = self._board.done.get(holder, set())
        place, is_leading = (stream, holder), True
        for number in range(self._begin.get(place, 0), len(order)):
            item = order[number]
            if item in open_items and item not in done:
                is_leading = False
                yield item
            elif is_leading:
                self._begin[place] = number + 1

    def _stream_of(self, item: Digest) -> Stream:
        case = self._board.cases[item]
        return case.split, case.language
