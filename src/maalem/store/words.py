# SPDX-License-Identifier: Apache-2.0
"""Which passages have which words: an index in the database, made from the records.

It follows the records: what they have and it has not yet, `catch_up` adds, whoever
wrote them and whatever was cut off. It keeps words and their order, not the texts.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from maalem.records import Digest, Passage
from maalem.store.protocol import Store
from maalem.store.tables import Folded, Question, Tables

_PAGE = 256  # passages added in one transaction: others who write wait some 30 ms
_FOUND = 120  # passages looked up at a time
_EMPTIED = "SELECT seq FROM record WHERE seq > ? AND seq <= ? AND body = ''"
_STATE = "SELECT version, seq FROM passage_words_state"


class WordIndex:
    """The passages of a store, by their words.

    What `fold` makes of a passage stays the same under one version.
    """

    def __init__(
        self, store: Store, *, fold: Callable[[Passage], Folded], version: str
    ) -> None:
        """Take a store, and how its passages are folded.

        Args:
            store: The store; `find` alone may be asked of one that only reads.
            fold: Gives words and traits of a passage.
            version: Name of that folding.
        """
        self._store = store
        self._table = store.words
        self._fold = fold
        self._version = version

    def waiting(self) -> int:
        """Count the passages that cannot be found yet."""
        query = (
            "SELECT count(*) FROM record WHERE kind = ? AND seq > ? AND NOT EXISTS "
            "(SELECT 1 FROM erased WHERE erased.kind = record.kind "
            "AND erased.id = record.id)"
        )

        def count(tables: Tables) -> int:
            row = tables.execute(query, (Passage.kind, self._seen(tables))).fetchone()
            return int(row[0]) if row else 0

        return self._store.look(count)

    def catch_up(self, tell: Callable[[int], None] | None = None) -> None:
        """Add what was written since; an index by another folding begins anew.

        Args:
            tell: Called with the number of passages added so far.
        """
        added = 0
        while True:
            since = self._store.look(self._seen)
            rows = self._store.rows(Passage, after=since, most=_PAGE)
            if not rows:
                return
            folded = [(seq, self._fold(passage)) for seq, passage in rows]
            self._store.change(partial(self._add, rows=folded, since=since))
            added += len(rows)
            if tell is not None:
                tell(added)

    def find(self, question: Question) -> Iterator[Digest]:
        """Give the passages that have all that is asked for, in order of the records.

        Args:
            question: At least one phrase or trait.
        """
        after = -1
        while True:
            found = self._store.look(
                partial(self._table.find, question=question, after=after, most=_FOUND)
            )
            yield from (Digest(name) for _, name in found)
            if len(found) < _FOUND:
                return
            after = found[-1][0]

    def _seen(self, tables: Tables) -> int:
        """Give the last row that was added; -1 where the index must begin anew."""
        state = tables.execute(_STATE).fetchone()
        return int(state[1]) if state and state[0] == self._version else -1

    def _add(
        self, tables: Tables, rows: Sequence[tuple[int, Folded]], since: int
    ) -> None:
        seen = self._seen(tables)
        if seen < since:
            return  # an erasure has taken everything out meanwhile
        gone = {seq for (seq,) in tables.execute(_EMPTIED, (since, rows[-1][0]))}
        fresh = [  # another thread may have come
            row for row in rows if row[0] > seen and row[0] not in gone
        ]
        if seen < 0:
            self._table.clear(tables)
        if fresh:
            self._table.add(tables, fresh)
            tables.execute("DELETE FROM passage_words_state")
            tables.execute(
                "INSERT INTO passage_words_state (version, seq) VALUES (?, ?)",
                (self._version, fresh[-1][0]),
            )
