# SPDX-License-Identifier: Apache-2.0
"""What every handler works with: the opened project, the clock, who is calling."""

from collections.abc import Callable
from dataclasses import dataclass, field

from fastapi import Request

from maalem.app.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who is calling.

    Attributes:
        id: Pseudonym, as records and ledger know them, such as `expert:3f2a…`.
        name: What people call them; never in a record.
        role: One of `permissions.ROLES`.
        language: Language of their pages.
        csrf: Token that their forms carry; empty for an API key.
    """

    id: str
    name: str
    role: str
    language: str
    csrf: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The running desk.

    Attributes:
        work: The opened project.
        clock: Seconds since 1970 that never step back while the process lives.
        sso_secret: What the identity provider gave this desk; shown nowhere.
    """

    work: Workspace
    clock: Callable[[], float]
    sso_secret: str = field(default="", repr=False)


def desk_of(request: Request) -> Desk:
    """Give the desk that a request came to."""
    found: Desk = request.app.state.desk
    return found


def person_of(request: Request) -> Person:
    """Give who is calling; a route with a permission other than open has one."""
    found: Person = request.state.person
    return found
