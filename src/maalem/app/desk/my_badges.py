# SPDX-License-Identifier: Apache-2.0
"""What a person has qualified for, and the signed badges that they take along."""

from dataclasses import dataclass
from datetime import datetime

from fastapi import Request, Response

from maalem.app.desk.desk import Desk, Person, desk_of, person_of
from maalem.app.desk.refusals import RefusedError
from maalem.app.desk.routes import RouteTable
from maalem.app.desk.standing import qualifications_of
from maalem.app.workspace import Workspace
from maalem.errors import SettingsError
from maalem.experts.badges import sign_badge
from maalem.experts.credentials import Issuer
from maalem.records import Digest, Qualification

TABLE = RouteTable()


@dataclass(frozen=True, slots=True, kw_only=True)
class Qualified:
    """The last trial of a person in one language of a task.

    Attributes:
        id: The qualification.
        title: Title of the task in the person's language.
        language: Language of the cards.
        right: Gold cards answered as known.
        cards: Gold cards answered.
        passed: Whether that was enough.
        until: When it no longer holds.
        is_over: Whether that has come.
    """

    id: Digest
    title: str
    language: str
    right: int
    cards: int
    passed: bool
    until: datetime
    is_over: bool


@TABLE.page("GET", "/me/badges/{digest}", permission="sign")
def give_badge(request: Request, digest: str, *, named: str = "") -> Response:
    """Give a qualification of the caller's as a signed Open Badges 3.0 credential.

    It names the caller by pseudonym; by name too where they asked for that.
    """
    desk, person = desk_of(request), person_of(request)
    store, name = desk.work.store, Digest(digest)
    one = store.get(Qualification, name) if store.has(Qualification, name) else None
    if one is None or one.annotator != person.id:
        raise RefusedError(
            "there is no such qualification of yours",
            status=404,
            code="desk.no-qualification",
        )
    text = sign_badge(
        one,
        title=_title(desk.work, one.task, person.language),
        issuer=Issuer(name=desk.work.project.project.name),
        key=store.signing_key,
        name=person.name if named else None,
    )
    file = f"badge-{one.task}-{one.language}-{one.id[7:15]}.jwt"
    return Response(
        text,
        media_type="application/vc+jwt",
        headers={"content-disposition": f'attachment; filename="{file}"'},
    )


def qualified(desk: Desk, person: Person) -> list[Qualified]:
    """Give the last trial of a person in each task and language."""
    return [
        Qualified(
            id=one.id,
            title=_title(desk.work, task, person.language),
            language=language,
            right=one.right,
            cards=one.cards,
            passed=one.passed,
            until=datetime.fromisoformat(one.expires),
            is_over=datetime.fromisoformat(one.expires).timestamp() <= desk.clock(),
        )
        for task in desk.work.task_names()
        for language, one in qualifications_of(desk, task, person.id).items()
    ]


def _title(work: Workspace, task: str, language: str) -> str:
    """Give a task's title, or its name where its file is refused or gone."""
    try:
        return work.task(task).title_in(language)
    except SettingsError:
        return task
