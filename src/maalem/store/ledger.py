# SPDX-License-Identifier: Apache-2.0
"""The ledger's tables: entries, the subtrees over them, signed checkpoints.

The caller has the connection to itself and, for what writes, a transaction open.
"""

from collections.abc import Collection, Sequence

from maalem.errors import DataError, IntegrityError
from maalem.records import Digest
from maalem.store.database import Database
from maalem.store.durable import DamageError
from maalem.store.entry import Entry
from maalem.store.erased import refuse_erased
from maalem.store.key_chain import KeyChain, open_by_chain
from maalem.store.keys import SigningKey
from maalem.store.merkle import (
    NodeAt,
    grown_nodes,
    inclusion_path,
    leaf_hash,
    tree_root,
)
from maalem.store.notes import (
    TlogProof,
    TreeHead,
    read_tree_head,
    sign_note,
    write_tlog_proof,
)
from maalem.store.rows import Row, entry_body
from maalem.store.tables import Tables


def ledger_size(database: Tables) -> int:
    """Count the entries."""
    query = "SELECT seq FROM entry ORDER BY seq DESC LIMIT 1"
    last = database.execute(query).fetchone()
    return 0 if last is None else int(last[0]) + 1


def has_grown(tables: Tables, since: int, *, besides: str) -> bool:
    """Tell whether there are entries from an index on, other than of one action.

    Args:
        tables: The ledger.
        since: The index.
        besides: The action that does not count.
    """
    query = "SELECT 1 FROM entry WHERE seq >= ? AND action <> ? LIMIT 1"
    return tables.execute(query, (since, besides)).fetchone() is not None


def stored_nodes(database: Tables) -> NodeAt:
    """Give access to the stored subtrees."""

    def node_at(level: int, position: int) -> bytes:
        row = database.execute(
            "SELECT hash FROM node WHERE level = ? AND position = ?", (level, position)
        ).fetchone()
        if row is None:
            raise DamageError(f"tree node ({level}, {position}) is missing")
        found: bytes = row[0]
        return found

    return node_at


