# SPDX-License-Identifier: Apache-2.0
"""The desk's own style sheets, scripts and marks: a fixed list, given by name."""

from fastapi import Request, Response

from maalem.app.desk.permissions import OPEN
from maalem.app.desk.refusals import RefusedError
from maalem.app.desk.routes import RouteTable
from maalem.app.desk.static_content import static_files, static_version

TABLE = RouteTable()

_ASKED_EACH_TIME = "no-cache"
_FOR_EVER = "public, max-age=31536000, immutable"  # another content has another path


@TABLE.page("GET", "/static/{name}", permission=OPEN)
def give_file(request: Request, name: str) -> Response:
    """Give a file of the desk; the browser asks each time whether it is still so."""
    return _given(request, name, _ASKED_EACH_TIME)


@TABLE.page("GET", "/static/{version}/{name}", permission=OPEN)
def give_version(request: Request, version: str, name: str) -> Response:
    """Give a file for a page of some version.

    A page that was loaded before the desk was renewed gets what there is now.
    """
    is_ours = version == static_version()
    return _given(request, name, _FOR_EVER if is_ours else _ASKED_EACH_TIME)


def _given(request: Request, name: str, caching: str) -> Response:
    file = static_files().get(name)
    if file is None:
        raise RefusedError("there is no such file", status=404, code="desk.missing")
    tag = f'"{file.integrity}"'
    headers = {"etag": tag, "cache-control": caching}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(file.content, media_type=file.content_type, headers=headers)
