# SPDX-License-Identifier: Apache-2.0
"""Small real stores, and ways to do them harm."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from maalem.records import (
    Annotation,
    Digest,
    Document,
    Erasure,
    Item,
    Passage,
    Record,
    digest_bytes,
    digest_of,
)
from maalem.store import FolderStore, create_store, open_store
from maalem.store.merkle import grown_nodes, leaf_hash
from maalem.store.notes import sign_note
from maalem.store.schema import DATABASE

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def noon() -> datetime:
    return NOON


def an_annotation(
    number: int = 0, *, task: str = "faults", label: str = "yes"
) -> Annotation:
    return Annotation(
        id=digest_of(["annotation", number]),
        item=digest_of(["item", number]),
        task=task,
        annotator="expert:3f2a",
        labels=(label,),
    )


def a_document(number: int = 0, *, text: str = "hydraulic leak") -> Document:
    return Document(
        id=digest_of(["document", number]),
        source="orders.csv",
        place=f"row {number}",
        file=digest_bytes(b"orders"),
        text=text,
    )


def a_passage(number: int = 0, *, text: str = "hydraulic leak") -> Passage:
    return Passage(
        id=digest_of(["passage", number]),
        document=digest_of(["document", number]),
        start=0,
        end=len(text),
        text=text,
        language="en",
        group=f"group {number}",
    )


def an_item(number: int = 0, *, text: str = "hydraulic leak") -> Item:
    return Item(
        id=digest_of(["item", number]),
        task="faults",
        passage=digest_of(["passage", number]),
        text=text,
        group=f"group {number}",
        language="en",
    )


def an_erasure(
    *records: Record, blobs: tuple[Digest, ...] = (), reason: str = "asked by letter"
) -> Erasure:
    erased = tuple((record.kind, record.id) for record in records)
    return Erasure(
        id=digest_of(["erasure", [list(name) for name in erased], [*blobs]]),
        subject=f"document:{erased[0][1] if erased else 'none'}",
        erased=erased,
        blobs=blobs,
        reason=reason,
        at="2026-11-25T09:00:00Z",
    )


def a_store(
    folder: Path, *, origin: str = "example.org/ledger", database: str = "sqlite"
) -> FolderStore:
    return create_store(
        folder, origin=origin, clock=noon, actor="owner", database=database
    )


def opened(
    folder: Path, *, read_only: bool = False, database: str = "sqlite"
) -> FolderStore:
    return open_store(
        folder, clock=noon, actor="owner", read_only=read_only, database=database
    )


def a_history(folder: Path, *, entries: int = 12, database: str = "sqlite") -> Path:
    """Leave a closed store: entries 1 to n-1 of two records, each third with a blob.

    Checkpoints are signed over 5 entries and over all.
    """
    with a_store(folder, database=database) as store:
        for number in range(1, entries):
            if number % 3 == 0:
                store.put(b"blob %d" % number)
            store.append(
                "import",
                [an_annotation(2 * number), an_annotation(2 * number + 1)],
                details={"file": f"part-{number}"},
            )
            if number == 4:
                store.checkpoint()
    return folder


def change(folder: Path, *statements: str) -> None:
    """Do what an administrator with a SQLite shell can do."""
    with closing(sqlite3.connect(folder / DATABASE, isolation_level=None)) as shell:
        names = shell.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall()
        for name, _ in names:
            shell.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            shell.execute(statement)
        for _, sql in names:  # a careful one puts the guards back
            shell.execute(sql)


def rebuild_tree(folder: Path) -> None:
    """Compute the tree anew over whatever the entries say now."""
    with closing(sqlite3.connect(folder / DATABASE, isolation_level=None)) as shell:
        bodies = [b for (b,) in shell.execute("SELECT body FROM entry ORDER BY seq")]
    nodes: dict[tuple[int, int], bytes] = {}
    for size, body in enumerate(bodies):
        grown = grown_nodes(size, leaf_hash(body.encode()), lambda *at: nodes[at])
        for level, position, digest in grown:
            nodes[level, position] = digest
    change(
        folder,
        "DELETE FROM node",
        *(
            f"INSERT INTO node VALUES ({level}, {position}, x'{digest.hex()}')"
            for (level, position), digest in nodes.items()
        ),
    )


def sign_as_owner(folder: Path, text: str) -> str:
    with opened(folder, read_only=True) as store:
        return sign_note(text, store.signing_key)
