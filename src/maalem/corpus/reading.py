# SPDX-License-Identifier: Apache-2.0
"""Files become documents and passages, in batches that are stored one by one."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from maalem.corpus.files import Found, find_files
from maalem.corpus.gathering import Gathering
from maalem.corpus.index import NearDuplicateIndex
from maalem.corpus.parser import Parser
from maalem.corpus.pieces import EMPTY, Raw, Tick
from maalem.corpus.pseudonyms import Pseudonyms
from maalem.corpus.report import Batch, Refusal
from maalem.corpus.settings import ColumnMap, ReadLimits
from maalem.corpus.walls import Walls
from maalem.errors import DataError
from maalem.records import Digest, digest_file
from maalem.sealing.settings import SealSettings

Tell = Callable[[str, int, int], None]
"""Called with what is being done, how much is done and how much there is, in bytes."""


_AHEAD = 64  # small files that the parser may begin while others are looked at
_SMALL = 64 << 10  # bytes; a larger one is worth waiting for

Opened = tuple[Found | Refusal, Digest | None]
"""What was found, with the digest of its bytes if it is to be read."""


def ingest(  # noqa: PLR0913  # the seam itself: what to read, how, and what is known
    paths: Sequence[Path],
    *,
    columns: ColumnMap,
    limits: ReadLimits,
    index: NearDuplicateIndex,
    known: Callable[[Digest], bool],
    tell: Tell | None = None,
    seal: SealSettings | None = None,
    pseudonyms: Pseudonyms | None = None,
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
        seal: How high the process that reads is sealed; none for no seal.
        pseudonyms: What to put for personal data before anything is kept, the document
            named, or a copy looked for; none to leave it where it stands.

    Returns:
        Batches of at most 500 documents, in a fixed order.

    Raises:
        DataError: A path does not exist, or there is no file in any of them.
        SealError: No seal as high as is required could be proved.
    """
    total = _total(paths)
    gathering = Gathering(
        index, known, limits.passage_characters, pseudonyms=pseudonyms
    )
    walls = Walls(seal, paths) if seal is not None else None
    done = 0
    try:
        with Parser(columns, limits, walls=walls) as parser:
            for found, digest in _expected(parser, find_files(paths)):
                for at in _read(parser, found, digest, into=gathering):
                    if tell and at:
                        tell("read", min(done + at, total), total)
                    if gathering.is_full:
                        yield _sealed(gathering.batch(), walls)
                        index.commit()
                done += 0 if isinstance(found, Refusal) else found.size
        if gathering.is_begun:
            yield _sealed(gathering.batch(), walls)
        index.commit()
    finally:
        if walls is not None:
            walls.close()
        index.rollback()
        gathering.close()


def _sealed(batch: Batch, walls: Walls | None) -> Batch:
    return batch if walls is None else replace(batch, seal=walls.seen())


def _total(paths: Sequence[Path]) -> int:
    count = total = 0
    for found in find_files(paths):
        count += isinstance(found, Refusal) or not found.hidden
        total += 0 if isinstance(found, Refusal) else found.size
    if not count:
        raise DataError("there is no file to read", hint="maalem add PATH", code=EMPTY)
    return total


def _expected(parser: Parser, files: Iterable[Found | Refusal]) -> Iterator[Opened]:
    """Let the parser go ahead by some small files, so that no one waits for each."""
    waiting: deque[Opened] = deque()
    for found in files:
        is_large = isinstance(found, Found) and found.size > _SMALL
        while waiting and (is_large or len(waiting) >= _AHEAD):
            yield waiting.popleft()
        opened, digest = _opened(found)
        if digest and isinstance(opened, Found):
            parser.expect(opened.path, opened.source)
        waiting.append((opened, digest))
    yield from waiting


def _opened(found: Found | Refusal) -> Opened:
    if isinstance(found, Refusal) or found.hidden:
        return found, None
    try:
        return found, digest_file(found.path)
    except OSError as error:
        reason = f"it cannot be opened: {error.strerror}"
        refusal = Refusal(
            source=found.source, place="", code="corpus.unreadable", reason=reason
        )
        return refusal, None


def _read(
    parser: Parser,
    found: Found | Refusal,
    digest: Digest | None,
    *,
    into: Gathering,
) -> Iterator[int]:
    """Read one file into the batch; the bytes done, or 0 where only more came."""
    if isinstance(found, Refusal) or digest is None:
        into.pass_over(found)
        yield 0
        return
    into.begin_file()
    brought = False
    for piece in parser.read(found.path, found.source):
        if isinstance(piece, Raw):
            into.add(piece, digest)
            brought = True
        elif isinstance(piece, Refusal):
            into.refusals.append(piece)
        yield piece.at if isinstance(piece, Tick) else 0
    if brought:
        into.files_done.append((found.path, digest))
    yield found.size
