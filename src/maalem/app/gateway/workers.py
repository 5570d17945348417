# SPDX-License-Identifier: Apache-2.0
"""Processes that answer at one socket: one that ends by itself is replaced."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from types import FrameType
from typing import TypeAlias

from maalem.app.gateway.standing import Standing
from maalem.errors import EngineError

FIRST, LONGEST = 0.5, 30.0
"""Seconds before a worker is replaced, and what they grow to where none lives long."""
STEADY = 60.0
"""Seconds after which a worker has lived long."""

Work: TypeAlias = Callable[[Connection], None]
"""Works until it is told to stop; it sends its parent its `Standing` once it answers,
or the sentence why it cannot. It is a function of a module, or a `partial` of one."""


@dataclass(slots=True, kw_only=True)
class _Worker:
    process: SpawnProcess
    line: Connection
    began: float
    failure: str = ""
    is_open: bool = False


class Crew:
    """Several workers and what became of them."""

    def __init__(
        self,
        work: Work,
        *,
        clock: Callable[[], float],
        say: Callable[[str], None],
    ) -> None:
        """Prepare a crew.

        Args:
            work: What each does.
            clock: Seconds that never step back.
            say: Tells the person who started it.
        """
        self._work = work
        self._clock = clock
        self._say = say
        self._workers: list[_Worker] = []
        self._due: list[float] = []
        self._pause = 0.0
        self._first: Standing | None = None
        self._is_told = False

    def watch(self, count: int, *, when_open: Callable[[Standing], None]) -> None:
        """Start workers, and others where some end, until a signal says to stop.

        Args:
            count: How many.
            when_open: Is called once all of them answer.

        Raises:
            EngineError: One of the first cannot answer.
        """
        self._due = [0.0] * count
        is_open = False
        with self._awake() as ear:
            while not self._is_told:
                self._replace()
                self._wait(ear)
                lost = self._bury()
                if not is_open and lost:
                    raise EngineError(
                        "a worker of the gateway cannot start",
                        why=lost[0].failure or _end_of(lost[0]),
                        hint="maalem serve --only gateway --workers 1",
                        code="gateway.worker",
                    )
                if not is_open and sum(one.is_open for one in self._workers) == count:
                    is_open = True
                    if self._first is not None:
                        when_open(self._first)

    def end(self, *, within: float) -> None:
        """Have all of them drain, and end those that do not, after some seconds."""
        for one in self._workers:
            one.process.terminate()
        until = self._clock() + within
        for one in self._workers:
            one.process.join(max(0.0, until - self._clock()))
            if one.process.is_alive():
                self._say(f"worker {one.process.pid} did not drain; it is ended")
                one.process.kill()
                one.process.join()
            one.line.close()
        self._workers.clear()

    def _wait(self, ear: int) -> None:
        """Wait until something happens, and hear what workers say."""
        sentinels = [one.process.sentinel for one in self._workers]
        lines = [one.line for one in self._workers if not (one.is_open or one.failure)]
        pause = max(0.0, min(self._due) - self._clock()) if self._due else None
        ready = wait([ear, *sentinels, *lines], timeout=pause)
        for one in self._workers:
            if one.line in ready:
                self._hear(one)

    def _hear(self, one: _Worker) -> None:
        try:
            said = one.line.recv()
        except (EOFError, OSError):
            return  # it has ended; its sentinel says so
        if isinstance(said, Standing):
            one.is_open = True
            self._first = self._first or said
        else:
            one.failure = str(said)

    def _bury(self) -> list[_Worker]:
        """Take out who has ended, and say when another comes."""
        lost = [one for one in self._workers if one.process.exitcode is not None]
        for one in lost:
            self._workers.remove(one)
            one.line.close()
            lived = self._clock() - one.began
            self._pause = next_pause(self._pause, lived=lived)
            self._due.append(self._clock() + self._pause)
            if not self._is_told:
                why = one.failure or _end_of(one)
                self._say(
                    f"worker {one.process.pid} is gone: {why}; "
                    f"another comes in {self._pause:g} s"
                )
        return lost

    def _replace(self) -> None:
        due = [moment for moment in self._due if moment <= self._clock()]
        for moment in due:
            self._due.remove(moment)
            self._workers.append(self._begun())

    def _begun(self) -> _Worker:
        context = multiprocessing.get_context("spawn")  # nothing of ours is shared
        ours, theirs = context.Pipe()
        process = context.Process(target=self._work, args=(theirs,), daemon=True)
        process.start()
        theirs.close()
        return _Worker(process=process, line=ours, began=self._clock())

    @contextmanager
    def _awake(self) -> Generator[int]:
        """Hear signals; what is given can be read once there was one."""
        ear, mouth = os.pipe()

        def hear(_number: int, _frame: FrameType | None) -> None:
            self._is_told = True
            os.write(mouth, b".")

        signals = (signal.SIGTERM, signal.SIGINT)
        before = {number: signal.signal(number, hear) for number in signals}
        try:
            yield ear
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            os.close(ear)
            os.close(mouth)


def next_pause(last: float, *, lived: float) -> float:
    """Give how long to wait before a worker is replaced, in seconds.

    Args:
        last: What was waited before; 0 at first.
        lived: How long the worker lived, in seconds.
    """
    if not last or lived >= STEADY:
        return FIRST
    return min(2 * last, LONGEST)


def _end_of(one: _Worker) -> str:
    code = one.process.exitcode
    if code is not None and code < 0:
        return f"signal {-code}"
    return f"exit code {code}"
