# SPDX-License-Identifier: Apache-2.0
"""Who holds which card, in memory and in the table that outlives a crash."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from maalem.app.desk.dealing_shown import Shown, read_shown
from maalem.records import Digest
from maalem.store import Store
from maalem.store.protocol import Tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A card in somebody's hands.

    Attributes:
        item: The item on it.
        holder: Who has it, as a pseudonym.
        taken: When it was given, in seconds since 1970.
        expires: When it may be given to somebody else; kept after that.
        shown: What stood on it.
    """

    item: Digest
    holder: str
    taken: float
    expires: float
    shown: Shown


_NONE: Mapping[Digest, Lease] = MappingProxyType({})


class Leases:
    """The leases of one task that run; for use under a lock."""

    def __init__(self, running: Iterable[Lease] = ()) -> None:
        self._of: dict[str, dict[Digest, Lease]] = {}
        self._on: dict[Digest, set[str]] = {}
        for lease in running:
            self.take(lease)

    def take(self, lease: Lease) -> None:
        """Give a card to somebody, or for longer."""
        self._of.setdefault(lease.holder, {})[lease.item] = lease
        self._on.setdefault(lease.item, set()).add(lease.holder)

    def drop(self, item: Digest, holder: str) -> None:
        """Take a card out of somebody's hands, if it is there."""
        if self._of.get(holder, {}).pop(item, None) is not None:
            self._on[item].discard(holder)
            if not self._on[item]:
                del self._on[item]

    def sweep(self, now: float) -> None:
        """Drop what has expired."""
        over = [
            lease
            for held in self._of.values()
            for lease in held.values()
            if lease.expires <= now
        ]
        for lease in over:
            self.drop(lease.item, lease.holder)

    def of(self, holder: str) -> Mapping[Digest, Lease]:
        """Give what somebody holds, in the order in which it was taken first."""
        return self._of.get(holder, _NONE)

    def others(self, item: Digest, holder: str) -> int:
        """Count those who hold an item besides somebody."""
        return len(self._on.get(item, set()) - {holder})

    def items(self) -> Iterable[Digest]:
        """Name the items that anybody holds."""
        return self._on


def write_leases(store: Store, task: str, leases: Sequence[Lease]) -> None:
    """Write leases down, durably, all of them or none."""
    rows = [
        (task, one.item, one.holder, one.taken, one.expires, one.shown.to_text())
        for one in leases
    ]

    def deed(tables: Tables) -> None:
        for row in rows:
            tables.execute(
                "INSERT INTO lease (task, item, holder, taken, expires, shown) "
                "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (task, item, holder) DO UPDATE "
                "SET taken = excluded.taken, expires = excluded.expires, "
                "shown = excluded.shown",
                row,
            )

    store.change(deed)


def find_lease(store: Store, task: str, item: str, holder: str) -> Lease | None:
    """Give the lease that somebody has or had on an item, if there was one."""

    def deed(tables: Tables) -> Lease | None:
        row = tables.execute(
            "SELECT item, holder, taken, expires, shown FROM lease "
            "WHERE task = ? AND item = ? AND holder = ?",
            (task, item, holder),
        ).fetchone()
        return _lease(*row) if row else None

    return store.look(deed)


def running_leases(store: Store, task: str, now: float) -> list[Lease]:
    """Give the leases of a task that have not expired, the oldest first."""

    def deed(tables: Tables) -> list[Lease]:
        rows = tables.execute(
            "SELECT item, holder, taken, expires, shown FROM lease "
            "WHERE task = ? AND expires > ? ORDER BY taken, item",
            (task, now),
        ).fetchall()
        return [_lease(*row) for row in rows]

    return store.look(deed)


def _lease(item: str, holder: str, taken: float, expires: float, shown: str) -> Lease:
    return Lease(
        item=Digest(item),
        holder=holder,
        taken=taken,
        expires=expires,
        shown=read_shown(shown),
    )
