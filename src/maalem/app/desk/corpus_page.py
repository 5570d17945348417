# SPDX-License-Identifier: Apache-2.0
"""The documents, to look through and to search; nothing is held in memory for it."""

from collections.abc import Mapping

from fastapi import Request
from fastapi.responses import HTMLResponse

from maalem.app.desk.desk import Desk, desk_of
from maalem.app.desk.frame import page
from maalem.app.desk.listing import Part, part_of
from maalem.app.desk.refusals import RefusedError
from maalem.app.desk.routes import RouteTable
from maalem.app.desk.text_shown import Excerpt, excerpt, shown
from maalem.app.steps.searching import OTHER, Wanted, search
from maalem.corpus.seeking import places_of, read_question
from maalem.records import Digest, Document, Passage
from maalem.tasks.names import LANGUAGES

TABLE = RouteTable()
_ROWS = 30
_PASSAGES = 40
_OPENING = 320  # characters of a passage in the list
_LONGEST = 200  # characters of a search


@TABLE.page("GET", "/corpus", permission="read")
def show_corpus(
    request: Request,
    *,
    q: str = "",
    language: str = "",
    personal: str = "",
    part: int = 1,
) -> HTMLResponse:
    """Show passages, those that fit what is looked for."""
    desk = desk_of(request)
    q = q[:_LONGEST]
    wanted = Wanted(
        sought=read_question(q), language=language, is_personal=bool(personal)
    )
    asked = {"q": q, "language": language, "personal": personal}
    found = _found(desk, wanted, part=part, asked=asked)
    return page(
        request,
        "corpus.html",
        part=found,
        sources=_sources(desk, found.rows),
        documents=desk.work.store.count(Document),
        passages=desk.work.store.count(Passage),
        languages_known=(*LANGUAGES, OTHER),
        opening=lambda passage: _opening(passage, wanted),
    )


@TABLE.page("GET", "/corpus/{document}", permission="read")
def show_document(request: Request, document: str, part: int = 1) -> HTMLResponse:
    """Show a document with the passages cut from it."""
    desk = desk_of(request)
    if not desk.work.store.has(Document, Digest(document)):
        raise RefusedError("there is no such document", status=404, code="desk.missing")
    passages = desk.work.store.find(Passage, document)
    return page(
        request,
        "document.html",
        document=desk.work.store.get(Document, Digest(document)),
        part=part_of(passages, part, size=_PASSAGES),
        first=(max(1, part) - 1) * _PASSAGES,
        shown=shown,
    )


def _found(
    desk: Desk, wanted: Wanted, *, part: int, asked: Mapping[str, str]
) -> Part[Passage]:
    """Give what is shown of what fits; with nothing asked for, of everything."""
    store = desk.work.store
    if wanted == Wanted():
        return part_of(store.find(Passage), part, size=_ROWS, asked=asked)
    names = part_of(search(store, wanted), part, size=_ROWS, asked=asked)
    rows = tuple(store.get(Passage, name) for name in names.rows)
    return Part(rows=rows, number=names.number, is_last=names.is_last, asked=asked)


def _opening(passage: Passage, wanted: Wanted) -> Excerpt:
    """Show where a passage has what was asked for, or how it begins."""
    places = places_of(passage.text, wanted.sought)
    return excerpt(passage.text, places, length=_OPENING)


def _sources(desk: Desk, passages: tuple[Passage, ...]) -> dict[Digest, Document]:
    return {
        one.document: desk.work.store.get(Document, one.document) for one in passages
    }
