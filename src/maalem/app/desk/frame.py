# SPDX-License-Identifier: Apache-2.0
"""Pages: templates in the frame that all of them share, in the reader's language."""

from functools import cache

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from maalem.app.desk.desk import desk_of
from maalem.app.desk.permissions import may
from maalem.app.desk.speech import LANGUAGES, speech_in


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("maalem.app.desk", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(
    request: Request, template: str, *, status: int = 200, **values: object
) -> HTMLResponse:
    """Show a template: `_` says a text, `n_` one with a number.

    Args:
        request: The request.
        template: Name of the template, such as `day.html`.
        status: HTTP status.
        values: What the template shows besides; text in it is escaped.
    """
    person = getattr(request.state, "person", None)
    speech = speech_in(language_of(request))
    frame = {
        "_": speech.say,
        "n_": speech.count,
        "plain": speech.plain,
        "speech": speech,
        "languages": LANGUAGES,
        "person": person,
        "project": desk_of(request).work.project.project.name,
        "path": request.url.path,
        "may": lambda permission: person is not None and may(person.role, permission),
    }
    shown = _templates().get_template(template).render({**frame, **values})
    return HTMLResponse(shown, status_code=status)


def language_of(request: Request) -> str:
    """Give the reader's language: their own, else what the browser asks for first."""
    person = getattr(request.state, "person", None)
    if person is not None:
        return str(person.language)
    chosen = request.cookies.get("language", "")
    asked = request.headers.get("accept-language", "").split(",")
    wanted = [chosen, *(one.strip()[:2].lower() for one in asked)]
    return next((one for one in wanted if one in LANGUAGES), "en")
