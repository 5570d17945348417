# SPDX-License-Identifier: Apache-2.0
"""Cosignatures: a witness says when it saw a checkpoint, and that nothing was undone.

Source:
    C2SP, "Transparency Log Cosignatures" (tlog-cosignature), Ed25519 form, c2sp.org.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from maalem.errors import IntegrityError
from maalem.store.keys import COSIGNING, SigningKey, key_id, signature_holds
from maalem.store.notes import DASH, take_apart

_TIME = 8  # bytes of the time before the 64 of the signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Cosignature:
    """A witness's word that a checkpoint follows from all that it saw before.

    Attributes:
        witness: Name of the witness.
        at: When it signed, by its own clock.
    """

    witness: str
    at: datetime


def cosign(text: str, key: SigningKey, *, at: datetime) -> str:
    """Give a witness's signature line for a checkpoint.

    Args:
        text: The text of the checkpoint, as `open_note` gave it.
        key: The witness's key, which signs nothing else.
        at: The present; kept to the second.
    """
    seconds = int(at.timestamp())
    signature = key.sign(_signed(text, seconds))
    name = key_id(key.name, key.public_bytes, use=COSIGNING)
    signed = name + seconds.to_bytes(_TIME, "big") + signature
    return f"{DASH} {key.name} {base64.b64encode(signed).decode()}\n"


def open_cosignatures(
    note: str, witnesses: Sequence[tuple[str, bytes]]
) -> list[Cosignature]:
    """Give the cosignatures of known witnesses on a checkpoint, in their order.

    Args:
        note: The checkpoint with all its signature lines.
        witnesses: Name and public key of each known witness; others are passed over.

    Raises:
        IntegrityError: It is no note, or a line that claims to be a known witness's is
            forged.
    """
    text, lines = take_apart(note)
    known = {
        (name, key_id(name, public, use=COSIGNING)): public
        for name, public in witnesses
    }
    found = []
    for name, raw in lines:
        public = known.get((name, raw[:4]))
        if public is None:
            continue
        seconds = int.from_bytes(raw[4 : 4 + _TIME], "big")
        if not signature_holds(public, raw[4 + _TIME :], _signed(text, seconds)):
            raise IntegrityError(
                f"the cosignature of {name!r} is wrong",
                hint="ask the witness for it again",
                code="store.cosignature",
            )
        found.append(Cosignature(witness=name, at=datetime.fromtimestamp(seconds, UTC)))
    return found


def _signed(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()
