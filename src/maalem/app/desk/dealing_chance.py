# SPDX-License-Identifier: Apache-2.0
"""Chance that nobody can foresee and that is the same after a restart."""

import hashlib
import hmac
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Chance:
    """Draws by name: the same name gives the same number, whenever it is asked.

    Attributes:
        key: What makes the numbers unforeseeable; whoever has it can tell a gold card.
    """

    key: bytes = field(repr=False)

    def draw(self, *names: str) -> float:
        """Give a number in [0, 1) for a name.

        Args:
            names: Parts of the name; where one ends and the next begins counts.

        Source:
            RFC 2104, HMAC, over SHA-256; its first 8 bytes as a fraction.
        """
        name = b"".join(
            b"%d:%b" % (len(part), part)
            for part in (one.encode("utf-8", "surrogatepass") for one in names)
        )
        place = hmac.new(self.key, name, hashlib.sha256).digest()[:8]
        return (int.from_bytes(place) >> 11) / 2**53  # a double keeps 53 bits

    def shuffled(self, count: int, *names: str) -> tuple[int, ...]:
        """Give the numbers from 0 to `count` - 1 in an order drawn by name."""
        return tuple(
            sorted(range(count), key=lambda number: self.draw(*names, str(number)))
        )
