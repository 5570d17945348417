# SPDX-License-Identifier: Apache-2.0
"""The batch that is being filled: raw pieces become documents and passages."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

from maalem.corpus.cleaning import clean
from maalem.corpus.files import Found
from maalem.corpus.index import NearDuplicateIndex
from maalem.corpus.passages import cut
from maalem.corpus.pieces import EMPTY, Raw
from maalem.corpus.report import Batch, Refusal
from maalem.records import Digest, Document, Passage, digest_of

_BATCH = 500


class Gathering:
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
        """Whether it is time to hand the batch over."""
        return max(self.read, len(self.refusals), len(self.files_done)) >= _BATCH

    @property
    def is_begun(self) -> bool:
        """Whether there is anything to hand over."""
        parts = (self.read, self.hidden, len(self.refusals), len(self.files_done))
        return any(parts)

    def begin_file(self) -> None:
        """Count equal rows anew: they are counted within a file."""
        self._seen.execute("DELETE FROM row")

    def pass_over(self, found: Found | Refusal) -> None:
        """Count what is not read: a refusal, or a hidden file."""
        if isinstance(found, Refusal):
            self.refusals.append(found)
        else:
            self.hidden += 1

    def add(self, raw: Raw, file: Digest) -> None:
        """Make a document of a piece, and its passages unless they are known."""
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
        """Hand over what was gathered, and begin the next batch."""
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
        """Forget what was counted."""
        self._seen.close()


def _plain(text: str | None) -> str | None:
    return None if text is None else clean(text)[0] or None
