# SPDX-License-Identifier: Apache-2.0
"""The tables of what was erased, and the one change that a record row may see."""

_SAME = " AND ".join(
    f"NEW.{column} = OLD.{column}"
    for column in ("seq", "entry", "kind", "id", "topic", "leaf")
)
_NAMED = "SELECT 1 FROM erased WHERE erased.kind = OLD.kind AND erased.id = OLD.id"

NO_UPDATE = "DROP TRIGGER record_update"
"""Takes away the guard that allowed no change at all."""

ONLY_EMPTYING = (
    "CREATE TRIGGER record_update BEFORE UPDATE ON record "
    f"WHEN NOT (NEW.body = '' AND {_SAME} AND NEW.key IS OLD.key AND EXISTS ({_NAMED}))"
    " BEGIN SELECT RAISE(ABORT, 'append-only'); END"
)
"""The guard that lets the body of an erased record become empty, and nothing else."""

ONLY_EMPTIED = (
    f"BEGIN IF NEW.body = '' AND {_SAME} AND NEW.key IS NOT DISTINCT FROM OLD.key "
    f"AND EXISTS ({_NAMED}) THEN RETURN NEW; END IF; "
    "RAISE EXCEPTION 'append-only'; END"
)
"""The same, as the body of a function of PostgreSQL."""

ERASING_TABLES = (
    # Number of the key that a body is encrypted under; none where it is in the clear.
    "ALTER TABLE record ADD COLUMN key INTEGER",
    "CREATE INDEX record_by_key ON record (key) WHERE key IS NOT NULL",
    # What the erasures in the ledger name, for looking up; a blob has the kind `blob`.
    """CREATE TABLE erased (
        kind TEXT NOT NULL,
        id TEXT NOT NULL,
        entry INTEGER NOT NULL,
        PRIMARY KEY (kind, id)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX erased_by_entry ON erased (entry)",
    # Entries whose erasure is in the ledger, while its traces are not all gone.
    "CREATE TABLE erasing (entry INTEGER PRIMARY KEY) STRICT",
    *(
        f"CREATE TRIGGER erased_{deed.lower()} BEFORE {deed} ON erased "
        "BEGIN SELECT RAISE(ABORT, 'append-only'); END"
        for deed in ("UPDATE", "DELETE")
    ),
    NO_UPDATE,
    ONLY_EMPTYING,
)
"""What a store needs that can forget."""
