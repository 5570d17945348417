# SPDX-License-Identifier: Apache-2.0
"""The desk's own style sheets, scripts and marks: a fixed list, given by name."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

from fastapi import Request, Response

from maalem.app.desk.permissions import OPEN
from maalem.app.desk.refusals import RefusedError
from maalem.app.desk.routes import RouteTable

TABLE = RouteTable()

_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "css": "text/css; charset=utf-8",
        "js": "text/javascript; charset=utf-8",
        "svg": "image/svg+xml",
    }
)


@dataclass(frozen=True, slots=True)
class _StaticFile:
    content: bytes
    content_type: str
    tag: str


@cache
def _files() -> Mapping[str, _StaticFile]:
    """Read every file that may be given; what is no member here does not exist."""
    folder = resources.files("maalem.app.desk") / "static"
    found = {}
    for file in folder.iterdir():
        content_type = _TYPES.get(file.name.rpartition(".")[2])
        if content_type and file.is_file():
            content = file.read_bytes()
            tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
            found[file.name] = _StaticFile(content, content_type, tag)
    return MappingProxyType(found)


@TABLE.page("GET", "/static/{name}", permission=OPEN)
def give_file(request: Request, name: str) -> Response:
    """Give a file of the desk; the browser asks each time whether it is still so."""
    file = _files().get(name)
    if file is None:
        raise RefusedError("there is no such file", status=404, code="desk.missing")
    headers = {"etag": file.tag, "cache-control": "no-cache"}
    if request.headers.get("if-none-match") == file.tag:
        return Response(status_code=304, headers=headers)
    return Response(file.content, media_type=file.content_type, headers=headers)
