# SPDX-License-Identifier: Apache-2.0
"""Which passages have which words: an index in the database, made from the records.

It follows the records: what they have and it has not yet, `catch_up` adds, whoever
wrote them and whatever was cut off. It keeps words and their order, not the texts.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from maalem.records import Digest, Passage, from_json
from maalem.store.protocol import Store
from maalem.store.tables import Cells, Folded, Question, Tables

_PAGE = 256  # passages added in one transaction: others who write wait some 30 ms
_FOUND = 120  # passages looked up at a time
_STATE = "SELECT version, seq FROM passage_words_state"


class WordIndex:
    """The passages of a store, by their words.

    What `fold` makes of a passage must stay the same under one version: what is taken
    out is folded again.
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
        query = "SELECT count(*) FROM record WHERE kind = ? AND seq > ?"

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
        while rows := self._store.look(self._next_rows):
            folded = [(seq, self._fold(_passage(body))) for seq, body in rows]
            self._store.change(partial(self._add, rows=folded))
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

    def remove(self, passages: Sequence[Digest]) -> None:
        """Take passages out, while their records are there; none of their words stay.

        They do not come back by `catch_up`.
        """
        query = "SELECT seq, body FROM record WHERE kind = ? AND id = ? AND seq <= ?"

        def take_out(tables: Tables) -> None:
            seen = self._seen(tables)
            rows = [
                (seq, self._fold(_passage(body)))
                for one in passages
                for seq, body in tables.execute(query, (Passage.kind, one, seen))
            ]
            self._table.remove(tables, rows)

        self._store.change(take_out)

    def _next_rows(self, tables: Tables) -> list[Cells]:
        query = (
            "SELECT seq, body FROM record WHERE kind = ? AND seq > ? "
            "ORDER BY seq LIMIT ?"
        )
        return tables.execute(
            query, (Passage.kind, self._seen(tables), _PAGE)
        ).fetchall()

    def _seen(self, tables: Tables) -> int:
        """Give the last row that was added; -1 where the index must begin anew."""
        state = tables.execute(_STATE).fetchone()
        return int(state[1]) if state and state[0] == self._version else -1

    def _add(self, tables: Tables, rows: Sequence[tuple[int, Folded]]) -> None:
        seen = self._seen(tables)
        fresh = [row for row in rows if row[0] > seen]  # another thread may have come
        if seen < 0:
            self._table.clear(tables)
        if fresh:
            self._table.add(tables, fresh)
            tables.execute("DELETE FROM passage_words_state")
            tables.execute(
                "INSERT INTO passage_words_state (version, seq) VALUES (?, ?)",
                (self._version, fresh[-1][0]),
            )


def _passage(body: str) -> Passage:
    return from_json(Passage, json.loads(body))
