# SPDX-License-Identifier: Apache-2.0
"""The ledger's promise: the proven entry that names a release."""

import base64
from dataclasses import dataclass

from maalem.errors import IntegrityError, boundary
from maalem.records import Digest
from maalem.release.signing import read_json
from maalem.store.notes import (
    DASH,
    TlogProof,
    open_checkpoint,
    open_tlog_proof,
    write_tlog_proof,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What a ledger says about a release.

    Attributes:
        origin: Name of the ledger.
        index: The entry.
        size: Entries of the ledger when the proof was made.
        at: When the entry was written, by the ledger's clock.
        witnesses: Names of others who signed the checkpoint; not checked here.
    """

    origin: str
    index: int
    size: int
    at: str
    witnesses: tuple[str, ...]


def open_promise(text: str, *, origin: str, key: bytes, release: Digest) -> Promise:
    """Read the promise, if the proof holds and is about this release.

    Args:
        text: The proof.
        origin: Name of the ledger.
        key: The ledger's key, 32 bytes.
        release: Digest of the release.

    Raises:
        IntegrityError: The proof does not hold, is not written as it was made, or its
            entry names another release.
    """
    leaf, proof = open_tlog_proof(text, key, origin=origin)
    head = open_checkpoint(proof.checkpoint, key, origin=origin)
    lines = proof.checkpoint.removeprefix(f"{head.text}\n").split("\n")[:-1]
    if write_tlog_proof(_respelled(proof, head.text, lines)) != text:
        raise _refused("the proof is not written as it was made")
    with boundary(IntegrityError, "read the entry of the ledger"):
        entry = read_json(leaf)
        promised, at = entry["details"]["release"], str(entry["at"])
    if promised != release or entry["index"] != proof.index:
        raise _refused("the ledger's entry names another release")
    names = [line.split(" ")[1] for line in lines]
    return Promise(
        origin=origin,
        index=proof.index,
        size=head.size,
        at=at,
        witnesses=tuple(name for name in names if name != origin),
    )


def _respelled(proof: TlogProof, text: str, lines: list[str]) -> TlogProof:
    """Write the signatures anew, since Base64 can spell the same bytes twice."""
    anew = []
    for line in lines:
        _, name, signature = line.split(" ")
        raw = base64.b64decode(signature)
        anew.append(f"{DASH} {name} {base64.b64encode(raw).decode()}\n")
    return TlogProof(
        index=proof.index,
        path=proof.path,
        checkpoint=f"{text}\n{''.join(anew)}",
        extra=proof.extra,
    )


def _refused(what: str) -> IntegrityError:
    return IntegrityError(
        what,
        hint="attach the proof of the entry that was made for this release",
        code="release.proof",
    )
