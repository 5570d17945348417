# SPDX-License-Identifier: Apache-2.0
"""Whether the stored tree and the signed checkpoints agree with the entries.

Whole levels are fetched at once: no query is made for a single node.
"""

from collections.abc import Sequence

from maalem.errors import IntegrityError
from maalem.store.audit_rows import Fault
from maalem.store.database import Database
from maalem.store.durable import DATABASE_ERRORS
from maalem.store.key_chain import KeyChain, open_by_chain
from maalem.store.merkle import WIDTH, next_level, node_in, tree_root
from maalem.store.notes import TreeHead


def node_faults(database: Database, levels: Sequence[bytes]) -> list[Fault]:
    """Compare the stored tree, level by level, with what it must be.

    A node is held against the stored nodes below it, so that an altered node does not
    put the blame on those above.

    Args:
        database: The snapshot.
        levels: The tree over the leaves that were read.
    """
    faults, below, blamed = list[Fault](), b"", set[int]()
    try:
        for level, computed in enumerate(levels):
            stored, gap = _stored_level(database, level, len(computed) // WIDTH)
            if gap is not None:
                what = f"the tree has a gap or a leftover at entry {gap << level}"
                return [*faults, Fault(gap << level, what)]
            intact = level == 0 or below == levels[level - 1]
            expected = computed if intact else next_level(below)
            wrong = _differing(stored, expected)
            faults += [
                Fault(place << level, _altered(level, place))
                for place in sorted(wrong)
                if blamed.isdisjoint({2 * place, 2 * place + 1})
            ]
            below, blamed = stored, wrong
        faults += _levels_too_many(database, levels)
    except DATABASE_ERRORS as error:
        faults.append(Fault(None, f"the tree cannot be read: {error}"))
    return faults


def _levels_too_many(database: Database, levels: Sequence[bytes]) -> list[Fault]:
    query = "SELECT 1 FROM node WHERE level NOT BETWEEN 0 AND ? LIMIT 1"
    if database.execute(query, (len(levels) - 1,)).fetchone() is None:
        return []
    size = len(levels[0]) // WIDTH
    return [Fault(size, f"the tree has levels that {size} entries do not give")]


def _stored_level(
    database: Database, level: int, length: int
) -> tuple[bytes, int | None]:
    """Give a level's hashes, and the first place that is missing or too many."""
    bounds = "SELECT count(*), min(position), max(position) FROM node WHERE level = ?"
    found = database.execute(bounds, (level,)).fetchone()
    if found != ((length, 0, length - 1) if length else (0, None, None)):
        return b"", _first_gap(database, level, length)
    hashes = bytearray()
    query = "SELECT hash FROM node WHERE level = ? ORDER BY position"
    for (stored,) in database.execute(query, (level,)):
        hashes += stored
    return bytes(hashes), None


def _first_gap(database: Database, level: int, length: int) -> int:
    query = "SELECT position FROM node WHERE level = ? ORDER BY position"
    place = 0
    for (position,) in database.execute(query, (level,)):
        if position != place or place == length:
            break
        place += 1
    return place


def _differing(stored: bytes, expected: bytes) -> set[int]:
    if stored == expected:
        return set()
    return {
        start // WIDTH
        for start in range(0, len(expected), WIDTH)
        if stored[start : start + WIDTH] != expected[start : start + WIDTH]
    }


def _altered(level: int, place: int) -> str:
    if level == 0:
        return f"entry {place} is not what the tree says it was"
    first, last = place << level, (place + 1 << level) - 1
    return f"the tree node over entries {first} to {last} was altered"


def checkpoint_faults(
    database: Database,
    levels: Sequence[bytes],
    *,
    chain: KeyChain,
    kept: Sequence[str],
) -> tuple[int, list[Fault]]:
    """Compare signed checkpoints with the ledger; all agree, or one is named.

    A checkpoint that disagrees touches the first entry that no smaller, agreeing
    checkpoint vouches for.

    Args:
        database: The snapshot.
        levels: The tree over the leaves that were read.
        chain: The ledger's keys.
        kept: Checkpoints from outside the database.

    Returns:
        How many agree, and what disagrees.
    """
    heads, faults = _heads(database, chain, kept)
    size, agreed, agreeing = len(levels[0]) // WIDTH, 0, 0
    for head in sorted(heads, key=lambda head: head.size):
        if head.size > size:
            what = f"entries from {size} on are cut off: {head.size} were signed"
            faults.append(Fault(size, what))
        elif tree_root(head.size, node_in(levels)) != head.root:
            what = (
                f"entries {agreed} to {head.size - 1} are not those that "
                f"the checkpoint over {head.size} entries signed"
            )
            faults.append(Fault(agreed, what, covers=head.size))
        else:
            agreed, agreeing = head.size, agreeing + 1
    return agreeing, faults


def _heads(
    database: Database, chain: KeyChain, kept: Sequence[str]
) -> tuple[list[TreeHead], list[Fault]]:
    """Open all checkpoints; one that the ledger's key did not sign is a fault."""
    heads, faults, before = list[TreeHead](), list[Fault](), 0
    try:
        stored = database.execute("SELECT size, note FROM checkpoint ORDER BY size")
        notes = [(size, note.decode(errors="replace")) for size, note in stored]
    except DATABASE_ERRORS as error:
        notes = []
        faults.append(Fault(None, f"the checkpoints cannot be read: {error}"))
    for size, note in [*notes, *((None, note) for note in kept)]:
        try:
            head = open_by_chain(note, chain)
            _refuse_revoked(head, chain, is_outside=size is None)
        except IntegrityError as error:
            what = f"the checkpoint over {size} entries is forged: {error}"
            if size is None:
                what = (
                    "the checkpoint kept outside is forged, or this ledger was begun "
                    f"anew with another key: {error}"
                )
            faults.append(Fault(None if size is None else before, what))
            continue
        if size not in {None, head.size}:
            what = f"the checkpoint over {size} entries was replaced"
            faults.append(Fault(before, what))
        heads.append(head)
        before = head.size
    return heads, faults


def _refuse_revoked(head: TreeHead, chain: KeyChain, *, is_outside: bool) -> None:
    """Refuse a checkpoint from outside that a revoked key signed after its time.

    Those in the database are believed, since a later key signed the same tree.
    """
    revoked = chain.find_revocation(chain.at(head.size))
    if is_outside and revoked is not None and head.size - 1 > revoked.since:
        raise IntegrityError(
            f"a revoked key signed it, after entry {revoked.since}: {revoked.why}"
        )
