# SPDX-License-Identifier: Apache-2.0
"""Who was given which card until when, and what the card showed.

Times are seconds since 1970 that the caller gives, from a clock that does not step
back: one that began with the wall clock and has run on by the monotonic one since. A
lease is kept after it expired, because an answer to a card that nobody was given is
refused, and one that comes late is not.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from maalem.records import Digest
from maalem.store.protocol import Store
from maalem.store.tables import Cells, Tables

_SELECT = "SELECT task, item, holder, taken, expires, shown FROM lease"
_WRITE = (
    "INSERT INTO lease (task, item, holder, taken, expires, shown) "
    "VALUES (?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (task, item, holder) DO UPDATE "
    "SET taken = excluded.taken, expires = excluded.expires, shown = excluded.shown"
)
_PIECE = 500  # SQLite takes 999 parameters and more
_END = (
    "UPDATE lease SET expires = ? "
    "WHERE task = ? AND item = ? AND holder = ? AND expires > ?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A card in somebody's hands.

    Attributes:
        task: Whose card it is.
        item: The question.
        holder: Who was given it, as a pseudonym.
        taken: When.
        expires: From when on somebody else may be given it.
        shown: What the card showed: order of the options, suggestion, stream.
    """

    task: str
    item: Digest
    holder: str
    taken: float
    expires: float
    shown: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody would be given, if it is free.

    Attributes:
        items: The questions, the best one first.
        room: How many holders an item may have at once; 1 for what is not named.
        shown: What each card will show; empty for what is not named.
        most: Cards that are given at most, those renewed included.
        done: Own leases that end first: what was answered since, so that answering
            a card and taking the next are two durable writes, not three.
    """

    items: Sequence[Digest]
    room: Mapping[Digest, int]
    shown: Mapping[Digest, str]
    most: int
    done: Sequence[Digest] = ()


class Leases:
    """The leases of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def take(
        self, task: str, holder: str, wish: Wish, *, now: float, seconds: float
    ) -> tuple[Lease, ...]:
        """Lease what is free to somebody, durably and at once.

        An item is free to others while it has fewer unexpired holders than its room.
        To its own holder it always is: that lease is renewed, is not counted as a
        further one, and keeps what the card showed.

        Args:
            task: Whose cards.
            holder: Who asks, as a pseudonym.
            wish: What would be given.
            now: The present time.
            seconds: How long a lease lasts.

        Returns:
            The leases, in the order of the wish; their `shown` is what to show.
        """

        def lease(tables: Tables) -> tuple[Lease, ...]:
            _end(tables, (task, holder, wish.done), now)
            held = _held(tables, task, now, items=wish.items)
            holders = Counter(one.item for one in held)
            own = {one.item: one for one in held if one.holder == holder}
            free = [
                item
                for item in dict.fromkeys(wish.items)
                if item in own or holders[item] < wish.room.get(item, 1)
            ]
            given = tuple(
                Lease(
                    task=task,
                    item=item,
                    holder=holder,
                    taken=now,
                    expires=now + seconds,
                    shown=own[item].shown if item in own else wish.shown.get(item, ""),
                )
                for item in free[: wish.most]
            )
            for one in given:
                times = (one.taken, one.expires)
                tables.execute(
                    _WRITE, (one.task, one.item, one.holder, *times, one.shown)
                )
            return given

        return self._store.change(lease)

    def find(self, task: str, item: Digest, holder: str) -> Lease | None:
        """Give somebody's lease of an item, expired or not; none if there never was."""
        return self._store.look(lambda tables: _find(tables, (task, item, holder)))

    def held(self, task: str, *, now: float) -> tuple[Lease, ...]:
        """Give all leases of a task that have not expired, the oldest first."""
        query = f"{_SELECT} WHERE task = ? AND expires > ? ORDER BY taken, item"
        rows = self._store.look(
            lambda tables: tables.execute(query, (task, now)).fetchall()
        )
        return tuple(map(_lease, rows))

    def give_back(
        self, task: str, holder: str, items: Sequence[Digest], *, now: float
    ) -> None:
        """End leases that were answered or are not wanted: others may have the items.

        They are kept as expired: an answer that comes twice was asked for both times.
        """
        self._store.change(lambda tables: _end(tables, (task, holder, items), now))

    def sweep(self, *, older_than: float) -> int:
        """Forget leases that expired before a time, and tell how many.

        Answers to them are then refused, so that it is some days ago.
        """
        query = "DELETE FROM lease WHERE expires < ?"
        return self._store.change(
            lambda tables: tables.execute(query, (older_than,)).rowcount
        )


def _find(tables: Tables, names: tuple[str, Digest, str]) -> Lease | None:
    query = f"{_SELECT} WHERE task = ? AND item = ? AND holder = ?"
    row = tables.execute(query, names).fetchone()
    return None if row is None else _lease(row)


def _held(
    tables: Tables, task: str, now: float, *, items: Sequence[Digest]
) -> list[Lease]:
    """Give the unexpired leases of some items."""
    held: list[Lease] = []
    for start in range(0, len(items), _PIECE):
        some = items[start : start + _PIECE]
        marks = ",".join("?" * len(some))
        query = f"{_SELECT} WHERE task = ? AND expires > ? AND item IN ({marks})"
        held += map(_lease, tables.execute(query, (task, now, *some)).fetchall())
    return held


def _end(tables: Tables, whose: tuple[str, str, Sequence[Digest]], now: float) -> None:
    task, holder, items = whose
    for item in items:
        tables.execute(_END, (now, task, item, holder, now))


def _lease(row: Cells) -> Lease:
    task, item, holder, taken, expires, shown = row
    return Lease(
        task=task, item=item, holder=holder, taken=taken, expires=expires, shown=shown
    )
