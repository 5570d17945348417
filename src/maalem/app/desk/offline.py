# SPDX-License-Identifier: Apache-2.0
"""What a browser keeps for when there is no network: a worker, and a page of ours."""

import hashlib
import json

from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from maalem.app.desk.frame import page_for_anybody
from maalem.app.desk.permissions import OPEN
from maalem.app.desk.refusals import RefusedError
from maalem.app.desk.routes import RouteTable
from maalem.app.desk.speech import LANGUAGES
from maalem.app.desk.static_content import (
    integrity_of,
    static_files,
    static_path,
    worker_source,
)

TABLE = RouteTable()


@TABLE.page("GET", "/worker.js", permission=OPEN)
def give_worker(request: Request) -> Response:
    """Give the service worker.

    At its head stands all that it may keep, each with its digest: nothing of it belongs
    to a person or to the corpus. So it changes whenever one of them does, and the
    browser, which compares it byte by byte, renews what it keeps.
    """
    kept = {
        f"{static_path()}/{name}": file.integrity
        for name, file in static_files().items()
    }
    for language in LANGUAGES:
        shown = bytes(_page(request, language).body)
        kept[f"/offline/{language}"] = integrity_of(shown)
    told = json.dumps(kept, indent=1)
    version = hashlib.sha256(told.encode()).hexdigest()[:16]
    head = f'self.VERSION = "{version}";\nself.KEPT = {told};\n'
    return Response(
        head.encode() + worker_source(),
        media_type="text/javascript; charset=utf-8",
        headers={"cache-control": "no-cache", "service-worker-allowed": "/"},
    )


@TABLE.page("GET", "/offline/{language}", permission=OPEN)
def show_offline(request: Request, language: str) -> Response:
    """Show the page that stands in for every other one while there is no network."""
    if language not in LANGUAGES:
        raise RefusedError("there is no such page", status=404, code="desk.missing")
    return _page(request, language)


def _page(request: Request, language: str) -> HTMLResponse:
    return page_for_anybody(request, "offline.html", language=language)
