# SPDX-License-Identifier: Apache-2.0
"""A ledger's keys as one file: whoever trusts one of them is led to the others by it.

The file proves its rotations and revocations, and, where asked for, its releases, under
one checkpoint of the key in force. It does not know of what came after that.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from maalem.errors import IntegrityError, boundary
from maalem.records import Json
from maalem.store.entry import Entry
from maalem.store.key_chain import (
    REVOKED,
    ROTATED,
    KeyChain,
    open_by_chain,
    read_chain,
    read_founding,
)
from maalem.store.keys import read_verifier, verifier_line
from maalem.store.notes import open_tlog_proof, read_tlog_proof
from maalem.store.protocol import Store
from maalem.store.rows import read_entry

SCHEMA = "maalem.keys/1"
SIGNED = "release.sign"
_LARGEST = 16 * 2**20  # characters; some ten thousand releases


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyHistory:
    """What a file of keys proves.

    Attributes:
        chain: The keys, and what was revoked.
        size: Entries of the ledger when the file was written; 0 if it proves none.
        releases: Entry of each release that the key in force vouches for, by digest.
    """

    chain: KeyChain
    size: int
    releases: dict[str, int]


def write_history(store: Store, *, with_releases: bool = True) -> str:
    """Write a ledger's keys as a file that needs no ledger to be checked.

    Args:
        store: The ledger, opened for writing: it signs a checkpoint.
        with_releases: Whether each release is proven too, so that what a revoked key
            signed in time can be told from what a thief signed with it later.
    """
    wanted = (ROTATED, REVOKED, *((SIGNED,) if with_releases else ()))
    origin, first = store.look(read_founding)
    entries = sorted(
        (entry for action in wanted for entry in store.entries(action)),
        key=lambda entry: entry.index,
    )
    proofs: list[Json] = [store.inclusion(entry.index) for entry in entries]
    told: Json = {
        "schema": SCHEMA,
        "first": verifier_line(origin, first),
        "checkpoint": store.checkpoint(),
        "proofs": proofs,
    }
    return f"{json.dumps(told, ensure_ascii=False, indent=1)}\n"


def is_history(text: str) -> bool:
    """Tell whether a text is meant as a file of keys, and not as one key."""
    return text.lstrip().startswith("{")


def read_history(text: str) -> KeyHistory:
    """Read a file of keys; which of them is to be trusted, the caller has to know.

    Raises:
        IntegrityError: It is no such file, or a proof in it does not hold.
    """
    with boundary(IntegrityError, "read the file of keys"):
        if len(text) > _LARGEST:
            raise ValueError("it is too large")
        told = json.loads(text)
        if told["schema"] != SCHEMA:
            raise ValueError(f"its schema is {told['schema']!r}, not {SCHEMA!r}")
        first = read_verifier(str(told["first"]))
        proofs = [str(one) for one in told["proofs"]]
        entries = [read_entry(read_tlog_proof(one).extra.decode()) for one in proofs]
        note = str(told["checkpoint"])
    keys = [one for one in entries if one.action in {ROTATED, REVOKED}]
    chain = read_chain(first, keys)
    size = open_by_chain(note, chain).size
    if chain.keys[-1][0] > size:
        raise _refused("the key in force did not sign its checkpoint")
    for proof, entry in zip(proofs, entries, strict=True):
        _refuse_unproven(proof, entry, chain)
    return KeyHistory(chain=chain, size=size, releases=_releases(entries))


def read_keys(text: str) -> KeyChain:
    """Give a ledger's keys out of the line of one of them, or out of a file of keys.

    Raises:
        IntegrityError: It is neither, or does not hold.
    """
    if is_history(text):
        return read_history(text).chain
    origin, key = read_verifier(text)
    return KeyChain(origin=origin, keys=((0, key),))


def _refuse_unproven(proof: str, entry: Entry, chain: KeyChain) -> None:
    _, proven = open_tlog_proof(proof, chain.current, origin=chain.origin)
    if proven.index != entry.index:
        raise _refused(f"entry {proven.index} says that it is entry {entry.index}")


def _releases(entries: Iterable[Entry]) -> dict[str, int]:
    return {
        str(entry.details.get("release")): entry.index
        for entry in entries
        if entry.action == SIGNED
    }


def _refused(what: str) -> IntegrityError:
    return IntegrityError(
        f"the file of keys does not hold: {what}",
        hint="get it again from the ledger's owner: maalem ledger keys",
        code="store.keys",
    )
