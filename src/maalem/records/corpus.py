# SPDX-License-Identifier: Apache-2.0
"""What was read: documents, and the passages cut from them."""

from dataclasses import dataclass
from typing import ClassVar

from maalem.records.digests import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Personal data found in a text, or its pseudonym; never the value itself.

    Attributes:
        what: `email`, `phone`, `iban`, `card`, `nir`, `cin` or `rib`.
        start: First code point.
        end: One past the last code point.
    """

    what: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One thing that was read: a file, or a row of a table.

    Attributes:
        id: Digest of source, content and occurrence; the same row read twice is one.
        source: Name of the file as added, relative to the folder that was added.
        place: Where in the file: `row 17`, `line 3`, or empty for the whole.
        file: Digest of the file's bytes; where personal data is replaced, that digest
            under the project's key, which names no blob.
        text: Cleaned text, in Unicode NFC, as it is shown.
        date: ISO 8601 date, if a column gives it.
        label: What the mapped label column says, if anything.
        group: What the mapped group column says, if anything.
        flags: What a reader should know: `bidi-controls`, `hidden-text`, `no-text`.
        fields: Other mapped columns, as pairs of name and value.
    """

    kind: ClassVar[str] = "document.v1"
    id: Digest
    source: str
    place: str
    file: Digest
    text: str
    date: str | None = None
    label: str | None = None
    group: str | None = None
    flags: tuple[str, ...] = ()
    fields: tuple[tuple[str, str], ...] = ()

    @property
    def topic(self) -> str:
        """The source."""
        return self.source


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A part of a document that a question can be asked about.

    Attributes:
        id: Digest of document, start and end.
        document: The document it was cut from.
        start: First code point in the document's text.
        end: One past the last code point.
        text: That part of the text.
        language: `ar`, `ary-Latn` (Darija in Latin script), `fr`, `en`, another
            ISO 639 code, or `und` where the text is too short to tell.
        group: What must not stand on both sides of a split; never changes once given.
        date: Date of the document.
        same_as: The first passage with the same matching key, if this is a copy.
        near: Passages kept earlier that are near duplicates of this one.
        personal: Personal data found, offsets in this passage's text.
    """

    kind: ClassVar[str] = "passage.v1"
    id: Digest
    document: Digest
    start: int
    end: int
    text: str
    language: str
    group: str
    date: str | None = None
    same_as: Digest | None = None
    near: tuple[Digest, ...] = ()
    personal: tuple[Finding, ...] = ()

    @property
    def topic(self) -> str:
        """The document."""
        return self.document
