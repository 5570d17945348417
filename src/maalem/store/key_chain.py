# SPDX-License-Identifier: Apache-2.0
"""The keys of a ledger one after another, and from when on one is no longer believed.

A rotation is an entry that the old and the new key have both signed, so that whoever
knows one key of a ledger can walk to the others. It does not know of a key that was
stolen and not yet revoked.
"""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from maalem.errors import IntegrityError
from maalem.records import Json
from maalem.store.entry import Entry
from maalem.store.keys import (
    SigningKey,
    key_id,
    read_verifier,
    signature_holds,
    verifier_line,
)
from maalem.store.notes import TreeHead, open_checkpoint, read_tree_head, take_apart
from maalem.store.rows import read_entry
from maalem.store.tables import Tables

ROTATED, REVOKED = "ledger.rotate", "ledger.revoke"
_KEPT = "kept"  # what became of an old key; else destroyed


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """That a key is not believed any more.

    Attributes:
        entry: The entry of the ledger that says so.
        key: The key, 32 bytes.
        since: The last entry for which it is believed.
        why: The reason.
    """

    entry: int
    key: bytes
    since: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyChain:
    """The keys of a ledger.

    Attributes:
        origin: Name of the ledger.
        keys: Each key with the size from which on it signs, the oldest first.
        revocations: What was revoked, in the ledger's order.
        keeps_old: Whether the newest rotation kept the old key's file.
    """

    origin: str
    keys: tuple[tuple[int, bytes], ...]
    revocations: tuple[Revocation, ...] = ()
    keeps_old: bool = False

    @property
    def current(self) -> bytes:
        """The key in force."""
        return self.keys[-1][1]

    @property
    def verifier(self) -> str:
        """The key in force, as one line."""
        return verifier_line(self.origin, self.current)

    @property
    def public_keys(self) -> tuple[bytes, ...]:
        """All keys, the oldest first."""
        return tuple(key for _, key in self.keys)

    def at(self, size: int) -> bytes:
        """Give the key that signs a checkpoint over that many entries."""
        return [key for begin, key in self.keys if begin <= max(size, 1)][-1]

    def find_revocation(self, key: bytes) -> Revocation | None:
        """Give the revocation of a key that believes it least, if there is one."""
        found = [one for one in self.revocations if one.key == key]
        return min(found, key=lambda one: one.since, default=None)


def read_founding(database: Tables) -> tuple[str, bytes]:
    """Give the ledger's name and first public key, as entry 0 says them.

    Raises:
        IntegrityError: Entry 0 is missing, or is not a founding entry.
    """
    row = database.execute("SELECT body FROM entry WHERE seq = 0").fetchone()
    verifier = read_entry(row[0]).details.get("verifier") if row else None
    if not isinstance(verifier, str):
        raise IntegrityError(
            "the ledger does not begin with its name and key",
            hint="restore the folder from a backup",
            code="store.damaged",
        )
    return read_verifier(verifier)


def chain_in(database: Tables) -> KeyChain:
    """Give the keys of a ledger by its tables.

    Raises:
        IntegrityError: Entry 0 is no founding entry, or a rotation does not hold.
    """
    query = "SELECT body FROM entry WHERE action IN (?, ?) ORDER BY seq"
    rows = database.execute(query, (ROTATED, REVOKED)).fetchall()
    return read_chain(read_founding(database), (read_entry(body) for (body,) in rows))


def read_chain(first: tuple[str, bytes], entries: Iterable[Entry]) -> KeyChain:
    """Walk from a ledger's first key through its rotations.

    Args:
        first: Name and first key of the ledger.
        entries: Its rotations and revocations, in order.

    Raises:
        IntegrityError: A rotation is not signed by the key before and the key after.
    """
    origin, key = first
    keys, revocations, kept = [(0, key)], list[Revocation](), False
    for entry in entries:
        if entry.action == ROTATED:
            keys.append((entry.index + 1, _rotated(origin, keys[-1][1], entry)))
            kept = entry.details.get("old_key") == _KEPT
        elif entry.action == REVOKED:
            revocations.append(_revoked(origin, entry))
    return KeyChain(
        origin=origin,
        keys=tuple(keys),
        revocations=tuple(revocations),
        keeps_old=kept,
    )


def open_by_chain(note: str, chain: KeyChain) -> TreeHead:
    """Read a checkpoint, if the key that was in force at its size signed it.

    Raises:
        IntegrityError: It is no checkpoint, another ledger's, or signed otherwise.
    """
    size = read_tree_head(take_apart(note)[0]).size
    return open_checkpoint(note, chain.at(size), origin=chain.origin)


def rotation_details(
    old: SigningKey, new: SigningKey, *, after: int, keeps_old: bool
) -> Mapping[str, Json]:
    """Give what the entry of a rotation says, signed by both keys.

    Args:
        old: The key in force.
        new: The key that follows it.
        after: Entries of the ledger now, which pins the rotation to its place.
        keeps_old: Whether the old key's file is kept aside.
    """
    told = _statement(old.verifier, new.verifier, after)
    return {
        "old": old.verifier,
        "new": new.verifier,
        "after": after,
        "old_key": _KEPT if keeps_old else "destroyed",
        "signature_old": base64.b64encode(old.sign(told)).decode(),
        "signature_new": base64.b64encode(new.sign(told)).decode(),
    }


def short_name(origin: str, key: bytes) -> str:
    """Give the eight digits by which signature lines name a key."""
    return key_id(origin, key).hex()


def _statement(old: str, new: str, after: int) -> bytes:
    return f"maalem/key-rotation/v1\n{after}\n{old}\n{new}\n".encode()


def _rotated(origin: str, key: bytes, entry: Entry) -> bytes:
    """Give the key that an entry rotates to."""
    told = entry.details
    try:
        after = int(str(told["after"]))
        old, new = (read_verifier(str(told[which])) for which in ("old", "new"))
        signed = _statement(str(told["old"]), str(told["new"]), after)
        marks = [
            base64.b64decode(str(told[which]), validate=True)
            for which in ("signature_old", "signature_new")
        ]
    except (KeyError, ValueError, IntegrityError) as error:
        raise _refused(entry, "it names no two keys") from error
    if old != (origin, key) or new[0] != origin or after > entry.index:
        raise _refused(entry, "it does not follow from the key before it")
    if not signature_holds(key, marks[0], signed):
        raise _refused(entry, "the old key did not sign it")
    if not signature_holds(new[1], marks[1], signed):
        raise _refused(entry, "the new key did not sign it")
    return new[1]


def _revoked(origin: str, entry: Entry) -> Revocation:
    try:
        name, key = read_verifier(str(entry.details["key"]))
        since = int(str(entry.details["since"]))
    except (KeyError, ValueError, IntegrityError) as error:
        raise _refused(entry, "it revokes no key") from error
    if name != origin:
        raise _refused(entry, "it revokes another ledger's key")
    why = str(entry.details.get("why", ""))
    return Revocation(entry=entry.index, key=key, since=since, why=why)


def _refused(entry: Entry, why: str) -> IntegrityError:
    return IntegrityError(
        f"entry {entry.index} does not change the ledger's key",
        why=why,
        hint="restore the ledger from a backup made before that entry",
        code="store.rotation",
    )
