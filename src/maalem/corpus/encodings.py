# SPDX-License-Identifier: Apache-2.0
"""Which encoding a text file has; a doubtful one is refused, never read with holes."""

import codecs
import re
from pathlib import Path

from charset_normalizer import from_bytes

from maalem.errors import DataError

GUESSED = "guessed-encoding"

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OLD = ["cp1252", "cp1256", "iso8859_6", "iso8859_15"]  # French and Arabic; no others
_PIECE = 1 << 20
_SAMPLE = 1 << 20  # bytes an old encoding is guessed from
_WIDE = re.compile(rb"[\xc3-\xf4][\x80-\xbf]+")  # UTF-8 beside bytes that are not
_USUAL = re.compile(r"[\t\n\r -~\u00a0-\u024f\u0600-\u06ff\u2010-\u2027€]")


def find_encoding(path: Path) -> tuple[str, tuple[str, ...]]:
    """Tell how a text file is to be decoded.

    Returns:
        A codec that decodes the whole file, and the flag `guessed-encoding` if neither
        a byte order mark nor valid UTF-8 says so.

    Raises:
        DataError: The bytes are not UTF-8 and nothing else surely; the message names
            the first byte that is wrong.
    """
    with path.open("rb") as stream:
        head = stream.read(_PIECE)
    codec = next((codec for mark, codec in _MARKS if head.startswith(mark)), None)
    if codec:
        _refuse_holes(path, codec)
        return codec, ()
    wide = _wide_codec(head) if b"\0" in head else None
    if wide and not _is_rather_utf8(path, head, wide):
        _refuse_holes(path, wide)
        return wide, (GUESSED,)
    wrong = first_wrong_byte(path, "utf-8")
    if wrong is None:
        return "utf-8", ()
    codec = _old_codec(path, wrong)
    _refuse_holes(path, codec)
    return codec, (GUESSED,)


def first_wrong_byte(path: Path, codec: str) -> int | None:
    """Give the offset of the first byte that a codec cannot decode, or none."""
    decoder = codecs.getincrementaldecoder(codec)()
    before = 0
    with path.open("rb") as stream:
        while True:
            piece = stream.read(_PIECE)
            pending = len(decoder.getstate()[0])
            try:
                decoder.decode(piece, final=not piece)
            except UnicodeDecodeError as error:
                return before - pending + error.start
            if not piece:
                return None
            before += len(piece)


def _refuse_holes(path: Path, codec: str) -> None:
    wrong = first_wrong_byte(path, codec)
    if wrong is not None:
        raise _doubtful(wrong, f"it is not {codec}")


def _wide_codec(head: bytes) -> str | None:
    """Tell UTF-16 without a mark: in one order almost all is usual text."""
    whole = head[: len(head) // 2 * 2]
    for codec in ("utf-16-le", "utf-16-be"):
        text = whole.decode(codec, errors="replace")
        if text and len(_USUAL.findall(text)) >= 0.95 * len(text):
            return codec
    return None


def _is_rather_utf8(path: Path, head: bytes, wide: str) -> bool:
    """Tell whether a file with zero bytes is UTF-8 that only looks wide at first."""
    return (
        first_wrong_byte(path, wide) is not None
        and not head.isascii()
        and first_wrong_byte(path, "utf-8") is None
    )


def _old_codec(path: Path, wrong: int) -> str:
    with path.open("rb") as stream:
        stream.seek(max(0, wrong - _SAMPLE // 2))
        sample = stream.read(_SAMPLE)
    if any(_is_utf8(match.group()) for match in _WIDE.finditer(sample)):
        raise _doubtful(wrong, "UTF-8 and another encoding are mixed")
    if b"\0" in sample:
        raise _doubtful(wrong, "there are zero bytes: this is no text")
    best = from_bytes(sample, cp_isolation=list(_OLD)).best()
    if best is None:
        raise _doubtful(wrong, "it is not UTF-8, nor an old encoding known here")
    return str(best.encoding)


def _is_utf8(some: bytes) -> bool:
    try:
        some.decode()
    except UnicodeDecodeError:
        return False
    return True


def _doubtful(offset: int, why: str) -> DataError:
    return DataError(
        f"byte {offset} cannot be decoded: {why}",
        hint="save the file as UTF-8",
        code="corpus.encoding",
    )
