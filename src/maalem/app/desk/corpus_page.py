# SPDX-License-Identifier: Apache-2.0
"""The documents, to look through and to search; nothing is held in memory for it.

A search reads the passages in their order and stops when the part that is shown is
full, so that a rare word costs one pass over the whole corpus: with 20,000 Arabic
passages on two busy cores 0.07 ms a passage to read it and 0.14 ms to fold it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import HTMLResponse

from maalem.app.desk.desk import Desk, desk_of
from maalem.app.desk.frame import page
from maalem.app.desk.listing import part_of
from maalem.app.desk.refusals import RefusedError
from maalem.app.desk.routes import RouteTable
from maalem.app.desk.text_shown import shown
from maalem.corpus import matching_key
from maalem.records import Digest, Document, Passage
from maalem.tasks.names import LANGUAGES

TABLE = RouteTable()
_ROWS = 30
_PASSAGES = 40
_OPENING = 320  # characters of a passage in the list
_LONGEST = 200  # characters of a search
OTHER = "other"
"""Languages that no task asks in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is looked for.

    Attributes:
        words: Words that must stand in a passage, folded as for comparing.
        language: Language of the passage; empty for any.
        is_personal: Whether only passages with personal data are wanted.
    """

    words: tuple[str, ...] = ()
    language: str = ""
    is_personal: bool = False

    def fits(self, passage: Passage) -> bool:
        """Tell whether a passage is what is looked for."""
        if self.is_personal and not passage.personal:
            return False
        language = passage.language if passage.language in LANGUAGES else OTHER
        if self.language and self.language != language:
            return False
        if not self.words:
            return True
        key = matching_key(passage.text)
        return all(word in key for word in self.words)


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
        words=tuple(matching_key(q).split()),
        language=language,
        is_personal=bool(personal),
    )
    found = part_of(
        search(desk, wanted),
        part,
        size=_ROWS,
        asked={"q": q, "language": language, "personal": personal},
    )
    return page(
        request,
        "corpus.html",
        part=found,
        sources=_sources(desk, found.rows),
        documents=desk.work.store.count(Document),
        passages=desk.work.store.count(Passage),
        languages_known=(*LANGUAGES, OTHER),
        opening=lambda passage: shown(passage.text[:_OPENING]),
        is_cut=lambda passage: len(passage.text) > _OPENING,
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


def search(desk: Desk, wanted: Wanted) -> Iterator[Passage]:
    """Give the passages that fit, in the order in which they were added."""
    return (one for one in desk.work.store.find(Passage) if wanted.fits(one))


def _sources(desk: Desk, passages: tuple[Passage, ...]) -> dict[Digest, Document]:
    return {
        one.document: desk.work.store.get(Document, one.document) for one in passages
    }
