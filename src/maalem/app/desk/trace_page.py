# SPDX-License-Identifier: Apache-2.0
"""Everything behind a release, a model, a dataset or a row, for owners and auditors."""

from collections import Counter

from fastapi import Request
from fastapi.responses import HTMLResponse

from maalem.app.desk.dataset_keeping import kept_of
from maalem.app.desk.desk import desk_of
from maalem.app.desk.frame import page
from maalem.app.desk.listing import part_of
from maalem.app.desk.routes import RouteTable
from maalem.errors import DataError

TABLE = RouteTable()
_LINES = 60
_LONGEST = 200  # characters of a name


@TABLE.page("GET", "/trace", permission="audit")
def show_trace(
    request: Request, *, what: str = "", kind: str = "", part: int = 1
) -> HTMLResponse:
    """Show what stands behind something, each line with its entry of the ledger."""
    what = what.strip()[:_LONGEST]
    trace = None
    try:
        if what:
            trace = kept_of(request).trace(desk_of(request).work, what)
    except DataError as error:
        if not error.code.startswith("trace."):
            raise
    lines = trace.lines if trace else ()
    wanted = (line for line in lines if kind in ("", line.kind))
    return page(
        request,
        "trace.html",
        status=404 if what and trace is None else 200,
        what=what,
        unknown=bool(what) and trace is None,
        trace=trace,
        counts=Counter(line.kind for line in lines),
        part=part_of(wanted, part, size=_LINES, asked={"what": what, "kind": kind}),
    )
