# SPDX-License-Identifier: Apache-2.0
"""Something is done again and again in a thread of its own, whatever it raises."""

import logging
import threading
from collections.abc import Callable

from maalem.errors import EngineError, MaalemError, boundary

logger = logging.getLogger(__name__)


class Rounds:
    """Does a deed until it is closed; what a round raises is logged, by its code.

    Of several rounds that fail one after the other the first is logged alone.
    """

    def __init__(self, deed: Callable[[], object], *, every: float, name: str) -> None:
        """Begin at once.

        Args:
            deed: What is done.
            every: Seconds between two rounds.
            name: What it is, for the log.
        """
        self._deed = deed
        self._every = every
        self._name = name
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._go, name=name, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Begin no other round, and wait for the one under way."""
        self._ends.set()
        self._thread.join()

    def _go(self) -> None:
        failed = ""
        while True:
            try:
                with boundary(EngineError, self._name):
                    self._deed()
                failed = ""
            except MaalemError as failure:
                if failure.code != failed:
                    # a trace may hold the text of a caller
                    logger.error("%s failed with %s", self._name, failure.code)  # noqa: TRY400  # see above
                failed = failure.code
            if self._ends.wait(self._every):
                return