class Tail:
    """The end of the ledger, as the open transaction has made it.

    What it has looked up or added it keeps, so that many appends in one transaction
    look up the size, and each node, once.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._stored = stored_nodes(database)
        self.forget()

    def forget(self) -> None:
        """Look everything up again: a transaction begins, or part of it was undone."""
        self._size: int | None = None
        self._nodes: dict[tuple[int, int], bytes] = {}

    @property
    def size(self) -> int:
        """Entries."""
        if self._size is None:
            self._size = ledger_size(self._database)
        return self._size

    def add(self, entry: Entry) -> None:
        """Add an entry and the subtrees that it completes."""
        body = entry_body(entry)
        grown = list(grown_nodes(entry.index, leaf_hash(body), self._node_at))
        self._database.execute(
            "INSERT INTO entry VALUES (?, ?, ?)",
            (entry.index, entry.action, body.decode()),
        )
        self._database.executemany("INSERT INTO node VALUES (?, ?, ?)", grown)
        self._size = entry.index + 1
        self._nodes |= {(level, place): digest for level, place, digest in grown}

    def _node_at(self, level: int, position: int) -> bytes:
        known = self._nodes.get((level, position))
        return self._stored(level, position) if known is None else known


def write_rows(
    database: Database,
    rows: Sequence[Row],
    blobs: Sequence[tuple[str, int]],
    *,
    entry: int,
) -> None:
    """Add the record rows and blob rows of an entry."""
    database.executemany(
        "INSERT INTO record (entry, kind, id, topic, body, leaf, key) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(entry, r.kind, r.id, r.topic, r.body, r.leaf, r.key) for r in rows],
    )
    if blobs:
        database.executemany(
            "INSERT INTO blob VALUES (?, ?, ?)",
            [(digest, size, entry) for digest, size in blobs],
        )


def unnamed(
    database: Database, blobs: Sequence[tuple[Digest, int]]
) -> list[tuple[Digest, int]]:
    """Leave out blobs that an entry has named already."""
    query = "SELECT 1 FROM blob WHERE digest = ?"
    return [
        blob for blob in blobs if database.execute(query, blob[:1]).fetchone() is None
    ]


def without_known(database: Database, rows: Sequence[Row]) -> list[Row]:
    """Leave out rows whose kind and id are there already, or came before.

    Raises:
        DataError: The content of one of them was erased.
    """
    fresh = {(row.kind, row.id): row for row in reversed(rows)}
    known: set[tuple[str, str]] = set()
    for kind in {row.kind for row in rows}:
        names = [name for of_kind, name in fresh if of_kind == kind]
        there = _known_names(database, kind, names)
        refuse_erased(database, kind, there)
        known.update((kind, name) for name in there)
    return [
        row
        for row in rows
        if fresh.get((row.kind, row.id)) is row and (row.kind, row.id) not in known
    ]


def _known_names(database: Database, kind: str, names: Collection[str]) -> list[str]:
    found: list[str] = []
    waiting = list(names)
    for start in range(0, len(waiting), 500):  # SQLite takes 999 parameters and more
        some = waiting[start : start + 500]
        marks = ",".join("?" * len(some))
        rows = database.execute(
            f"SELECT id FROM record WHERE kind = ? AND id IN ({marks})",  # noqa: S608  # question marks only
            (kind, *some),
        )
        found.extend(name for (name,) in rows)
    return found


def signed_checkpoint(database: Database, key: SigningKey) -> str:
    """Give the checkpoint of the ledger as it stands, signing it if it is new."""
    size = ledger_size(database)
    stored = database.execute(
        "SELECT note FROM checkpoint WHERE size = ?", (size,)
    ).fetchone()
    if stored is not None:
        old: str = stored[0]
        return old
    root = tree_root(size, stored_nodes(database))
    note = sign_note(TreeHead(origin=key.name, size=size, root=root).text, key)
    database.execute("INSERT INTO checkpoint VALUES (?, ?)", (size, note))
    return note


def newest_checkpoint(database: Database) -> list[str]:
    """Give the checkpoint that was signed last; none in a new ledger."""
    query = "SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1"
    return [note for (note,) in database.execute(query)]


def refuse_fork(database: Database, chain: KeyChain, notes: Sequence[str]) -> None:
    """Refuse to go on with a ledger that is not what was signed last.

    A ledger put back to an earlier state would otherwise sign a second history.

    Args:
        database: The ledger.
        chain: Its keys.
        notes: Checkpoints from outside the database.

    Raises:
        IntegrityError: Entries that a checkpoint signed are missing or others.
    """
    size = ledger_size(database)
    for note in [*newest_checkpoint(database), *notes]:
        head = open_by_chain(note, chain)
        if head.size > size or head.root != tree_root(
            head.size, stored_nodes(database)
        ):
            raise IntegrityError(
                f"the ledger of {size} entries is not the one that was signed",
                why=f"the checkpoint over {head.size} entries does not fit it",
                hint="restore the database; if its end is lost for ever, move "
                "ledger.checkpoint away and tell whoever keeps checkpoints",
                code="store.fork",
            )


def proof_of(database: Database, index: int, checkpoint: str) -> str:
    """Write the proof that an entry is in the tree of a checkpoint.

    Raises:
        DataError: The checkpoint's tree has no such entry.
    """
    size = read_tree_head(checkpoint.rpartition("\n\n")[0] + "\n").size
    if not 0 <= index < size:
        raise DataError(
            f"the ledger has no entry {index}",
            hint=f"its entries are 0 to {size - 1}",
            code="store.no-entry",
        )
    query = "SELECT body FROM entry WHERE seq = ?"
    row = database.execute(query, (index,)).fetchone()
    if row is None:
        raise DamageError(f"entry {index} is missing")
    leaf: str = row[0]
    path = inclusion_path(index, size, stored_nodes(database))
    proof = TlogProof(
        index=index, path=tuple(path), checkpoint=checkpoint, extra=leaf.encode()
    )
    return write_tlog_proof(proof)
