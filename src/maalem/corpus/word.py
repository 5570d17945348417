# SPDX-License-Identifier: Apache-2.0
"""DOCX: paragraphs and tables in their order; hidden text is left out and said."""

import zipfile
from collections.abc import Iterator

import docx
from docx.oxml.ns import qn
from lxml import etree

from maalem.corpus.archives import check_zip
from maalem.corpus.pieces import Given, Piece
from maalem.corpus.plain import one_text
from maalem.errors import DataError, boundary

_WHITE = frozenset({"FFFFFF", "FEFEFE", "FDFDFD"})
_TINY_HALF_POINTS = 2
_PIECE = 1 << 20


def read_docx(given: Given) -> Iterator[Piece]:
    """Read a Word document's body.

    Raises:
        DataError: It is a bomb, declares XML entities, or is no DOCX.
    """
    with given.path.open("rb") as stream:
        if stream.read(4) == b"\xd0\xcf\x11\xe0":
            raise DataError(
                "it is encrypted, or an old .doc file", code="corpus.encrypted"
            )
    check_zip(given.path, given.limits)
    _refuse_entities(given)
    with boundary(DataError, "read it as DOCX"):
        body = docx.Document(str(given.path)).element.body
    hidden = [run for run in body.iter(qn("w:r")) if _is_hidden(run)]
    flags = ("hidden-text",) if any(_run_text(run).strip() for run in hidden) else ()
    for run in hidden:
        run.getparent().remove(run)
    yield one_text(given, "\n".join(_blocks(body)), flags)


def _refuse_entities(given: Given) -> None:
    with zipfile.ZipFile(given.path) as archive:
        for name in archive.namelist():
            if name.lower().endswith((".xml", ".rels")) and _declares(archive, name):
                raise DataError(
                    f"{name} declares a document type; entities could be in it",
                    code="corpus.xml-entity",
                )


def _declares(archive: zipfile.ZipFile, name: str) -> bool:
    tail = b""
    with archive.open(name) as stream:
        while piece := stream.read(_PIECE).replace(b"\0", b""):
            if b"<!DOCTYPE" in tail + piece or b"<!ENTITY" in tail + piece:
                return True
            tail = piece[-9:]
    return False


def _blocks(parent: etree._Element) -> Iterator[str]:
    for block in parent:
        if block.tag == qn("w:p"):
            yield _run_text(block)
        elif block.tag == qn("w:tbl"):
            for row in block.iter(qn("w:tr")):
                cells = [" ".join(_blocks(cell)) for cell in row.iter(qn("w:tc"))]
                yield "\t".join(cells)
        elif block.tag in {qn("w:sdt"), qn("w:sdtContent"), qn("w:ins")}:
            yield from _blocks(block)


def _run_text(parent: etree._Element) -> str:
    parts = []
    for node in parent.iter(qn("w:t"), qn("w:tab"), qn("w:br"), qn("w:cr")):
        if node.tag == qn("w:t"):
            parts.append(node.text or "")
        elif node.getparent().tag == qn("w:r"):
            parts.append("\t" if node.tag == qn("w:tab") else "\n")
    return "".join(parts)


def _is_hidden(run: etree._Element) -> bool:
    marks = run.find(qn("w:rPr"))
    if marks is None:
        return False
    vanish = marks.find(qn("w:vanish"))
    if vanish is not None and vanish.get(qn("w:val")) not in {"0", "false"}:
        return True
    size = _value(marks, "w:sz")
    if size.isdigit() and int(size) <= _TINY_HALF_POINTS:
        return True
    return _value(marks, "w:color").upper() in _WHITE and not _is_shaded(run)


def _is_shaded(run: etree._Element) -> bool:
    """Tell whether white text stands on a ground that is not white."""
    for node in (run, *run.iterancestors(qn("w:p"), qn("w:tc"), qn("w:tbl"))):
        for name in ("w:rPr", "w:pPr", "w:tcPr", "w:tblPr"):
            marks = node.find(qn(name))
            shade = None if marks is None else marks.find(qn("w:shd"))
            fill = "auto" if shade is None else shade.get(qn("w:fill"), "auto")
            if fill.upper() not in _WHITE | {"AUTO"}:
                return True
            if marks is not None and marks.find(qn("w:tblStyle")) is not None:
                return True  # a table's style may shade its header
    return False


def _value(marks: etree._Element, name: str) -> str:
    node = marks.find(qn(name))
    return "" if node is None else str(node.get(qn("w:val"), ""))
