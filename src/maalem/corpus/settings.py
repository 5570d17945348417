# SPDX-License-Identifier: Apache-2.0
"""How files are to be read: which column is what, and how much a file may cost."""

from dataclasses import dataclass

from maalem.errors import SettingsError


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMap:
    """Which column of a table, or key of a JSON line, is what.

    Attributes:
        text: Columns that make the text, joined by a line break in this order; empty
            means the one called `text`, or the only column there is.
        group: Column of what must not stand on both sides of a split.
        date: Column of the date, ISO 8601 (`2024-03-05`, with or without a time).
        label: Column of a label that is there already.
        keep: Other columns to keep with the document.
        delimiter: What separates the columns of a CSV file; `.tsv` has a tab always.
    """

    text: tuple[str, ...] = ()
    group: str | None = None
    date: str | None = None
    label: str | None = None
    keep: tuple[str, ...] = ()
    delimiter: str = ","

    def __post_init__(self) -> None:
        if len(self.delimiter) != 1 or self.delimiter in '"\r\n':
            raise SettingsError(
                f"delimiter must be one character and no quote, got {self.delimiter!r}",
                code="settings.columns",
            )
        if "" in (*self.text, *self.keep, self.group, self.date, self.label):
            raise SettingsError(
                "a column cannot have an empty name", code="settings.columns"
            )

    @property
    def named(self) -> tuple[str, ...]:
        """Every column that is named, each once, in order."""
        single = (self.group, self.date, self.label)
        names = [*self.text, *(name for name in single if name), *self.keep]
        return tuple(dict.fromkeys(names))


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusSettings:
    """What is done with personal data when documents are added.

    Attributes:
        personal: `mark` keeps texts as they were read and marks what was found;
            `replace` puts pseudonyms in its place before anything is kept, and keeps no
            copy of the file. What is there already stays as it was added.
    """

    personal: str = "mark"

    def __post_init__(self) -> None:
        if self.personal not in ("mark", "replace"):
            raise SettingsError(
                f"personal must be mark or replace, got {self.personal!r}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLimits:
    """What one untrusted file may cost before it is refused.

    Attributes:
        seconds: Wall-clock and CPU seconds for one file, above 0.
        memory_mb: What the reading process may take beyond its own start, at least
            256 MiB.
        file_mb: Size of one file, and of all that an archive unpacks to, in MiB.
        rows: Rows of one table.
        line_mb: Size of one line or one cell, in MiB.
        ratio: How many times larger than packed an archive's member may be.
        members: Members of one archive.
        pages: Pages of one PDF.
        passage_characters: A longer text is cut into passages of at most this many
            code points, at paragraphs and sentences where there are any.
        skip_bad: Whether a table or JSON Lines file with bad rows gives its good rows;
            otherwise the first bad row refuses its whole file.
    """

    seconds: float = 30.0
    memory_mb: int = 1024
    file_mb: int = 512
    rows: int = 5_000_000
    line_mb: int = 16
    ratio: int = 100
    members: int = 20_000
    pages: int = 5_000
    passage_characters: int = 2_000
    skip_bad: bool = False

    def __post_init__(self) -> None:
        if self.seconds <= 0:
            raise SettingsError(f"seconds must be above 0, got {self.seconds:g}")
        if self.memory_mb < 256:
            raise SettingsError(f"memory_mb must be at least 256, got {self.memory_mb}")
        if self.passage_characters < 200:
            raise SettingsError(
                "passage_characters must be at least 200, "
                f"got {self.passage_characters}"
            )
        counts = (self.file_mb, self.rows, self.line_mb, self.members, self.pages)
        if min(counts) < 1 or self.ratio < 2:
            raise SettingsError("every limit on reading must be at least 1, ratio 2")
