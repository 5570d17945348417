# SPDX-License-Identifier: Apache-2.0
"""How often keys that open nothing come from one address."""

import ipaddress
from collections.abc import Callable

from maalem.serving.buckets import seconds, take
from maalem.serving.refusals import RequestError

MOST = (
    4096  # addresses remembered; of more, the one that guessed longest ago is forgotten
)


class Guesses:
    """Refuses addresses that send wrong keys without end.

    It is about the work of looking keys up: guessing one right is not to be feared. An
    IPv6 address counts with all of its network of 64 bits, which one customer has.
    """

    def __init__(self, per_minute: int, *, clock: Callable[[], float]) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._full_at: dict[str, float] = {}

    def refuse_busy(self, address: str) -> None:
        """Refuse an address from which too many wrong keys came.

        Raises:
            RequestError: It is one.
        """
        if not self._full_at:
            return
        full_at = self._full_at.get(_network(address), 0.0)
        taken = take(full_at, 1, per_minute=self._per_minute, now=self._clock())
        if taken.wait:
            raise RequestError(
                "too many keys came from there that open nothing",
                status=429,
                hint=f"ask again in {seconds(taken.wait)} s",
                code="gateway.guesses",
                headers={"retry-after": str(seconds(taken.wait))},
            )

    def count(self, address: str) -> None:
        """Count a wrong key."""
        network = _network(address)
        full_at = self._full_at.pop(network, 0.0)
        taken = take(full_at, 1, per_minute=self._per_minute, now=self._clock())
        if len(self._full_at) >= MOST:
            del self._full_at[next(iter(self._full_at))]
        self._full_at[network] = taken.full_at


def _network(address: str) -> str:
    if ":" not in address:
        return address
    try:
        found = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(found) >> 64 << 64, 64)))
