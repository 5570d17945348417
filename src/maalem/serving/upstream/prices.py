# SPDX-License-Identifier: Apache-2.0
"""What answers cost, as far as the owner has said it."""

import math
from dataclasses import dataclass

from maalem.errors import SettingsError


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What answers cost; what is not said here is not known, and never 0.

    Attributes:
        currency: Of all prices, such as `EUR`.
        per_million: Prices of models that are served elsewhere, a text each: the model
            as `MODEL@UPSTREAM`, then what a million tokens read and a million tokens
            written cost, as `"small@vendor 0.10 0.30"`.
        machine_hour: What an hour of this machine costs, above 0.
    """

    currency: str = "EUR"
    per_million: tuple[str, ...] = ()
    machine_hour: float | None = None

    def __post_init__(self) -> None:
        hour = self.machine_hour
        if hour is not None and not (0.0 < hour < math.inf):
            raise SettingsError(f"machine_hour must be above 0, got {hour:g}")
        for number, line in enumerate(self.per_million, 1):
            if _read(line) is None:
                raise SettingsError(
                    f"per_million.{number} must be a model and two prices, got "
                    f"{line!r}",
                    hint='write "MODEL@UPSTREAM 0.10 0.30"',
                )

    def of_tokens(self, model: str) -> tuple[float, float] | None:
        """Give what a million tokens of a model cost, read and written, if known."""
        known = [one for one in map(_read, self.per_million) if one is not None]
        return {name: (read, written) for name, read, written in known}.get(model)


def _read(line: str) -> tuple[str, float, float] | None:
    parts = line.split()
    try:
        name, read, written = parts[0], float(parts[1]), float(parts[2])
    except (ValueError, IndexError):
        return None
    is_price = 0.0 <= read < math.inf and 0.0 <= written < math.inf
    return (name, read, written) if len(parts) == 3 and is_price else None
