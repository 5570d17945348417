# SPDX-License-Identifier: Apache-2.0
"""What an owner does about people from the command line, while the desk is closed."""

from maalem.app.desk import invitations, people, people_deeds
from maalem.app.desk.people import Newcomer
from maalem.app.desk.sessions import Sessions
from maalem.app.workspace import Workspace, now


def invite_guest(work: Workspace, name: str, *, role: str, language: str) -> str:
    """Make a link with which somebody joins, once.

    Args:
        work: The opened project.
        name: What people call them.
        role: Their role.
        language: Language in which the link greets them.

    Returns:
        The link, which is kept nowhere.

    Raises:
        RefusedError: Name, role or language are none.
    """
    guest = Newcomer(name=name, email=None, language=language, role=role)
    moment, by = now().timestamp(), work.project.project.owner
    token = invitations.invite(work.store, guest, now=moment, by=by)
    return f"{work.project.desk.url}/invitation/{token}"


def everybody(work: Workspace) -> list[dict[str, str]]:
    """Give everybody's row for a table: who they are, and what they may do."""
    return [
        {
            "id": one.id,
            "name": one.name,
            "email": one.email or "",
            "role": one.role,
            "language": one.language,
            "door": "open" if one.is_active else "closed",
        }
        for one in people.everyone(work.store)
    ]


def change_role(work: Workspace, person: str, role: str) -> str:
    """Give somebody another role.

    Returns:
        Their pseudonym.

    Raises:
        RefusedError: There is no such person or role, or no owner would be left.
    """
    member = people_deeds.member_named(work.store, person)
    people_deeds.set_role(work.store, member.id, role, by=work.project.project.owner)
    return member.id


def close_door(work: Workspace, person: str) -> str:
    """Close the door to somebody, and end their sessions.

    Returns:
        Their pseudonym.

    Raises:
        RefusedError: There is no such person, or no owner would be left.
    """
    member = people_deeds.member_named(work.store, person)
    people_deeds.deactivate(work.store, member.id, by=work.project.project.owner)
    Sessions(work.store).end_all(member.id)
    return member.id
