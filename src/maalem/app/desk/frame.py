# SPDX-License-Identifier: Apache-2.0
"""Pages: templates in the frame that all of them share, in the reader's language."""

from functools import cache

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from maalem.app.desk.desk import Person, desk_of
from maalem.app.desk.permissions import may
from maalem.app.desk.speech import LANGUAGES, Speech, speech_in
from maalem.app.desk.static_content import static_path


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
    frame = _frame(request, person, speech_in(language_of(request)))
    shown = _templates().get_template(template).render({**frame, **values})
    return HTMLResponse(shown, status_code=status)


def page_for_anybody(request: Request, template: str, *, language: str) -> HTMLResponse:
    """Show a template in a language, the same bytes to whoever asks."""
    frame = _frame(request, None, speech_in(language)) | {"path": "/"}
    return HTMLResponse(_templates().get_template(template).render(frame))


def language_of(request: Request) -> str:
    """Give the reader's language: their own, else what the browser asks for first."""
    person = getattr(request.state, "person", None)
    if person is not None:
        return str(person.language)
    chosen = request.cookies.get("language", "")
    asked = request.headers.get("accept-language", "").split(",")
    wanted = [chosen, *(one.strip()[:2].lower() for one in asked)]
    return next((one for one in wanted if one in LANGUAGES), "en")


def _frame(
    request: Request, person: Person | None, speech: Speech
) -> dict[str, object]:
    """Give what every template is shown with."""
    project = desk_of(request).work.project.project.name
    return {
        "_": speech.say,
        "n_": speech.count,
        "plain": speech.plain,
        "every": speech.every,
        "speech": speech,
        "languages": LANGUAGES,
        "person": person,
        "project": project,
        "journal": f"{project}:{person.id}" if person else "",
        "path": request.url.path,
        "assets": static_path(),
        "may": lambda permission: person is not None and may(person.role, permission),
    }
