# SPDX-License-Identifier: Apache-2.0
"""Has the ledger of a running desk signed on its schedule, here and by witnesses."""

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from threading import Event, Thread

from maalem.app.noting import is_due, keep_note, notes_in
from maalem.app.steps.asking import ask_witnesses
from maalem.app.steps.witnessing import last_witnessed
from maalem.app.workspace import Workspace
from maalem.errors import EngineError, MaalemError, boundary

logger = logging.getLogger(__name__)

TICK = 20.0
"""Seconds between two looks at whether something is due."""
_PAUSE = 60.0  # seconds before witnesses that gave nothing are asked again, then twice
_PATIENCE = 2.0  # seconds for what is under way when the desk closes


class Notary:
    """One thread that nobody waits for; what fails is logged and tried again."""

    def __init__(
        self, work: Workspace, *, clock: Callable[[], float], tick: float = TICK
    ) -> None:
        """Begin to look, at once and then every so often.

        Args:
            work: The opened project.
            clock: Seconds since 1970.
            tick: Seconds between two looks.
        """
        self._work = work
        self._clock = clock
        self._tick = tick
        self._longest = work.project.ledger.interval.total_seconds()
        self._again, self._pause = 0.0, _PAUSE
        self._witnessed: int | None = None
        self._ended = Event()
        self._thread = Thread(target=self._run, name="notary", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End; a witness that is being asked is not waited for."""
        self._ended.set()
        self._thread.join(_PATIENCE)

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                with boundary(EngineError, "sign the ledger on its schedule"):
                    self._look()
            except MaalemError as error:
                logger.warning("%s: %s", error.message, error.why or error.code)
            self._ended.wait(self._tick)

    def _look(self) -> None:
        work, seconds = self._work, self._clock()
        present = datetime.fromtimestamp(seconds, UTC)
        if is_due(work.store, work.folder, work.project.ledger, now=present):
            keep_note(work.store, work.folder, now=present)
        addresses = work.project.ledger.asked
        if not addresses or seconds < self._again:
            return
        if self._witnessed is None:
            self._witnessed = last_witnessed(work)
        newest = notes_in(work.folder)[-1].size  # of the schedule, or of a release
        if newest > self._witnessed and self._all_signed(addresses, seconds):
            self._witnessed = newest

    def _all_signed(self, addresses: Sequence[str], seconds: float) -> bool:
        """Ask the witnesses; the pause after a failure grows up to the schedule's."""
        self._again = seconds + self._pause
        self._pause = min(2 * self._pause, self._longest)
        failures = ask_witnesses(self._work, addresses).failures
        for address, error in failures:
            told = f"{error.message} {error.why}".strip()
            logger.warning("witness %s: %s", address, told)
        if not failures:
            self._again, self._pause = 0.0, _PAUSE
        return not failures
