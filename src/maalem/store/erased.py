# SPDX-License-Identifier: Apache-2.0
"""What the ledger says was erased: by whom, when and why."""

import json
from collections.abc import Collection, Iterable

from maalem.errors import DataError
from maalem.records import Erasure, from_json
from maalem.store.rows import read_entry
from maalem.store.tables import Tables

BLOB = "blob"
"""What stands for a kind where a blob was erased."""

_PIECE = 500  # SQLite takes 999 parameters and more
_ENTRY = (
    "SELECT entry.body FROM erased JOIN entry ON entry.seq = erased.entry "
    "WHERE erased.kind = ? AND erased.id = ?"
)
_ERASURE = "SELECT body FROM record WHERE entry = ? AND kind = ?"


def is_erased(tables: Tables, kind: str, name: str) -> bool:
    """Tell whether the content of a record, or a blob, was erased."""
    query = "SELECT 1 FROM erased WHERE kind = ? AND id = ?"
    return tables.execute(query, (kind, name)).fetchone() is not None


def refuse_erased(tables: Tables, kind: str, names: Iterable[str]) -> None:
    """Refuse to keep again what was erased.

    Raises:
        DataError: One of the names was erased.
    """
    found = erased_among(tables, kind, list(names))
    if found:
        raise erased_error(tables, kind, min(found))


def erased_among(tables: Tables, kind: str, names: Collection[str]) -> set[str]:
    """Give those of some names whose content was erased."""
    found: set[str] = set()
    waiting = list(names)
    for start in range(0, len(waiting), _PIECE):
        some = waiting[start : start + _PIECE]
        marks = ",".join("?" * len(some))
        query = f"SELECT id FROM erased WHERE kind = ? AND id IN ({marks})"  # noqa: S608  # question marks only
        found |= {name for (name,) in tables.execute(query, (kind, *some))}
    return found


def erased_error(tables: Tables, kind: str, name: str) -> DataError:
    """Say who erased something, when and why."""
    why = "the ledger does not say by whom"
    told = tables.execute(_ENTRY, (kind, name)).fetchone()
    if told is not None:
        entry = read_entry(told[0])
        why = f"by {entry.actor} at {entry.at}, entry {entry.index} of the ledger"
        row = tables.execute(_ERASURE, (entry.index, Erasure.kind)).fetchone()
        if row is not None:
            why += f": {from_json(Erasure, json.loads(row[0])).reason}"
    return DataError(
        f"the {_noun(kind)} {name} was erased",
        why=why,
        hint="what was erased does not come back; leave it out",
        code="store.erased",
    )


def _noun(kind: str) -> str:
    return kind.partition(".")[0].replace("-", " ")
