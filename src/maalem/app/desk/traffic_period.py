# SPDX-License-Identifier: Apache-2.0
"""How far back the page of live traffic looks, and how often it looks again."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

HOUR, DAY = 3_600, 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """How far back the page looks.

    Attributes:
        name: As the address has it.
        slot: Seconds of one bar of the picture.
        slots: How many bars there are; the last one is not over.
        refresh: Seconds after which the page asks again.
    """

    name: str
    slot: int
    slots: int
    refresh: int

    def since(self, now: float) -> int:
        """Give when it begins, at the beginning of a bar, in seconds since 1970."""
        return (int(now) // self.slot - self.slots + 1) * self.slot


PERIODS: Mapping[str, Period] = MappingProxyType(
    {
        "day": Period(name="day", slot=HOUR, slots=24, refresh=10),
        "week": Period(name="week", slot=DAY, slots=7, refresh=30),
        "month": Period(name="month", slot=DAY, slots=30, refresh=60),
    }
)
"""The periods of the page; a longer one costs more to count, and moves less."""
