# SPDX-License-Identifier: Apache-2.0
"""How a ledger gets a new key, so that a kill at any point leaves one that goes on.

The new key is on the disk before the ledger names it, and takes the old one's place
only after; `settle_keys` finishes on opening what a kill interrupted.
"""

import os
from pathlib import Path

from maalem.errors import DataError
from maalem.records import Json
from maalem.store.durable import facing_disk, sweep, sync_folder, write_whole
from maalem.store.entry import Entry
from maalem.store.folder import KEY, PUBLIC_KEY
from maalem.store.key_chain import (
    REVOKED,
    ROTATED,
    KeyChain,
    chain_in,
    rotation_details,
    short_name,
)
from maalem.store.keys import SigningKey, verifier_line
from maalem.store.notes import read_tree_head, take_apart
from maalem.store.protocol import Store

NEXT_KEY = KEY.with_name("ledger.next")
"""The key that is about to follow; it is there only during a rotation."""


def rotate_key(store: Store, folder: Path, *, keeps_old: bool = False) -> KeyChain:
    """Give a ledger a new key; the entry that says so is signed by both keys.

    Nobody else may write meanwhile.

    Args:
        store: The ledger, opened for writing.
        folder: Its folder.
        keeps_old: Whether the old private key is kept aside, in
            `keys/ledger-ID.key`; else it is overwritten and removed, which cannot
            reach copies in backups or what a disk keeps for itself.

    Returns:
        The ledger's keys from now on.

    Raises:
        SettingsError: Others may read or replace the key.
    """
    old, size = store.signing_key, _size(store.checkpoint())
    with facing_disk("make a new key"):
        new = SigningKey.create(folder / NEXT_KEY, store.origin)
    details = rotation_details(old, new, after=size, keeps_old=keeps_old)
    store.append(ROTATED, details=details)  # from here on the new key is the ledger's
    chain = store.look(chain_in)
    with facing_disk("put the new key in its place"):
        settle_keys(folder, chain)
    store.checkpoint()
    return chain


def revoke_key(store: Store, *, key: bytes, since: int, why: str) -> Entry | None:
    """Say in the ledger that a key of it is not believed after an entry.

    Args:
        store: The ledger, opened for writing.
        key: A key that is no longer in force.
        since: The last entry for which it is believed.
        why: The reason; it stands in the ledger for ever.

    Raises:
        DataError: It is the key in force or none of this ledger's, or there is no such
            entry.
    """
    chain, size = store.look(chain_in), _size(store.checkpoint())
    if key == chain.current:
        raise DataError(
            "the key in force cannot be revoked",
            why="nobody would be left to sign that it is",
            hint="maalem ledger rotate-key, then revoke the key before",
            code="store.key-in-force",
        )
    if key not in chain.public_keys or not 0 <= since < size:
        known = ", ".join(short_name(chain.origin, one) for one in chain.public_keys)
        raise DataError(
            f"this ledger has no such key, or no entry {since}",
            why=f"keys: {known}; entries 0 to {size - 1}",
            hint="maalem ledger keys",
            code="store.no-such-key",
        )
    line = verifier_line(chain.origin, key)
    details: dict[str, Json] = {"key": line, "since": since, "why": why}
    entry = store.append(REVOKED, details=details)
    store.checkpoint()
    return entry


def settle_keys(folder: Path, chain: KeyChain) -> None:
    """Finish a rotation that the ledger knows of, and undo one that it does not."""
    waiting, place = folder / NEXT_KEY, folder / KEY
    sweep(place.parent)
    if waiting.exists():
        follower = SigningKey.load(waiting, chain.origin)
        if follower.public_bytes == chain.current:
            _take_place(waiting, place, chain)
        else:
            waiting.unlink()  # it has signed nothing that anybody saw
            sync_folder(place.parent)
    public, line = folder / PUBLIC_KEY, f"{chain.verifier}\n".encode()
    if len(chain.keys) > 1 and (not public.exists() or public.read_bytes() != line):
        write_whole(public, line, mode=0o644)


def _take_place(waiting: Path, place: Path, chain: KeyChain) -> None:
    """Let the new key's file take the old one's name, which is the commit."""
    if chain.keeps_old:
        aside = place.with_name(f"ledger-{_id_before(chain)}.key")
        if not aside.exists():
            os.link(place, aside)
            sync_folder(place.parent)
        waiting.replace(place)
        sync_folder(place.parent)
        return
    with place.open("r+b") as old:
        waiting.replace(place)
        sync_folder(place.parent)
        old.write(bytes(os.fstat(old.fileno()).st_size))  # the name is gone already
        old.flush()
        os.fsync(old.fileno())


def _id_before(chain: KeyChain) -> str:
    return short_name(chain.origin, chain.keys[-2][1])


def _size(note: str) -> int:
    return read_tree_head(take_apart(note)[0]).size
