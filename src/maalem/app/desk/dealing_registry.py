# SPDX-License-Identifier: Apache-2.0
"""The dealers of a project, one for each task, made when it is first asked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock, RLock

from fastapi import Request

from maalem.app.desk import people
from maalem.app.desk.dealing import Dealer
from maalem.app.desk.dealing_board import Judgement
from maalem.app.desk.dealing_opening import Teach, open_deck
from maalem.app.workspace import Workspace
from maalem.records import Item

FRESH = 60.0
"""Seconds for which a dealer is not asked whether items have come from the gateway."""


@dataclass(slots=True)
class _Seat:
    lock: RLock = field(default_factory=RLock)
    dealer: Dealer | None = None
    looked: float = 0.0
    items: int = 0


class Dealers:
    """All dealers of the desk; all methods may be called from any thread.

    Whoever writes a judgement about a task says so with `hear`; whoever changes its
    definition or its items, with `forget`: the next who asks makes the dealer again.
    Items that the gateway adds are seen within a minute.
    """

    def __init__(
        self, work: Workspace, *, clock: Callable[[], float], teach: Teach
    ) -> None:
        """Begin without any.

        Args:
            work: The opened project.
            clock: Seconds since 1970.
            teach: Gives a task what learns it.
        """
        self._work = work
        self._clock = clock
        self._teach = teach
        self._reads = people.reading(work.store)
        self._seats: dict[str, _Seat] = {}
        self._door = Lock()

    def of(self, task: str) -> Dealer:
        """Give the dealer of a task.

        Raises:
            SettingsError: There is no such task, or its definition is refused.
        """
        seat = self._seat(task)
        with seat.lock:
            self._renew(task, seat)
            if seat.dealer is None:
                deck = open_deck(
                    self._work,
                    task,
                    lock=seat.lock,
                    teach=self._teach,
                    reads=self._reads,
                    now=self._clock(),
                )
                seat.dealer = Dealer(self._work.store, deck)
            return seat.dealer

    def hear(self, records: Sequence[Judgement], *, index: int) -> None:
        """Tell the dealer of a task what was written down about it.

        Args:
            records: Of one entry, about any tasks.
            index: The entry.
        """
        for record in records:
            seat = self._seat(record.task)
            with seat.lock:
                # A dealer that is made later reads the record itself.
                if seat.dealer is not None:
                    seat.dealer.hear(record, index=index, now=self._clock())

    def read(self, person: str, languages: Sequence[str]) -> None:
        """Give somebody passages in these languages from now on; in all for none."""
        self._reads[person] = tuple(languages)

    def forget(self, task: str) -> None:
        """Let the dealer of a task be made again: its definition or items changed."""
        seat = self._seat(task)
        with seat.lock:
            dealer, seat.dealer = seat.dealer, None
        if dealer is not None and dealer.deck.teaching is not None:
            dealer.deck.teaching.close()

    def close(self) -> None:
        """Let go of all dealers, and end what their gears have running."""
        with self._door:
            tasks = list(self._seats)
        for task in tasks:
            self.forget(task)

    def _renew(self, task: str, seat: _Seat) -> None:
        """Let a dealer go that does not know the newest items, once in a while."""
        now = self._clock()
        if seat.dealer is not None and now - seat.looked < FRESH:
            return
        items = self._work.store.count(Item, task)
        if seat.dealer is not None and items != seat.items:
            self.forget(task)
        seat.looked, seat.items = now, items

    def _seat(self, task: str) -> _Seat:
        with self._door:
            return self._seats.setdefault(task, _Seat())


def dealers_of(request: Request) -> Dealers:
    """Give the dealers of the desk that a request came to."""
    found: Dealers = request.app.state.dealers
    return found
