# SPDX-License-Identifier: Apache-2.0
"""PDF: the text that a reader of the page would see, in the order of its script."""

import re
import unicodedata
from collections.abc import Iterator

import pypdfium2
from pypdfium2 import raw

from maalem.corpus.pdf_guard import refuse_bomb, refuse_ring
from maalem.corpus.pieces import Given, Piece, Raw
from maalem.corpus.visual import Glyph, text_of
from maalem.errors import DataError, boundary

_ARABIC = re.compile("[\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefc]")
_WHITE = 250  # of 255, each colour
_TINY_POINTS = 0.5


def read_pdf(given: Given) -> Iterator[Piece]:
    """Read a PDF's text; actions are dropped and flagged, hidden text left out.

    Pages with Arabic are read by where the letters stand, since PDFium turns words
    around and pypdf the order of words. A PDF without text, such as a scan, is a
    document with the flag `no-text`, of which no passage is cut.

    Raises:
        DataError: It is encrypted, a bomb, broken, too long, or its page tree is a
            ring.
    """
    data = given.path.read_bytes()
    is_active = refuse_bomb(data)
    refuse_ring(given.path)
    with boundary(DataError, "read it as PDF"):
        document = _open(data)
        if len(document) > given.limits.pages:
            raise DataError(
                f"it has more than {given.limits.pages} pages",
                hint="raise `pages` in [reading]",
                code="corpus.too-many-pages",
            )
        pages, hidden = _pages(document)
    text = "\n\n".join(pages)
    flags = ["active-content"] if is_active else []
    flags += ["hidden-text"] if hidden else []
    flags += [] if text.strip() else ["no-text"]
    yield Raw(source=given.source, place="", text=text, flags=tuple(flags))


def _open(data: bytes) -> pypdfium2.PdfDocument:
    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if raw.FPDF_GetLastError() == raw.FPDF_ERR_PASSWORD or "assword" in str(error):
            raise DataError(
                "it is encrypted",
                hint="save it without password",
                code="corpus.encrypted",
            ) from error
        raise


def _pages(document: pypdfium2.PdfDocument) -> tuple[list[str], bool]:
    pages, hidden = [], False
    for page in document:
        found = _hidden_objects(page)
        hidden = hidden or bool(found)
        for one in found:
            page.remove_obj(one)
        pages.append(_page_text(page))
        page.close()
    return pages, hidden


def _hidden_objects(page: pypdfium2.PdfPage) -> list[pypdfium2.PdfObject]:
    objects = list(page.get_objects(max_depth=1))
    grounds = [one.get_bounds() for one in objects if _is_ground(one)]
    texts = [one for one in objects if one.type == raw.FPDF_PAGEOBJ_TEXT]
    return [one for one in texts if _is_hidden(one, grounds)]


Box = tuple[float, float, float, float]


def _is_ground(one: pypdfium2.PdfObject) -> bool:
    """Tell whether something lies there that white or unseen text can stand on."""
    if one.type in {raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_SHADING}:
        return True
    return one.type == raw.FPDF_PAGEOBJ_PATH and not _is_white(one)


def _is_white(one: pypdfium2.PdfObject) -> bool:
    red, green, blue, alpha = _fill(one)
    return min(red, green, blue) >= _WHITE or alpha == 0


def _fill(one: pypdfium2.PdfObject) -> tuple[int, int, int, int]:
    parts = [raw.c_uint() for _ in range(4)]
    if not raw.FPDFPageObj_GetFillColor(one.raw, *parts):
        return 0, 0, 0, 255
    red, green, blue, alpha = (part.value for part in parts)
    return red, green, blue, alpha


def _is_hidden(one: pypdfium2.PdfObject, grounds: list[Box]) -> bool:
    size = raw.c_float()
    raw.FPDFTextObj_GetFontSize(one.raw, size)
    box = one.get_bounds()
    if size.value * abs(one.get_matrix().d or 1.0) < _TINY_POINTS or _fill(one)[3] == 0:
        return True
    mode = raw.FPDFTextObj_GetTextRenderMode(one.raw)
    unseen = mode == raw.FPDF_TEXTRENDERMODE_INVISIBLE or _is_white(one)
    return unseen and not any(_meet(box, ground) for ground in grounds)


def _meet(one: Box, other: Box) -> bool:
    return (
        one[0] < other[2] and other[0] < one[2]
        and one[1] < other[3] and other[1] < one[3]
    )  # fmt: skip


def _page_text(page: pypdfium2.PdfPage) -> str:
    pdf_text = page.get_textpage()
    text: str = pdf_text.get_text_range()
    if not _ARABIC.search(text):
        return text.replace("\r\n", "\n")
    glyphs = [
        glyph
        for place in range(pdf_text.count_chars())
        if not raw.FPDFText_IsGenerated(pdf_text.raw, place)
        for glyph in _glyphs(pdf_text, place)
    ]
    return text_of(glyphs)


def _glyphs(pdf_text: pypdfium2.PdfTextPage, place: int) -> Iterator[Glyph]:
    letter = chr(raw.FPDFText_GetUnicode(pdf_text.raw, place))
    plain = unicodedata.normalize("NFKC", letter)  # one shape may be two letters
    if letter.isspace() or not plain.strip():
        return
    left, low, right, high = pdf_text.get_charbox(place, loose=True)
    origin = [raw.c_double(), raw.c_double()]
    raw.FPDFText_GetCharOrigin(pdf_text.raw, place, *origin)
    left = min(left, origin[0].value)  # the box is that of the ink
    width = (right - left) / len(plain)
    for number, one in enumerate(reversed(plain)):
        start = left + number * width
        yield Glyph(one, start, start + width, origin[1].value, high - low)
