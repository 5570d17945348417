# SPDX-License-Identifier: Apache-2.0
"""What may happen to people: another role, a new password, leaving, being forgotten.

A change of what somebody may do is a ledger entry under their pseudonym.
"""

from collections.abc import Sequence

from maalem.app.desk.people import (
    PERSON_ROLES,
    Member,
    Newcomer,
    find,
    find_by_email,
    insert,
    new_member,
    owners,
    tell_role,
)
from maalem.app.desk.refusals import RefusedError
from maalem.app.steps.members import erase_member
from maalem.records import Json
from maalem.store import Store
from maalem.store.tables import Tables
from maalem.tasks.names import LANGUAGES


def create_first_owner(
    store: Store, newcomer: Newcomer, *, secret: str, now: float
) -> Member:
    """Let the first owner in; a second one at the same moment is refused.

    Args:
        store: The project's store.
        newcomer: Who.
        secret: Hash of their password.
        now: Seconds since 1970.

    Raises:
        RefusedError: There is an owner already.
    """
    member = new_member(newcomer, now=now, secret=secret)

    def enter(tables: Tables) -> None:
        if owners(tables):
            raise RefusedError(
                "this project has an owner already", status=409, code="people.owner"
            )
        insert(tables, member)

    store.change(enter)
    tell_role(store, member, by="set-up")
    return member


def member_named(store: Store, person: str) -> Member:
    """Give a person by pseudonym or e-mail address.

    Raises:
        RefusedError: There is none.
    """
    found = find(store, person) or find_by_email(store, person)
    if found is None:
        raise RefusedError(
            f"there is nobody called {person!r}",
            status=404,
            hint="maalem people list",
            code="people.missing",
        )
    return found


def set_language(store: Store, person: str, language: str) -> None:
    """Remember the language of somebody's pages."""
    _change(store, person, ("language", language), keeps_owner=True)


def set_reads(store: Store, person: str, languages: Sequence[str]) -> None:
    """Remember in which languages somebody wants to be given passages; none for all.

    Raises:
        RefusedError: One is no language that a task can have.
    """
    foreign = [one for one in languages if one not in LANGUAGES]
    if foreign:
        raise RefusedError(
            f"no task has the language {foreign[0][:80]!r}",
            status=422,
            code="people.value",
        )
    _change(store, person, ("reads", " ".join(languages)), keeps_owner=True)


def set_secret(store: Store, person: str, secret: str) -> None:
    """Give somebody a new password, of which this is the hash."""
    _change(store, person, ("secret", secret), keeps_owner=True)


def set_role(store: Store, person: str, role: str, *, by: str) -> None:
    """Give somebody another role.

    Args:
        store: The project's store.
        person: Pseudonym.
        role: One of `PERSON_ROLES`.
        by: Pseudonym of who decides it.

    Raises:
        RefusedError: There is no such person or role, or no owner would be left.
    """
    if role not in PERSON_ROLES:
        raise RefusedError(
            f"there is no role {role!r}",
            status=422,
            hint=f"roles: {', '.join(PERSON_ROLES)}",
            code="people.value",
        )
    _change(store, person, ("role", role), keeps_owner=role == "owner")
    _tell(store, "people.role", person=person, role=role, by=by)


def deactivate(store: Store, person: str, *, by: str) -> None:
    """Close the door to somebody; what they answered stays.

    The caller ends their sessions.

    Raises:
        RefusedError: There is no such person, or no owner would be left.
    """
    _change(store, person, ("is_active", 0), keeps_owner=False)
    _tell(store, "people.deactivate", person=person, by=by)


def activate(store: Store, person: str, *, by: str) -> None:
    """Open the door to somebody again.

    Raises:
        RefusedError: There is no such person.
    """
    _change(store, person, ("is_active", 1), keeps_owner=True)
    _tell(store, "people.activate", person=person, by=by)


def erase(store: Store, person: str, *, by: str) -> None:
    """Forget who somebody is: their row goes, their pseudonym stays in the records.

    The caller ends their sessions.

    Raises:
        RefusedError: There is no such person, or no owner would be left.
    """

    def forget(tables: Tables) -> None:
        _refuse_missing(tables, person)
        _refuse_ownerless(tables, person)
        erase_member(tables, person)

    store.change(forget)
    _tell(store, "people.erase", person=person, by=by)


def _change(
    store: Store, person: str, assignment: tuple[str, object], *, keeps_owner: bool
) -> None:
    """Set one column of somebody's row."""
    column, value = assignment
    query = f"UPDATE person SET {column} = ? WHERE id = ?"  # noqa: S608  # ours, above

    def change(tables: Tables) -> None:
        _refuse_missing(tables, person)
        if not keeps_owner:
            _refuse_ownerless(tables, person)
        tables.execute(query, (value, person))

    store.change(change)


def _refuse_missing(tables: Tables, person: str) -> None:
    if not tables.execute("SELECT 1 FROM person WHERE id = ?", (person,)).fetchone():
        raise RefusedError("there is no such person", status=404, code="people.missing")


def _refuse_ownerless(tables: Tables, person: str) -> None:
    if owners(tables) == {person}:
        raise RefusedError(
            "a project without an owner cannot be led",
            status=409,
            hint="make somebody else an owner first",
            code="people.last-owner",
        )


def _tell(store: Store, action: str, **details: Json) -> None:
    """Enter a deed in the ledger, under pseudonyms alone."""
    store.append(action, details=details)
