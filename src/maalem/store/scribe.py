# SPDX-License-Identifier: Apache-2.0
"""How an entry is written with its rows, inside the open transaction."""

from collections.abc import Mapping, Sequence

from maalem.records import Digest, Json
from maalem.store.database import Database
from maalem.store.entry import Entry
from maalem.store.envelopes import Envelopes
from maalem.store.ledger import Tail, unnamed, without_known, write_rows
from maalem.store.protocol import Clock
from maalem.store.rows import Row, blob_leaf, moment, rows_digest


class Scribe:
    """Writes entries through one connection, in the name of one actor.

    Attributes:
        tail: The end of the ledger.
    """

    def __init__(
        self, database: Database, envelopes: Envelopes, *, clock: Clock, actor: str
    ) -> None:
        """Begin at the end of a ledger.

        Args:
            database: The connection that writes.
            envelopes: What encrypts texts.
            clock: Gives the present time, aware.
            actor: Who writes, as a pseudonym.
        """
        self.tail = Tail(database)
        self._database = database
        self._envelopes = envelopes
        self._clock = clock
        self._actor = actor

    def append(
        self,
        deed: tuple[str, Mapping[str, Json]],
        rows: Sequence[Row],
        blobs: Mapping[Digest, int],
    ) -> Entry | None:
        """Write rows that are not there yet, and one entry.

        Args:
            deed: Name of the deed, and its details.
            rows: What it brought.
            blobs: Names and sizes of blobs that no entry may have named yet.

        Returns:
            The entry; none if rows were given and all of them were there already.

        Raises:
            DataError: A record was erased, or the details have no JSON form.
        """
        database = self._database
        fresh = without_known(database, rows)
        if rows and not fresh:
            return None
        fresh = self._envelopes.close(database, fresh)
        named = unnamed(database, sorted(blobs.items()))
        leaves = [row.leaf for row in fresh] + [blob_leaf(*blob) for blob in named]
        entry = Entry(
            index=self.tail.size,
            at=moment(self._clock),
            action=deed[0],
            actor=self._actor,
            records_digest=rows_digest(leaves),
            added=len(fresh),
            blobs=len(named),
            details=dict(deed[1]),
        )
        self.tail.add(entry)  # first, as it refuses what has no JSON form
        write_rows(database, fresh, named, entry=entry.index)
        return entry
