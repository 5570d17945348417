# SPDX-License-Identifier: Apache-2.0
"""Forms with as many fields as they need, read before a handler runs."""

from collections.abc import Mapping
from typing import Annotated, TypeAlias

from fastapi import Depends, Request
from fastapi.responses import RedirectResponse

_FIELDS = 5_000  # a task of 500 labels has fewer


async def _posted(request: Request) -> dict[str, str]:
    form = await request.form(max_files=0, max_fields=_FIELDS)
    fields: dict[str, str] = {}
    for key, value in form.multi_items():
        if isinstance(value, str):  # boxes of one name are joined by lines
            fields[key] = f"{fields[key]}\n{value}" if key in fields else value
    return {key: value.replace("\r\n", "\n") for key, value in fields.items()}


Posted: TypeAlias = Annotated[Mapping[str, str], Depends(_posted)]
"""The fields of a form; of several with one name, the values as lines."""


def see_other(path: str) -> RedirectResponse:
    """Send the browser on after a form was taken, so that a reload posts nothing."""
    return RedirectResponse(path, status_code=303)
