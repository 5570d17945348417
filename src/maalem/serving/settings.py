# SPDX-License-Identifier: Apache-2.0
"""What the gateway serves, and how much of it at once."""

from dataclasses import dataclass

from maalem.errors import SettingsError

SCOPE = "predict"
"""What a key must be allowed to do, to ask the gateway."""
MOST_TEXTS = 128
"""Texts in one request."""
MOST_DOCUMENTS = MOST_TEXTS - 1
"""Documents in one request; the query that they are compared with is a text too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySettings:
    """What the gateway serves, and how much of it at once.

    Attributes:
        releases: Names of releases, such as `system-2`, that answer for their tasks;
            for other tasks the newest release answers that the gate let ship.
        allow_unproven: Whether a release without probes may answer, as those made
            before there were probes are; every answer then says so.
        most_waiting: Texts that may wait for an answer before requests are refused
            with 429, at least 128.
        batch_size: Most texts of several requests that are answered together, at
            least 1.
        wait_milliseconds: How long several requests wait for more to join them, in
            [0, 50]; one alone never waits.
    """

    releases: tuple[str, ...] = ()
    allow_unproven: bool = False
    most_waiting: int = 1024
    batch_size: int = 64
    wait_milliseconds: float = 2.0

    def __post_init__(self) -> None:
        checks = (
            ("most_waiting", self.most_waiting >= MOST_TEXTS, "at least 128"),
            ("batch_size", self.batch_size >= 1, "at least 1"),
            ("wait_milliseconds", 0.0 <= self.wait_milliseconds <= 50.0, "in [0, 50]"),
        )
        for name, holds, wanted in checks:
            if not holds:
                value = getattr(self, name)
                raise SettingsError(f"{name} must be {wanted}, got {value!r}")
