# SPDX-License-Identifier: Apache-2.0
"""Which of a task's releases answers whom, as it was decided."""

from dataclasses import dataclass
from typing import ClassVar

from maalem.records.digests import Digest

CANARY_DEED, SHADOW_DEED, PROMOTE = "canary", "shadow", "promote"
ROLL_BACK, STOP = "roll-back", "stop"

BY_CALLER, BY_REQUEST = "caller", "request"
SPLITS = (BY_CALLER, BY_REQUEST)
"""What a canary has a share of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """How a task is answered from one decision to the next.

    Attributes:
        id: Digest of all other fields.
        task: Name of the task.
        deed: What was done: `canary`, `shadow`, `promote`, `roll-back` or `stop`.
        champion: The release that answers.
        previous: The champion before, which a rollback brings back; none if there is
            none, or it was rolled back from.
        canary: The release that answers a share; none if there is none.
        share: Share of the callers, or of the requests, that the canary answers, in
            [0, 0.5].
        split: `caller` or `request`.
        salt: What callers or requests are hashed with, new for each canary.
        shadows: Releases that are asked too, and whose answers nobody is sent.
        by: Who decided, as a pseudonym; `gateway` where a test did.
        why: The reason, in words.
        at: ISO 8601 time.
    """

    kind: ClassVar[str] = "route.v1"
    id: Digest
    task: str
    deed: str
    champion: Digest
    previous: Digest | None
    canary: Digest | None
    share: float
    split: str
    salt: str
    shadows: tuple[Digest, ...]
    by: str
    why: str
    at: str

    @property
    def topic(self) -> str:
        """The task."""
        return self.task
