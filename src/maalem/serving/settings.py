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
        most_requests: Requests under way at once before more are refused with 429, at
            least 1.
        most_body_bytes: Bytes of bodies in memory at once, of all requests, before
            more are refused with 429, at least 1048576.
        guesses_per_minute: Keys that open nothing that may come from one address in a
            minute, at least 1.
        workers: Processes that answer where the gateway is served alone, at least 1;
            each has the models in memory.
        leave_seconds: How long requests are answered as before once the process was
            told to stop, while `/ready` tells balancers to leave, in [0, 3600].
        drain_seconds: How long requests under way may then take, in [0, 3600].
    """

    releases: tuple[str, ...] = ()
    allow_unproven: bool = False
    most_waiting: int = 1024
    batch_size: int = 64
    wait_milliseconds: float = 2.0
    most_requests: int = 512
    most_body_bytes: int = 64 * 2**20
    guesses_per_minute: int = 120
    workers: int = 1
    leave_seconds: float = 0.0
    drain_seconds: float = 10.0

    def __post_init__(self) -> None:
        checks = (
            ("most_waiting", self.most_waiting >= MOST_TEXTS, "at least 128"),
            ("batch_size", self.batch_size >= 1, "at least 1"),
            ("wait_milliseconds", 0.0 <= self.wait_milliseconds <= 50.0, "in [0, 50]"),
            ("most_requests", self.most_requests >= 1, "at least 1"),
            ("most_body_bytes", self.most_body_bytes >= 2**20, "at least 1048576"),
            ("guesses_per_minute", self.guesses_per_minute >= 1, "at least 1"),
            ("workers", self.workers >= 1, "at least 1"),
            ("leave_seconds", 0.0 <= self.leave_seconds <= 3600.0, "in [0, 3600]"),
            ("drain_seconds", 0.0 <= self.drain_seconds <= 3600.0, "in [0, 3600]"),
        )
        for name, holds, wanted in checks:
            if not holds:
                value = getattr(self, name)
                raise SettingsError(f"{name} must be {wanted}, got {value!r}")
