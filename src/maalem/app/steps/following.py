# SPDX-License-Identifier: Apache-2.0
"""A witness follows the ledgers that it watches from one key to the next."""

from maalem.app.workspace import Workspace
from maalem.errors import DataError, IntegrityError
from maalem.store.key_chain import short_name
from maalem.store.key_history import read_history
from maalem.store.keys import read_verifier, verifier_line
from maalem.store.notes import take_apart

_FOLLOWED = "witness.follow"  # entry of a witness


def key_followed(work: Workspace, origin: str) -> bytes | None:
    """Give the key of a watched ledger as this project knows it; none if unwatched.

    The settings name the first one that was trusted; the project's own ledger tells
    where that has led since.
    """
    key = dict(map(read_verifier, work.project.ledger.watched)).get(origin)
    for entry in work.store.entries(_FOLLOWED):
        told = entry.details
        if told["origin"] == origin and read_verifier(str(told["old"]))[1] == key:
            key = read_verifier(str(told["new"]))[1]
    return key


def follow_rotation(work: Workspace, text: str) -> bytes:
    """Follow a watched ledger to the key in force, and write that down.

    Args:
        work: The opened project of the witness.
        text: The file of keys of the ledger that is watched.

    Returns:
        The key from now on.

    Raises:
        DataError: No such ledger is watched.
        IntegrityError: The file does not hold, or does not lead on from the key that
            is known.
    """
    chain = read_history(text).chain
    known = key_followed(work, chain.origin)
    if known is None:
        raise DataError(
            f"this project does not watch the ledger {chain.origin!r}",
            hint="add the line of its keys/ledger.pub to [ledger] watched in "
            "maalem.toml",
            code="witness.unknown",
        )
    if known not in chain.public_keys:
        raise IntegrityError(
            f"the keys do not lead on from the one that is known of {chain.origin!r}",
            why=f"known is {short_name(chain.origin, known)}",
            hint="ask the ledger's owner, by another way, which key is theirs",
            code="witness.other-key",
        )
    if known != chain.current:
        old = verifier_line(chain.origin, known)
        details = {"origin": chain.origin, "old": old, "new": chain.verifier}
        work.store.append(_FOLLOWED, details=details)
    return chain.current


def refuse_other_key(checkpoint: str, *, origin: str, public: bytes) -> None:
    """Refuse a checkpoint of another key than the known one, and name what is needed.

    Raises:
        IntegrityError: The known key did not sign it.
    """
    name = bytes.fromhex(short_name(origin, public))
    if name not in [raw[:4] for _, raw in take_apart(checkpoint)[1]]:
        raise IntegrityError(
            f"the checkpoint of {origin!r} is not signed by the key that is known",
            why=f"known is {name.hex()}; its owner may have rotated it",
            hint="maalem ledger cosign FILE --keys THEIR.keys, written there by maalem "
            "ledger keys",
            code="witness.other-key",
        )
