# SPDX-License-Identifier: Apache-2.0
"""Files become documents and passages, in batches that are stored one by one."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from maalem.corpus.cleaning import clean
from maalem.corpus.files import Found, find_files
from maalem.corpus.index import NearDuplicateIndex
from maalem.corpus.parser import Parser
from maalem.corpus.passages import cut
from maalem.corpus.pieces import EMPTY, Raw, Tick
from maalem.corpus.report import Batch, Refusal
from maalem.corpus.settings import ColumnMap, ReadLimits
from maalem.errors import DataError
from maalem.records import Digest, Document, Passage, digest_file, digest_of

Tell = Callable[[str, int, int], None]
"""Called with what is being done, how much is done and how much there is, in bytes."""

_BATCH = 500


def ingest(  # the seam itself: what to read, how, and what is known
    paths: Sequence[Path],
    *,
    columns: ColumnMap,
    limits: ReadLimits,
    index: NearDuplicateIndex,
    known: Callable[[Digest], bool],
    tell: Tell | None = None,
) -> Iterator[Batch]:
    """Read files and folders into documents and passages.

    A document's id is the digest of its source, its mapped content and its occurrence
    among equal rows of its file: reading a file again brings nothing new, a table with
    rows appended brings only those, and an interrupted run goes on where it was. What
    cannot be read is a refusal; no file can stop or change the reading of another.

    The caller stores each batch before asking for the next; the index keeps what it
    learned of a batch only when the next is asked for.

    Args:
        paths: Files and folders.
        columns: Which column of a table is what.
        limits: What one file may cost.
        index: What was read before; an interrupted write is mended by its `rebuild`.
        known: Whether a document with this id is stored already.
        tell: Called with "read" and the bytes done and in all.

    Returns:
        Batches of at most 500 documents, in a fixed order.

    Raises:
        DataError: A path does not exist, or there is no file in any of them.
    """
    total = _total(paths)
    gathering = _Gathering(index, known, limits.passage_characters)
    done = 0
    try:
        with Parser(columns, limits) as parser:
            for found in find_files(paths):
                for at in _read(parser, found, gathering):
                    if tell and at:
                        tell("read", min(done + at, total), total)
                    if gathering.is_full:
                        yield gathering.batch()
                        index.commit()
                done += 0 if isinstance(found, Refusal) else found.size
        if gathering.is_begun:
            yield gathering.batch()
        index.commit()
    finally:
        index.rollback()
        gathering.close()


def _total(paths: Sequence[Path]) -> int:
    count = total = 0
    for found in find_files(paths):
        count += isinstance(found, Refusal) or not found.hidden
        total += 0 if isinstance(found, Refusal) else found.size
    if not count:
        raise DataError("there is no file to read", hint="maalem add PATH", code=EMPTY)
    return total


def _read(
    parser: Parser, found: Found | Refusal, gathering: "_Gathering"
) -> Iterator[int]:
    """Read one file into the batch; the bytes done, or 0 where only more came."""
    if isinstance(found, Refusal) or found.hidden:
        gathering.pass_over(found)
        yield 0
        return
    try:
        digest = digest_file(found.path)
    except OSError as error:
        reason = f"it cannot be opened: {error.strerror}"
        gathering.pass_over(
            Refusal(
                source=found.source, place="", code="corpus.unreadable", reason=reason
            )
        )
        yield 0
        return
    gathering.begin_file()
    brought = False
    for piece in parser.read(found.path, found.source):
        if isinstance(piece, Raw):
            gathering.add(piece, digest)
            brought = True
        elif isinstance(piece, Refusal):
            gathering.refusals.append(piece)
        yield piece.at if isinstance(piece, Tick) else 0
    if brought:
        gathering.files_done.append((found.path, digest))
    yield found.size


class _Gathering:
    """The batch that is being filled."""

    def __init__(
        self, index: NearDuplicateIndex, known: Callable[[Digest], bool], room: int
    ) -> None:
        self._index = index
        self._known = known
        self._room = room
        self._seen = sqlite3.connect("", isolation_level=None)  # on disk when large
        self._seen.execute("PRAGMA journal_mode = OFF")
        self._seen.execute("CREATE TABLE row (id TEXT PRIMARY KEY, times INTEGER)")
        self.documents: list[Document] = []
        self.passages: list[Passage] = []
        self.refusals: list[Refusal] = []
        self.files_done: list[tuple[Path, Digest]] = []
        self._ids: set[Digest] = set()
        self.read = self.known = self.hidden = 0

    @property
    def is_full(self) -> bool:
        return max(self.read, len(self.refusals), len(self.files_done)) >= _BATCH

    @property
    def is_begun(self) -> bool:
        parts = (self.read, self.hidden, len(self.refusals), len(self.files_done))
        return any(parts)

    def begin_file(self) -> None:
        self._seen.execute("DELETE FROM row")

    def pass_over(self, found: Found | Refusal) -> None:
        if isinstance(found, Refusal):
            self.refusals.append(found)
        else:
            self.hidden += 1

    def add(self, raw: Raw, file: Digest) -> None:
        text, flags = clean(raw.text)
        flags = tuple(sorted({*flags, *raw.flags}))
        if not text and "no-text" not in flags:
            why = "nothing is left after cleaning"
            self.pass_over(
                Refusal(source=raw.source, place=raw.place, code=EMPTY, reason=why)
            )
            return
        document = self._document(raw, file, text=text, flags=flags)
        self.read += 1
        if document.id in self._ids or self._known(document.id):
            self.known += 1
            return
        self.documents.append(document)
        self._ids.add(document.id)
        self.passages += cut(document, max_characters=self._room, index=self._index)

    def _document(
        self, raw: Raw, file: Digest, *, text: str, flags: tuple[str, ...]
    ) -> Document:
        label, group = _plain(raw.label), _plain(raw.group)
        fields = tuple((name, clean(value)[0]) for name, value in raw.fields)
        content = digest_of(
            {
                "source": raw.source,
                "text": text,
                "date": raw.date,
                "label": label,
                "group": group,
                "fields": [list(pair) for pair in fields],
            }
        )
        (times,) = self._seen.execute(
            "INSERT INTO row VALUES (?, 1) ON CONFLICT (id)"
            " DO UPDATE SET times = times + 1 RETURNING times",
            (content,),
        ).fetchone()
        return Document(
            id=digest_of({"content": content, "occurrence": times}),
            source=raw.source,
            place=raw.place,
            file=file,
            text=text,
            date=raw.date,
            label=label,
            group=group,
            flags=flags,
            fields=fields,
        )

    def batch(self) -> Batch:
        batch = Batch(
            documents=tuple(self.documents),
            passages=tuple(self.passages),
            refusals=tuple(self.refusals),
            files_done=tuple(self.files_done),
            read=self.read,
            known=self.known,
            hidden=self.hidden,
        )
        for some in (self.documents, self.passages, self.refusals, self.files_done):
            some.clear()
        self._ids.clear()
        self.read = self.known = self.hidden = 0
        return batch

    def close(self) -> None:
        self._seen.close()


def _plain(text: str | None) -> str | None:
    return None if text is None else clean(text)[0] or None
