# SPDX-License-Identifier: Apache-2.0
"""A project's ledger gets another key, or says that one is not believed any more."""

from dataclasses import dataclass
from pathlib import Path

from maalem.app.project import FILE
from maalem.app.workspace import Workspace, open_workspace
from maalem.errors import DataError
from maalem.release.signing import fingerprint
from maalem.store.durable import write_whole
from maalem.store.folder import PUBLIC_KEY
from maalem.store.key_chain import KeyChain, chain_in, short_name
from maalem.store.key_history import read_keys, write_history
from maalem.store.rotation import revoke_key, rotate_key

KEYS = Path("keys", "ledger.keys")
"""The file of keys in a project, which is for everybody to have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """A key of the ledger.

    Attributes:
        id: Eight digits, as signature lines name it.
        fingerprint: What two people compare on the telephone.
        begins: Entries from which on it signs.
        state: `in force`, `followed`, or `revoked`.
        since: The last entry for which a revoked key is believed.
        why: Why it was revoked.
    """

    id: str
    fingerprint: str
    begins: int
    state: str
    since: int | None = None
    why: str = ""


def rotate(work: Workspace, *, keeps_old: bool) -> tuple[KeyRow, ...]:
    """Give the ledger a new key, signed by the old and the new one."""
    chain = rotate_key(work.store, work.folder, keeps_old=keeps_old)
    keep_history(work)
    return rows_of(chain)


def revoke(
    work: Workspace, *, name: str | None, since: int, why: str
) -> tuple[KeyRow, ...]:
    """Say in the ledger that a key is not believed after an entry.

    Args:
        work: The opened project.
        name: Its eight digits; the key before the one in force, if left out.
        since: The last entry for which it is believed.
        why: The reason; it stands in the ledger for ever.

    Raises:
        DataError: There is no such key or entry, or the key is in force.
    """
    chain = work.store.look(chain_in)
    revoke_key(work.store, key=_key_named(chain, name), since=since, why=why)
    keep_history(work)
    return rows_of(work.store.look(chain_in))


def rows_of(chain: KeyChain) -> tuple[KeyRow, ...]:
    """Give every key of a ledger, the oldest first."""
    rows = []
    for begins, key in chain.keys:
        revoked = chain.find_revocation(key)
        rows.append(
            KeyRow(
                id=short_name(chain.origin, key),
                fingerprint=fingerprint(key),
                begins=begins,
                state="revoked"
                if revoked
                else ("in force" if key == chain.current else "followed"),
                since=revoked.since if revoked else None,
                why=revoked.why if revoked else "",
            )
        )
    return tuple(rows)


def keys_of(work: Workspace) -> str:
    """Give the file of keys that a release carries; empty while there is one key."""
    if len(work.store.look(chain_in).keys) == 1:
        return ""
    return write_history(work.store, with_releases=False)


def keep_history(work: Workspace) -> str:
    """Write the file of keys anew beside the public key, and give it."""
    text = write_history(work.store)
    write_whole(work.folder / KEYS, text.encode(), mode=0o644)
    return text


def find_keys(key: Path | None, folder: Path) -> KeyChain | None:
    """Give the keys to check with; none where nothing says which they are.

    Args:
        key: A public key or a file of keys, got by another way than what is checked.
        folder: The project whose keys count where no other are given; its ledger is
            asked, as it knows of every rotation and revocation.

    Raises:
        DataError: The file is no text.
        IntegrityError: The keys do not hold.
    """
    if key is None and (folder / FILE).is_file():
        with open_workspace(folder, read_only=True) as work:
            return work.store.look(chain_in)
    trusted = key or folder / PUBLIC_KEY
    if not trusted.is_file():
        return None
    try:
        return read_keys(trusted.read_text("utf-8"))
    except UnicodeDecodeError as error:
        raise DataError(f"{trusted} is no public key", why=str(error)) from error


def _key_named(chain: KeyChain, name: str | None) -> bytes:
    if name is None and len(chain.keys) > 1:
        return chain.public_keys[-2]
    for key in chain.public_keys:
        if short_name(chain.origin, key) == name or name is None:
            return key
    return b""
