# SPDX-License-Identifier: Apache-2.0
"""Who meets the canary: a stable hash says it, so that nobody meets one by turns."""

import hashlib
from dataclasses import dataclass

from maalem.records.routing import BY_CALLER
from maalem.serving.calls import Call

SESSION = b"x-maalem-session"
"""Header by which a caller tells apart those on whose behalf it asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Which calls a canary answers.

    Raising the share adds callers, or requests, and takes none away.

    Attributes:
        task: Name of the task.
        salt: Of the canary.
        share: In [0, 1].
        split: `caller`: one key, or one session of it, always meets one model.
            `request`: one body does, so that whoever asks again is told the same.
    """

    task: str
    salt: str
    share: float
    split: str

    def takes(self, call: Call) -> bool:
        """Tell whether the canary answers a call."""
        return self._place(call) < self.share

    def _place(self, call: Call) -> float:
        """Give where a call stands, in [0, 1)."""
        caller = call.caller.id.encode() if call.caller else b""
        session = call.headers.get(SESSION, b"")
        who = caller + b"\0" + session if self.split == BY_CALLER else call.raw
        about = f"{self.task}\0{self.salt}\0".encode()
        digest = hashlib.blake2b(about + who, digest_size=8).digest()
        return (int.from_bytes(digest) >> 11) / 2**53  # exact in a double, so below 1
