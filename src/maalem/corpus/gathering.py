# SPDX-License-Identifier: Apache-2.0
"""The batch that is being filled: raw pieces become documents and passages."""

import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from maalem.corpus.cleaning import clean
from maalem.corpus.files import Found
from maalem.corpus.index import NearDuplicateIndex
from maalem.corpus.passages import cut
from maalem.corpus.personal import find_personal_data
from maalem.corpus.pieces import EMPTY, Raw
from maalem.corpus.pseudonyms import Pseudonyms, find_pseudonyms
from maalem.corpus.report import Batch, Refusal
from maalem.records import Digest, Document, Passage, digest_of

_BATCH = 500


class Gathering:
    """The batch that is being filled."""

    def __init__(
        self,
        index: NearDuplicateIndex,
        known: Callable[[Digest], bool],
        room: int,
        *,
        pseudonyms: Pseudonyms | None = None,
    ) -> None:
        self._index = index
        self._known = known
        self._room = room
        self._pseudonyms = pseudonyms
        self._seen = sqlite3.connect("", isolation_level=None)  # on disk when large
        self._seen.execute("PRAGMA journal_mode = OFF")
        self._seen.execute("CREATE TABLE row (id TEXT PRIMARY KEY, times INTEGER)")
        self.documents: list[Document] = []
        self.passages: list[Passage] = []
        self.refusals: list[Refusal] = []
        self.files_done: list[tuple[Path, Digest]] = []
        self._ids: set[Digest] = set()
        self._replaced: Counter[str] = Counter()
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
        raw = _cleaned(raw, text=text, flags=flags)
        replaced: Counter[str] = Counter()
        if self._pseudonyms:
            raw, replaced = pseudonymous(raw, self._pseudonyms)
            file = self._pseudonyms.digest(file)
        document = self._document(raw, file)
        self.read += 1
        if document.id in self._ids or self._known(document.id):
            self.known += 1
            return
        self.documents.append(document)
        self._ids.add(document.id)
        self._replaced.update(replaced)
        self.passages += cut(
            document,
            max_characters=self._room,
            index=self._index,
            find=find_pseudonyms if self._pseudonyms else find_personal_data,
        )

    def _document(self, raw: Raw, file: Digest) -> Document:
        content = digest_of(
            {
                "source": raw.source,
                "text": raw.text,
                "date": raw.date,
                "label": raw.label,
                "group": raw.group,
                "fields": [list(pair) for pair in raw.fields],
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
            text=raw.text,
            date=raw.date,
            label=raw.label,
            group=raw.group,
            flags=raw.flags,
            fields=raw.fields,
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
            replaced=dict(self._replaced),
        )
        for some in (self.documents, self.passages, self.refusals, self.files_done):
            some.clear()
        self._ids.clear()
        self._replaced.clear()
        self.read = self.known = self.hidden = 0
        return batch

    def close(self) -> None:
        """Forget what was counted."""
        self._seen.close()


def _cleaned(raw: Raw, *, text: str, flags: tuple[str, ...]) -> Raw:
    """Clean what stands beside the text, too."""
    return replace(
        raw,
        text=text,
        label=_plain(raw.label),
        group=_plain(raw.group),
        fields=tuple((name, clean(value)[0]) for name, value in raw.fields),
        flags=flags,
    )


def pseudonymous(raw: Raw, pseudonyms: Pseudonyms) -> tuple[Raw, Counter[str]]:
    """Put pseudonyms into a cleaned piece: its text, columns and file name.

    Returns:
        The piece, and how many of each kind were replaced in all of it.
    """
    counts: Counter[str] = Counter()

    def spared(text: str) -> str:
        without, found = pseudonyms.replace(text)
        counts.update(found)
        return without

    raw = replace(
        raw,
        source=spared(raw.source),
        text=spared(raw.text),
        label=None if raw.label is None else spared(raw.label),
        group=None if raw.group is None else spared(raw.group),
        fields=tuple((name, spared(value)) for name, value in raw.fields),
    )
    return raw, counts


def _plain(text: str | None) -> str | None:
    return None if text is None else clean(text)[0] or None
