# SPDX-License-Identifier: Apache-2.0
"""Who is signed in: rows in the store, found by the hash of an opaque token."""

import threading
from dataclasses import dataclass, replace

from maalem.app.desk.tokens import new_token, token_hash
from maalem.store import Store
from maalem.store.tables import Cells

IDLE = 30 * 60.0
"""Seconds without a request after which a session ends."""
LONGEST = 12 * 3600.0
"""Seconds after which a session ends in any case."""
_STEP = 60.0  # seconds between two times that a session's last use is written down
_MOST = 4096  # sessions kept at hand; more are read from the store again


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Somebody who is signed in.

    Attributes:
        key: SHA-256 of the token that their browser holds.
        person: Their pseudonym.
        csrf: Token that their forms carry.
        created: When they signed in, in seconds since 1970.
        seen: When they last asked for something.
    """

    key: str
    person: str
    csrf: str
    created: float
    seen: float

    def is_over(self, now: float) -> bool:
        """Tell whether the session has ended by itself.

        One that was used in the future is over: the clock was put back since.
        """
        is_in_time = -_STEP <= now - self.seen <= IDLE
        return not is_in_time or now - self.created > LONGEST


class Sessions:
    """The sessions of one project; those in use are kept at hand.

    The process holds the project's lock, so that nobody else ends a session.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._turn = threading.Lock()
        self._at_hand: dict[str, Session] = {}
        self._written: dict[str, float] = {}
        self._ended = 0  # how often sessions were ended; what was read before is stale

    def begin(self, person: str, *, now: float) -> tuple[str, Session]:
        """Sign somebody in.

        Returns:
            The token for their browser, which is kept nowhere, and the session.
        """
        token, ended = new_token(), self._ended
        session = Session(
            key=token_hash(token),
            person=person,
            csrf=new_token(),
            created=now,
            seen=now,
        )
        row = (session.key, person, session.csrf, now, now)
        query = "INSERT INTO session (token, person, csrf, created, seen)"
        query += " VALUES (?, ?, ?, ?, ?)"
        self._store.change(lambda tables: tables.execute(query, row))
        self._keep(session, written=now, ended=ended)
        return token, session

    def find(self, token: str, *, now: float) -> Session | None:
        """Give the session of a token, unless it is over; it is then in use again."""
        key = token_hash(token)
        with self._turn:
            found, written = self._at_hand.get(key), self._written.get(key, 0.0)
            ended = self._ended
        if found is None:
            found = self._read(key)
            written = found.seen if found else 0.0
        if found is None or found.is_over(now):
            return None
        used = replace(found, seen=now)
        if now - written > _STEP:
            query = "UPDATE session SET seen = ? WHERE token = ?"
            self._store.change(lambda tables: tables.execute(query, (now, key)))
            written = now
        self._keep(used, written=written, ended=ended)
        return used

    def end(self, session: Session) -> None:
        """Sign a browser out."""
        self._end("token", session.key)

    def end_all(self, person: str) -> None:
        """Sign somebody out everywhere."""
        self._end("person", person)

    def sweep(self, *, now: float) -> None:
        """Forget the sessions that are over."""
        query = "DELETE FROM session WHERE seen < ? OR created < ?"
        bounds = (now - IDLE, now - LONGEST)
        self._store.change(lambda tables: tables.execute(query, bounds))

    def _end(self, column: str, value: str) -> None:
        query = f"DELETE FROM session WHERE {column} = ?"  # noqa: S608  # a fixed column
        self._store.change(lambda tables: tables.execute(query, (value,)))
        with self._turn:
            self._ended += 1
            self._at_hand.clear()
            self._written.clear()

    def _read(self, key: str) -> Session | None:
        query = "SELECT token, person, csrf, created, seen FROM session WHERE token = ?"

        row: Cells | None = self._store.look(
            lambda tables: tables.execute(query, (key,)).fetchone()
        )
        if row is None:
            return None
        return Session(
            key=row[0], person=row[1], csrf=row[2], created=row[3], seen=row[4]
        )

    def _keep(self, session: Session, *, written: float, ended: int) -> None:
        with self._turn:
            if ended != self._ended:
                return
            if len(self._at_hand) >= _MOST:
                self._at_hand.clear()
                self._written.clear()
            self._at_hand[session.key] = session
            self._written[session.key] = written
