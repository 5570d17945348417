# SPDX-License-Identifier: Apache-2.0
"""Copies SQLite's log into its file beside the commits, so that hardly one has to."""

import logging
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing

logger = logging.getLogger(__name__)

_EVERY = 64  # commits; of a desk's answers they log some 1,500 pages, 2 ms of copying


class LogTender:
    """Counts commits, and now and then copies what they logged in another thread.

    Otherwise the commit at which the log is full copies all of it and forces the file
    to the disk, and all who share that commit wait for it. Whatever is not copied here,
    for whatever reason, that commit still copies.
    """

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        """Begin with an empty count.

        Args:
            connect: Opens the database for writing.
        """
        self._connect = connect
        self._count = 0
        self._worker: threading.Thread | None = None

    def committed(self) -> None:
        """Count a commit; called by one thread at a time."""
        self._count += 1
        if self._count % _EVERY or (self._worker and self._worker.is_alive()):
            return
        self._worker = threading.Thread(target=self._copy, name="sqlite-log")
        self._worker.start()

    def close(self) -> None:
        """Wait for what is being copied."""
        if self._worker is not None:
            self._worker.join()

    def _copy(self) -> None:
        try:
            with closing(self._connect()) as database:
                database.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        except sqlite3.Error as error:  # a commit will meet it too, and tell its caller
            logger.warning("copying the log into the database failed: %s", error)
