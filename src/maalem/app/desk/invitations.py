# SPDX-License-Identifier: Apache-2.0
"""Links that let somebody in once: as a newcomer, or to choose a new password."""

from dataclasses import dataclass

from maalem.app.desk.people import Member, Newcomer, insert, new_member, tell_role
from maalem.app.desk.refusals import RefusedError
from maalem.app.desk.tokens import new_token, token_hash
from maalem.records import Json
from maalem.store import Store
from maalem.store.tables import Cells, Tables

DAYS = 7.0
"""Days in which a link can be used."""
_COLUMNS = "token, name, person, role, language, invited_by, created, expires"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A link that was given to somebody.

    Attributes:
        key: SHA-256 of the token in the link.
        name: Whom it is for.
        person: Pseudonym of who may choose a new password; none for a newcomer.
        role: Role of the newcomer.
        language: Language in which the link greets them.
        invited_by: Pseudonym of who invited.
        created: When, in seconds since 1970.
        expires: Until when it can be used.
    """

    key: str
    name: str
    person: str | None
    role: str
    language: str
    invited_by: str
    created: float
    expires: float


def invite(store: Store, guest: Newcomer, *, now: float, by: str) -> str:
    """Make a link for somebody who may join.

    Args:
        store: The project's store.
        guest: Their name, which they may change, role and language.
        now: Seconds since 1970.
        by: Pseudonym of who invites.

    Returns:
        The token of the link, which is kept nowhere.
    """
    return _write(store, guest, person=None, now=now, by=by)


def invite_back(store: Store, member: Member, *, now: float, by: str) -> str:
    """Make a link with which somebody chooses a new password, as `invite` does."""
    guest = Newcomer(
        name=member.name, email=None, language=member.language, role=member.role
    )
    return _write(store, guest, person=member.id, now=now, by=by)


def find(store: Store, token: str, *, now: float) -> Invitation:
    """Give the invitation of a token.

    Raises:
        RefusedError: There is none, it was used, or it is too old; all look the same.
    """
    query = f"SELECT {_COLUMNS} FROM invitation"  # noqa: S608  # fixed columns
    query += " WHERE token = ? AND used IS NULL AND expires > ?"
    values = (token_hash(token), now)
    row = store.look(lambda tables: tables.execute(query, values).fetchone())
    if row is None:
        raise _refusal()
    return _invitation(row)


def pending(store: Store, *, now: float) -> list[Invitation]:
    """Give the invitations that can still be used, the oldest first."""
    query = f"SELECT {_COLUMNS} FROM invitation"  # noqa: S608  # as above
    query += " WHERE used IS NULL AND expires > ? ORDER BY created, token"
    rows = store.look(lambda tables: tables.execute(query, (now,)).fetchall())
    return [_invitation(row) for row in rows]


def revoke(store: Store, key: str, *, by: str) -> None:
    """Make a link useless; one that is so already stays so."""
    query = "DELETE FROM invitation WHERE token = ? AND used IS NULL"
    if store.change(lambda tables: tables.execute(query, (key,)).rowcount):
        store.append("people.uninvite", details={"invitation": key[:16], "by": by})


def join(
    store: Store, invitation: Invitation, newcomer: Newcomer, *, secret: str, now: float
) -> Member:
    """Use a link to join; it is used up in the same moment.

    Args:
        store: The project's store.
        invitation: As `find` gave it.
        newcomer: Who joins; their role is the invitation's.
        secret: Hash of their password.
        now: Seconds since 1970.

    Raises:
        RefusedError: The link was used meanwhile, or the e-mail address is taken.
    """
    member = new_member(newcomer, now=now, secret=secret)

    def enter(tables: Tables) -> None:
        _use_up(tables, invitation, now)
        insert(tables, member)

    store.change(enter)
    tell_role(store, member, by=invitation.invited_by)
    return member


def come_back(store: Store, invitation: Invitation, *, secret: str, now: float) -> str:
    """Use a link to choose a new password; the caller ends all sessions of theirs.

    Returns:
        The pseudonym.

    Raises:
        RefusedError: The link was used meanwhile.
    """
    person = invitation.person or ""

    def enter(tables: Tables) -> None:
        _use_up(tables, invitation, now)
        query = "UPDATE person SET secret = ? WHERE id = ?"
        tables.execute(query, (secret, person))

    store.change(enter)
    return person


def _write(
    store: Store, guest: Newcomer, *, person: str | None, now: float, by: str
) -> str:
    token = new_token()
    key, expires = token_hash(token), now + DAYS * 86400.0
    row = (key, guest.name, person, guest.role, guest.language, by, now, expires)
    query = f"INSERT INTO invitation ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608  # as above
    store.change(lambda tables: tables.execute(query, row))
    details: dict[str, Json] = {"invitation": key[:16], "role": guest.role, "by": by}
    store.append("people.invite", details={**details, "person": person})
    return token


def _use_up(tables: Tables, invitation: Invitation, now: float) -> None:
    query = "UPDATE invitation SET used = ? WHERE token = ?"
    query += " AND used IS NULL AND expires > ?"
    if tables.execute(query, (now, invitation.key, now)).rowcount != 1:
        raise _refusal()


def _refusal() -> RefusedError:
    return RefusedError(
        "this link cannot be used, or not any more",
        status=404,
        hint="ask for a new one",
        code="people.invitation",
    )


def _invitation(row: Cells) -> Invitation:
    return Invitation(
        key=row[0],
        name=row[1],
        person=row[2],
        role=row[3],
        language=row[4],
        invited_by=row[5],
        created=row[6],
        expires=row[7],
    )
