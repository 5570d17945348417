# SPDX-License-Identifier: Apache-2.0
"""One background thread that works while there is work, and can be waited for."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor


class Background:
    """Calls a step again and again, in one thread, until it finds nothing to do."""

    def __init__(self, step: Callable[[], bool], *, name: str) -> None:
        self._step = step
        self._lock = threading.Lock()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._work: Future[None] | None = None
        self._is_asked = False

    def wake(self) -> None:
        """Have the step called, once more at least.

        Raises:
            Exception: Whatever a step raised before; the work goes on all the same.
        """
        with self._lock:
            before, self._is_asked = self._work, True
            has_ended = before is not None and before.done()
            if before is None or has_ended:
                self._work = self._worker.submit(self._run)
        if before is not None and has_ended:
            before.result()

    def settle(self) -> None:
        """Wait until there is nothing to do.

        Raises:
            Exception: Whatever a step raised.
        """
        while True:
            with self._lock:
                work = self._work
            if work is None:
                return
            try:
                work.result()
            finally:
                with self._lock:
                    self._work = None if self._work is work else self._work

    def close(self) -> None:
        """End the thread when its step has ended."""
        self._worker.shutdown()

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._is_asked:
                    self._work = None
                    return
                self._is_asked = False
            while self._step():
                pass
