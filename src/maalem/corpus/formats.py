# SPDX-License-Identifier: Apache-2.0
"""Which reader a file goes to, by the end of its name."""

from collections.abc import Iterator
from pathlib import Path

from maalem.corpus.archives import read_archive
from maalem.corpus.pieces import EMPTY, Given, Piece, whole_or_nothing
from maalem.errors import DataError, boundary

_TABLES = frozenset({".csv", ".tsv"})
_LINES = frozenset({".jsonl", ".ndjson"})
_TEXTS = frozenset({".txt", ".text", ".md", ".markdown"})
_PAGES = frozenset({".html", ".htm", ".xhtml"})
_OTHERS = frozenset({".parquet", ".pdf", ".docx", ".eml"})
_PACKED = frozenset({".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz"})
_INSTEAD = {
    ".xlsx": "save the sheet as CSV",
    ".xls": "save the sheet as CSV",
    ".ods": "save the sheet as CSV",
    ".doc": "save it as DOCX or PDF",
    ".json": "write one object a line, as .jsonl",
}


def read_pieces(given: Given) -> Iterator[Piece]:
    """Read one file of any known format; whatever goes wrong becomes a refusal."""
    try:
        with boundary(DataError, "read it"):
            yield from _read(given)
    except DataError as error:
        code = error.code if error.code != DataError.default_code else _code(error)
        reason = ": ".join(part for part in (error.message, error.why) if part)
        hint = f" ({error.hint})" if error.hint else ""
        yield given.refusal(code, f"{reason[:300]}{hint}")


def _code(error: DataError) -> str:
    memory = isinstance(error.__cause__, MemoryError)
    return "corpus.too-large" if memory else "corpus.unreadable"


def _read(given: Given) -> Iterator[Piece]:
    size = given.path.stat().st_size
    if size == 0:
        yield given.refusal(EMPTY, "the file is empty")
        return
    if size > given.limits.file_mb << 20:
        raise DataError(
            f"the file is larger than {given.limits.file_mb} MiB",
            hint="raise `file_mb` in [reading]",
            code="corpus.too-large",
        )
    suffix = _suffix(given.path)
    if suffix in _PACKED:
        yield from read_archive(given, read_pieces)
    elif suffix in _OTHERS:
        yield from _read_other(given, suffix)
    else:
        yield from _read_text(given, suffix)


def _suffix(path: Path) -> str:
    suffix = path.suffix.lower()
    packed = suffix in {".gz", ".bz2", ".xz"}
    if packed and not path.name.lower().endswith(f".tar{suffix}"):
        return "".join(path.suffixes[-2:]).lower()
    return suffix


def _read_text(given: Given, suffix: str) -> Iterator[Piece]:
    if suffix in _LINES:
        from maalem.corpus.lines import read_json_lines  # noqa: PLC0415  # if needed

        return whole_or_nothing(given, read_json_lines)
    if suffix in _TABLES:
        from maalem.corpus.tables import read_csv  # noqa: PLC0415  # only if needed

        return whole_or_nothing(given, read_csv)
    if suffix in _TEXTS | _PAGES:
        from maalem.corpus import plain  # noqa: PLC0415  # only if needed

        return (plain.read_text if suffix in _TEXTS else plain.read_html)(given)
    raise DataError(
        f"files that end in {suffix or 'nothing'!r} are not read",
        hint=_INSTEAD.get(suffix, "csv, jsonl, parquet, txt, md, html, pdf, docx, eml"),
        code="corpus.unknown-format",
    )


def _read_other(given: Given, suffix: str) -> Iterator[Piece]:
    if suffix == ".pdf":
        from maalem.corpus.pdf import read_pdf  # noqa: PLC0415  # 0.4 s, only if needed

        return read_pdf(given)
    if suffix == ".docx":
        from maalem.corpus.word import read_docx  # noqa: PLC0415  # 0.3 s, if needed

        return read_docx(given)
    if suffix == ".eml":
        from maalem.corpus.plain import read_mail  # noqa: PLC0415  # only if needed

        return read_mail(given)
    from maalem.corpus.tables import read_columns  # noqa: PLC0415  # only if needed

    return whole_or_nothing(given, read_columns)
