# SPDX-License-Identifier: Apache-2.0
"""The full text index of SQLite: FTS5, without the texts."""

from collections.abc import Iterator, Sequence

from maalem.store.tables import Cells, Folded, Phrase, Question, Tables

WORDS_TABLES = (
    # Words and their order only; what is given is folded, so that the tokeniser has
    # nothing to do but part it at spaces.
    """CREATE VIRTUAL TABLE passage_words USING fts5 (
        words, traits, content = '', columnsize = 0, tokenize = "ascii tokenchars '_'"
    )""",
    """CREATE TABLE passage_words_state (
        version TEXT NOT NULL,
        seq INTEGER NOT NULL
    )""",
)
"""By which words passages are found, and up to which record that is so."""

_INSERT = "INSERT INTO passage_words (rowid, words, traits) VALUES (?, ?, ?)"
_COMMAND = "INSERT INTO passage_words (passage_words) VALUES (?)"
_FIND = (
    "SELECT record.seq, record.id FROM passage_words "
    "JOIN record ON record.seq = passage_words.rowid "
    "WHERE passage_words MATCH ? AND passage_words.rowid > ? "
    "ORDER BY passage_words.rowid LIMIT ?"
)


class SqliteWords:
    """Writes and asks the table `passage_words`."""

    def add(self, tables: Tables, rows: Sequence[tuple[int, Folded]]) -> None:
        """Add passages by the numbers of their rows."""
        for row in _written(rows):
            tables.execute(_INSERT, row)

    def erase(self, tables: Tables, rows: Sequence[int]) -> None:
        """Take everything out, if any of the passages is in.

        FTS5 takes out single passages only when it is told their words, which whoever
        erases does not know, and merges its whole index to be rid of them.
        """
        state = tables.execute("SELECT max(seq) FROM passage_words_state").fetchone()
        last = state[0] if state else None
        if last is not None and any(row <= last for row in rows):
            self.clear(tables)
            tables.execute("DELETE FROM passage_words_state")

    def clear(self, tables: Tables) -> None:
        """Take everything out."""
        tables.execute(_COMMAND, ("delete-all",))

    def find(
        self, tables: Tables, question: Question, *, after: int, most: int
    ) -> list[Cells]:
        """Give row number and digest of passages beyond a row, in order of the rows."""
        return tables.execute(_FIND, (_asked(question), after, most)).fetchall()


def _written(rows: Sequence[tuple[int, Folded]]) -> Iterator[tuple[int, str, str]]:
    for seq, folded in rows:
        yield seq, " ".join(folded.words), " ".join(folded.traits)


def _asked(question: Question) -> str:
    """Write a question for FTS5; words have letters only, so nothing is obeyed."""
    parts = [_phrase(one) for one in question.phrases]
    parts += [f'traits : "{trait}"' for trait in question.traits]
    return " AND ".join(f"({part})" for part in parts)


def _phrase(phrase: Phrase) -> str:
    words, goes_on = phrase
    return f'words : "{" ".join(words)}"{" *" if goes_on else ""}'
