# SPDX-License-Identifier: Apache-2.0
"""How often somebody may try: counted in memory, for so many names and no more."""

import ipaddress
import math
import threading
from collections import OrderedDict, deque

from maalem.app.desk.refusals import RefusedError
from maalem.app.desk.tokens import token_hash

_KEPT = 10_000  # names counted at once; of more, those that were quiet longest go


class Attempts:
    """Counts attempts by name, each over the last seconds.

    Args:
        most: Attempts that one name has.
        within: Seconds over which they are counted.
    """

    def __init__(self, most: int, *, within: float) -> None:
        self._most = most
        self._within = within
        self._turn = threading.Lock()
        self._made: OrderedDict[str, deque[float]] = OrderedDict()

    def wait(self, name: str, *, now: float) -> float:
        """Count one more attempt, unless there were too many.

        Returns:
            Seconds to wait before the next one; 0 if this one may be made.
        """
        with self._turn:
            made = self._made.setdefault(name, deque(maxlen=self._most))
            self._made.move_to_end(name)
            if len(self._made) > _KEPT:
                self._made.popitem(last=False)
            if len(made) == self._most and now - made[0] < self._within:
                return self._within - (now - made[0])
            made.append(now)
            return 0.0

    def forget(self, name: str) -> None:
        """Count from nothing again."""
        with self._turn:
            self._made.pop(name, None)


class Door:
    """How often one may knock: by address, by account, and by both together.

    Nobody can lock somebody else out with a few wrong guesses: those count for the
    pair of account and address. An account that many addresses guess at closes too.
    """

    def __init__(self) -> None:
        self._addresses = Attempts(20, within=60.0)
        self._pairs = Attempts(10, within=600.0)
        self._accounts = Attempts(100, within=3600.0)

    def refuse_too_many(self, address: str, account: str, *, now: float) -> None:
        """Count an attempt, before anything costly is done for it.

        Args:
            address: Where it comes from.
            account: What is tried; whether it exists does not matter.
            now: Seconds since 1970.

        Raises:
            RefusedError: There were too many.
        """
        place, name = network_of(address), token_hash(account)
        seconds = self._addresses.wait(place, now=now)
        seconds = seconds or self._pairs.wait(f"{place} {name}", now=now)
        seconds = seconds or self._accounts.wait(name, now=now)
        if seconds:
            raise too_many(seconds)

    def welcome(self, address: str, account: str) -> None:
        """Forget the wrong guesses of somebody who came in."""
        self._pairs.forget(f"{network_of(address)} {token_hash(account)}")


def network_of(address: str) -> str:
    """Give what one caller cannot change at will: of IPv6 addresses the first half.

    Examples:
        >>> network_of("2001:db8:1:2:3:4:5:6")
        '2001:db8:1:2::/64'
        >>> network_of("192.0.2.7")
        '192.0.2.7'
    """
    if ":" not in address:
        return address
    try:
        return str(
            ipaddress.ip_network(f"{address.partition('%')[0]}/64", strict=False)
        )
    except ValueError:
        return address


def too_many(seconds: float) -> RefusedError:
    """Make the refusal of an attempt that comes too soon."""
    wait = max(1, math.ceil(seconds))
    return RefusedError(
        "too many attempts",
        status=429,
        hint=f"wait {wait} seconds",
        code="desk.too-many",
        headers={"retry-after": str(wait)},
    )
