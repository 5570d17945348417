# SPDX-License-Identifier: Apache-2.0
"""What the gateway may decide about routes by itself, and on how much evidence."""

from dataclasses import dataclass

from maalem.errors import SettingsError

LARGEST_SHARE = 0.5
"""Of a canary; one that answers more is the champion."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteSettings:
    """What the gateway may decide about routes by itself, and on how much evidence.

    It may always take a canary back that is worse than the champion.

    Attributes:
        automatic: Whether it may promote a canary, or a shadow, by itself.
        alpha: Chance of ever deciding wrongly about one canary, in (0, 0.5).
        margin: By how much more a promoted release may err than the champion, in
            (0, 0.5).
        least: Judged answers of each below which nothing is decided, at least 1.
        every_seconds: How often the evidence is looked at, in [1, 86400].
    """

    automatic: bool = False
    alpha: float = 0.05
    margin: float = 0.02
    least: int = 20
    every_seconds: float = 60.0

    def __post_init__(self) -> None:
        checks = (
            ("alpha", 0.0 < self.alpha < 0.5, "in (0, 0.5)"),
            ("margin", 0.0 < self.margin < 0.5, "in (0, 0.5)"),
            ("least", self.least >= 1, "at least 1"),
            ("every_seconds", 1 <= self.every_seconds <= 86_400, "in [1, 86400]"),
        )
        for name, holds, wanted in checks:
            if not holds:
                value = getattr(self, name)
                raise SettingsError(f"{name} must be {wanted}, got {value!r}")
