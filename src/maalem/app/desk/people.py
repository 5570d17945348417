# SPDX-License-Identifier: Apache-2.0
"""Who the people of a project are: names in a table, pseudonyms in the ledger."""

import secrets
from dataclasses import dataclass

from maalem.app.desk.permissions import ROLES
from maalem.app.desk.refusals import RefusedError
from maalem.app.desk.speech import LANGUAGES
from maalem.records import Json
from maalem.store import Store
from maalem.store.tables import Cells, Tables

_COLUMNS = "id, name, email, language, role, secret, is_active, created, reads"
PERSON_ROLES = tuple(role for role in ROLES if role != "service")
"""Roles that a person may have; `service` is for API keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person of the project.

    Attributes:
        id: Pseudonym, as records and ledger know them.
        name: What people call them.
        email: Address they sign in with, in small letters; none for a person who was
            erased or never gave one.
        language: Language of their pages.
        role: One of `PERSON_ROLES`.
        secret: Argon2id hash of their password; none for those who sign in elsewhere.
        is_active: Whether they may sign in.
        created: When they came, in seconds since 1970.
        reads: Languages of the passages that they are given; empty for all.
    """

    id: str
    name: str
    email: str | None
    language: str
    role: str
    secret: str | None
    is_active: bool
    created: float
    reads: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """What is known of somebody who joins.

    Attributes:
        name: What people call them, up to 200 characters.
        email: Address they sign in with.
        language: Language of their pages.
        role: One of `PERSON_ROLES`.
    """

    name: str
    email: str | None
    language: str
    role: str

    def __post_init__(self) -> None:
        is_named = 0 < len(self.name.strip()) <= 200 and self.name.isprintable()
        _refuse_unless(is_named, "the name must have 1 to 200 printable characters")
        _refuse_unless(self.language in LANGUAGES, "the language is not spoken here")
        _refuse_unless(self.role in PERSON_ROLES, "there is no such role")
        if self.email is not None:
            email = address(self.email)
            before, _, after = email.partition("@")
            is_address = before and after and len(email) <= 254
            is_plain = email.isprintable() and " " not in email
            _refuse_unless(bool(is_address and is_plain), "that is no e-mail address")


def _refuse_unless(holds: bool, what: str) -> None:  # noqa: FBT001  # reads as a law
    if not holds:
        raise RefusedError(what, status=422, code="people.value")


def new_member(newcomer: Newcomer, *, now: float, secret: str | None) -> Member:
    """Give somebody who joins a pseudonym; nothing is written.

    Args:
        newcomer: Who.
        now: Seconds since 1970.
        secret: Hash of their password, if they have one.
    """
    return Member(
        id=f"expert:{secrets.token_hex(8)}",
        name=newcomer.name.strip(),
        email=address(newcomer.email) if newcomer.email else None,
        language=newcomer.language,
        role=newcomer.role,
        secret=secret,
        is_active=True,
        created=now,
    )


def insert(tables: Tables, member: Member) -> None:
    """Write a new person down; belongs inside a change of the store.

    Raises:
        RefusedError: The e-mail address belongs to somebody already.
    """
    taken = "SELECT 1 FROM person WHERE email = ?"
    if member.email and tables.execute(taken, (member.email,)).fetchone():
        raise RefusedError(
            "that e-mail address belongs to somebody already",
            status=409,
            code="people.taken",
        )
    query = f"INSERT INTO person ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608  # fixed columns
    tables.execute(query, _row_of(member))


def create(
    store: Store,
    newcomer: Newcomer,
    *,
    now: float,
    by: str,
    secret: str | None = None,
) -> Member:
    """Let somebody join; the ledger learns their pseudonym and role.

    Args:
        store: The project's store.
        newcomer: Who.
        secret: Hash of their password, if they have one.
        now: Seconds since 1970.
        by: Pseudonym of who let them in.

    Raises:
        RefusedError: The e-mail address belongs to somebody already.
    """
    member = new_member(newcomer, now=now, secret=secret)
    store.change(lambda tables: insert(tables, member))
    tell_role(store, member, by=by)
    return member


def tell_role(store: Store, member: Member, *, by: str) -> None:
    """Enter in the ledger which role a pseudonym has from now on."""
    details: dict[str, Json] = {"person": member.id, "role": member.role, "by": by}
    store.append("people.role", details=details)


def find(store: Store, person: str) -> Member | None:
    """Give a person by pseudonym, if there is one."""
    return _find(store, "id", person)


def find_by_email(store: Store, email: str) -> Member | None:
    """Give a person by e-mail address, if there is one."""
    return _find(store, "email", address(email))


def everyone(store: Store) -> list[Member]:
    """Give all people, by name."""
    query = f"SELECT {_COLUMNS} FROM person ORDER BY name, id"  # noqa: S608  # as above
    return [
        _member(row)
        for row in store.look(lambda tables: tables.execute(query).fetchall())
    ]


def reading(store: Store) -> dict[str, tuple[str, ...]]:
    """Give the languages that people say they read; who said nothing is left out."""
    query = "SELECT id, reads FROM person WHERE reads != ''"
    rows = store.look(lambda tables: tables.execute(query).fetchall())
    return {row[0]: tuple(row[1].split()) for row in rows}


def address(email: str) -> str:
    """Give an e-mail address the one form in which it is kept and compared."""
    return email.strip().lower()


def owners(tables: Tables) -> set[str]:
    """Give the pseudonyms of the active owners; belongs inside a change or a look."""
    query = "SELECT id FROM person WHERE role = 'owner' AND is_active = 1"
    return {row[0] for row in tables.execute(query).fetchall()}


def has_owner(store: Store) -> bool:
    """Tell whether somebody owns the project; if not, it waits to be set up."""
    return bool(store.look(owners))


def _find(store: Store, column: str, value: str) -> Member | None:
    query = f"SELECT {_COLUMNS} FROM person WHERE {column} = ?"  # noqa: S608  # as above
    row = store.look(lambda tables: tables.execute(query, (value,)).fetchone())
    return _member(row) if row else None


def _row_of(member: Member) -> tuple[object, ...]:
    return (
        *(member.id, member.name, member.email, member.language, member.role),
        *(member.secret, int(member.is_active), member.created),
        " ".join(member.reads),
    )


def _member(row: Cells) -> Member:
    return Member(
        id=row[0],
        name=row[1],
        email=row[2],
        language=row[3],
        role=row[4],
        secret=row[5],
        is_active=bool(row[6]),
        created=row[7],
        reads=tuple(row[8].split()),
    )
