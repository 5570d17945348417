# SPDX-License-Identifier: Apache-2.0
"""Who holds which card, in memory and in the table that outlives a crash."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from maalem.app.desk.dealing_shown import Shown, read_shown
from maalem.records import Digest
from maalem.store import Store
from maalem.store.leases import Lease as KeptLease
from maalem.store.leases import Leases as Kept
from maalem.store.leases import Wish

_ANY = 1_000_000  # holders; the table does not decide, the dealer has


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
        self._later: dict[str, dict[Digest, None]] = {}
        for lease in running:
            self.take(lease)

    def take(self, lease: Lease) -> None:
        """Give a card to somebody, or for longer."""
        self._of.setdefault(lease.holder, {})[lease.item] = lease
        self._on.setdefault(lease.item, set()).add(lease.holder)

    def drop(self, item: Digest, holder: str) -> None:
        """Take a card out of somebody's hands; nor is it put off any more."""
        self._later.get(holder, {}).pop(item, None)
        if self._of.get(holder, {}).pop(item, None) is not None:
            self._on[item].discard(holder)
            if not self._on[item]:
                del self._on[item]

    def put_off(self, item: Digest, holder: str) -> None:
        """Take a card out of somebody's hands that comes to them after all others."""
        self.drop(item, holder)
        self._later.setdefault(holder, {})[item] = None

    def put_off_by(self, holder: str) -> Collection[Digest]:
        """Name what somebody put off, the first first; a restart forgets it."""
        return self._later.get(holder, {}).keys()

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


def write_leases(
    store: Store, task: str, holder: str, *, leases: Sequence[Lease], now: float
) -> None:
    """Write down durably what somebody was given, all of it or none.

    Args:
        store: The project's records.
        task: Name of the task.
        holder: Who was given it.
        leases: What was given, all until the same time; who may have what was decided
            under the dealer's lock.
        now: Seconds since 1970.
    """
    items = [lease.item for lease in leases]
    wish = Wish(
        items=items,
        room=dict.fromkeys(items, _ANY),
        shown={lease.item: lease.shown.to_text() for lease in leases},
        most=len(items),
        done=items,  # an older lease would keep what it showed
    )
    seconds = max(lease.expires for lease in leases) - now
    Kept(store).take(task, holder, wish, now=now, seconds=seconds)


def end_lease(
    store: Store, task: str, *, item: Digest, holder: str, now: float
) -> None:
    """Write down that somebody gave a card back; an answer to it is taken all the same.

    Args:
        store: The project's records.
        task: Name of the task.
        item: The item on it.
        holder: Who had it, as a pseudonym.
        now: Seconds since 1970.
    """
    Kept(store).give_back(task, holder, [item], now=now)


def find_lease(store: Store, task: str, *, item: Digest, holder: str) -> Lease | None:
    """Give the lease that somebody has or had on an item, if there was one."""
    kept = Kept(store).find(task, item, holder)
    return None if kept is None else _lease(kept)


def running_leases(store: Store, task: str, now: float) -> list[Lease]:
    """Give the leases of a task that have not expired, the oldest first."""
    return [_lease(kept) for kept in Kept(store).held(task, now=now)]


def _lease(kept: KeptLease) -> Lease:
    return Lease(
        item=kept.item,
        holder=kept.holder,
        taken=kept.taken,
        expires=kept.expires,
        shown=read_shown(kept.shown),
    )
