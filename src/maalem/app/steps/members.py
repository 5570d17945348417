# SPDX-License-Identifier: Apache-2.0
"""What the tables know of a person by name, and how all of it is taken away.

Where the desk is not installed, somebody can still be forgotten.
"""

from maalem.store import Store
from maalem.store.tables import Tables

_KNOWN = "SELECT id FROM person WHERE id = ? OR email = ?"
_OWNERS = "SELECT id FROM person WHERE role = 'owner' AND is_active = 1"
_NAME = "SELECT name FROM person WHERE id = ?"
_USED = "DELETE FROM invitation WHERE used IS NOT NULL AND name = ?"
_THEIRS = (
    "DELETE FROM session WHERE person = ?",
    "DELETE FROM identity WHERE person = ?",
    "DELETE FROM invitation WHERE person = ?",
    "DELETE FROM person_key WHERE person = ?",
    "DELETE FROM person WHERE id = ?",
)


def find_member(store: Store, what: str) -> str | None:
    """Give the pseudonym of whom an e-mail address or a pseudonym means, if anybody."""
    values = (what, what.lower())
    row = store.look(lambda tables: tables.execute(_KNOWN, values).fetchone())
    return str(row[0]) if row else None


def is_only_owner(store: Store, person: str) -> bool:
    """Tell whether nobody but this person may lead the project."""
    rows = store.look(lambda tables: tables.execute(_OWNERS).fetchall())
    return [row[0] for row in rows] == [person]


def erase_member(tables: Tables, person: str) -> None:
    """Take away name, e-mail, password, sign-in, sessions, keys and used invitations.

    It belongs inside a change of the store; twice is once.
    """
    row = tables.execute(_NAME, (person,)).fetchone()
    if row is not None:
        tables.execute(_USED, (row[0],))
    for statement in _THEIRS:
        tables.execute(statement, (person,))
