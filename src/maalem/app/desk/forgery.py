# SPDX-License-Identifier: Apache-2.0
"""Whether a change was asked for by a page of this desk, or by another site."""

from fastapi import Request

from maalem.app.desk.desk import Person
from maalem.app.desk.refusals import RefusedError
from maalem.app.desk.tokens import is_same

_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_FIELDS = 5_000  # a task of 500 labels has fewer


def refuse_foreign_site(request: Request) -> None:
    """Refuse what another site made the browser send.

    Raises:
        RefusedError: The browser says so.
    """
    site = request.headers.get("sec-fetch-site", "none")
    host = request.headers["host"]
    own = (None, f"http://{host}", f"https://{host}")
    if site not in ("same-origin", "none") or request.headers.get("origin") not in own:
        raise _forged()


async def refuse_without_token(request: Request, person: Person) -> None:
    """Refuse a change that does not carry the token of the session.

    Raises:
        RefusedError: Neither the header nor the form has it.
    """
    given: object = request.headers.get("x-csrf-token")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given is None and kind in _FORMS:
        # The form is read once for all: these limits hold for the handler too.
        given = (await request.form(max_fields=_FIELDS, max_files=1)).get("csrf")
    if not isinstance(given, str) or not is_same(given, person.csrf):
        raise _forged()


def _forged() -> RefusedError:
    return RefusedError(
        "this request did not come from a page of this desk",
        status=403,
        hint="load the page again",
        code="desk.csrf",
    )
