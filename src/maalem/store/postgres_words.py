# SPDX-License-Identifier: Apache-2.0
"""The full text index of PostgreSQL: vectors of words in an inverted index."""

from collections.abc import Sequence

from maalem.store.tables import Cells, Folded, Phrase, Question, Tables

WORDS_TABLES = (
    "CREATE TABLE passage_words (seq BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)",
    "CREATE INDEX passage_words_by_word ON passage_words USING GIN (words)",
)
"""What stands for SQLite's virtual table."""

_INSERT = "INSERT INTO passage_words (seq, words) VALUES (?, ?::tsvector)"
_FIND = (
    "SELECT record.seq, record.id FROM passage_words "
    "JOIN record ON record.seq = passage_words.seq "
    "WHERE passage_words.words @@ ?::tsquery AND passage_words.seq > ? "
    "ORDER BY passage_words.seq LIMIT ?"
)
_LAST = 16_383  # places that a vector can tell apart


class PostgresWords:
    """Writes and asks the table `passage_words`.

    Words are folded and cut already, so that none of the server's dictionaries has a
    say. A trait is a word that begins with `=`, as no word of a text does.
    """

    def add(self, tables: Tables, rows: Sequence[tuple[int, Folded]]) -> None:
        """Add passages by the numbers of their rows."""
        for seq, folded in rows:
            tables.execute(_INSERT, (seq, _vector(folded)))

    def erase(self, tables: Tables, rows: Sequence[int]) -> None:
        """Take passages out; `VACUUM` gives their room back."""
        for row in rows:
            tables.execute("DELETE FROM passage_words WHERE seq = ?", (row,))

    def clear(self, tables: Tables) -> None:
        """Take everything out."""
        tables.execute("DELETE FROM passage_words")

    def find(
        self, tables: Tables, question: Question, *, after: int, most: int
    ) -> list[Cells]:
        """Give row number and digest of passages beyond a row, in order of the rows."""
        return tables.execute(_FIND, (_asked(question), after, most)).fetchall()


def _vector(folded: Folded) -> str:
    """Write a vector; words and traits have nothing in them that would be obeyed."""
    parts = [
        f"'{word}':{min(place, _LAST)}"
        for place, word in enumerate(folded.words, start=1)
    ]
    return " ".join([*parts, *(f"'={trait}'" for trait in folded.traits)])


def _asked(question: Question) -> str:
    parts = [_phrase(one) for one in question.phrases]
    return " & ".join([*parts, *(f"'={trait}'" for trait in question.traits)])


def _phrase(phrase: Phrase) -> str:
    words, goes_on = phrase
    inner = " <-> ".join(f"'{word}'" for word in words)
    return f"({inner}{':*' if goes_on else ''})"
