# SPDX-License-Identifier: Apache-2.0
"""What a PDF must not do to its reader: swell without end, run in a ring, act."""

import re
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pypdf
from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

from maalem.errors import DataError


def _name(name: bytes) -> bytes:
    """Match a name however its letters are written: `/JS` is `/J#53` too."""
    letters = (b"(?:%c|(?i:#%02x))" % (letter, letter) for letter in name)
    return b"/" + b"".join(letters)


_STREAM = re.compile(rb"(?<!end)stream\r?\n")
_ABOUT = 2_000  # bytes before a stream in which its dictionary stands
_FLATE = b"(?:%b|%b)" % (_name(b"FlateDecode"), _name(b"Fl"))
_TWICE = re.compile(_FLATE + rb"\s*" + _FLATE)
_IMAGE = re.compile(_name(b"Subtype") + rb"\s*" + _name(b"Image") + rb"\b")
_OBJECTS = re.compile(_name(b"ObjStm"))
_DEEDS = (b"JavaScript", b"JS", b"Launch", b"SubmitForm", b"ImportData")
_ACTIVE = re.compile(b"(?:%b)" % b"|".join(map(_name, _DEEDS)) + rb"\b")
_LONGEST_DEED = 64  # bytes of one, each letter written as `#xx`
_SWELLS_TO = 64 << 20  # bytes of one stream that is no image; a page of text has 1e5
_ALL_SWELL_TO = 256 << 20
_PIECE = 1 << 20
_UNFOLLOWED = (  # what pypdf cannot follow, PDFium mends or refuses itself
    PyPdfError,
    AttributeError,
    KeyError,
    RecursionError,
    TypeError,
    ValueError,
)


def refuse_bomb(data: bytes) -> bool:
    """Inflate every stream that is no image to nowhere, counting.

    What a stream's dictionary says of its filter is not relied on: what can be
    inflated, is. A reader of text never unpacks an image.

    Returns:
        Whether the file has an action that runs a program or sends something, in the
        open or in a packed stream of objects.

    Raises:
        DataError: It unpacks to too much, or a stream is packed twice.
    """
    total = 0
    is_active = bool(_ACTIVE.search(data))
    for match in _STREAM.finditer(data):
        before = data[max(0, match.start() - _ABOUT) : match.start()]
        _, begins, about = before.rpartition(b"obj")
        if _TWICE.search(about):
            raise _bomb("a stream is packed twice")
        if _IMAGE.search(about):
            continue
        has_objects = not begins or _OBJECTS.search(about)
        size, tail = 0, b""
        for piece in _inflated(data, match.end()):
            size += len(piece)
            if size > _SWELLS_TO:
                raise _bomb(f"a stream unpacks to more than {_SWELLS_TO >> 20} MiB")
            if has_objects and not is_active:
                is_active = bool(_ACTIVE.search(tail + piece))
                tail = piece[-_LONGEST_DEED:]
        total += size
        if total > _ALL_SWELL_TO:
            raise _bomb(f"it unpacks to more than {_ALL_SWELL_TO >> 20} MiB")
    return is_active


def _inflated(data: bytes, start: int) -> Iterator[bytes]:
    """Give a stream unpacked, as far as it is sound; nothing if it is not packed."""
    inflate = zlib.decompressobj()
    rest, start = data[start : start + _PIECE], start + _PIECE
    with suppress(zlib.error):  # a broken stream is the parser's to judge
        while rest and not inflate.eof:
            yield inflate.decompress(rest, _PIECE)
            rest = inflate.unconsumed_tail
            if not rest:
                rest, start = data[start : start + _PIECE], start + _PIECE


def _bomb(reason: str) -> DataError:
    return DataError(reason, code="corpus.pdf-bomb")


def refuse_ring(path: Path) -> None:
    """Walk the page tree; a node met twice makes a ring or pages without end.

    Raises:
        DataError: There is one, or the file is encrypted.
    """
    with suppress(*_UNFOLLOWED), path.open("rb") as stream:
        reader = pypdf.PdfReader(stream, strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise DataError(
                "it is encrypted",
                hint="save it without password",
                code="corpus.encrypted",
            )
        seen: set[int] = set()
        waiting = [reader.root_object.raw_get("/Pages")]
        while waiting:
            node = waiting.pop()
            if isinstance(node, IndirectObject):
                if node.idnum in seen:
                    raise DataError("its page tree is a ring", code="corpus.pdf-loop")
                seen.add(node.idnum)
            kids = node.get_object()
            if isinstance(kids, DictionaryObject) and "/Kids" in kids:
                inner = kids["/Kids"]
                waiting += list(inner) if isinstance(inner, ArrayObject) else []
