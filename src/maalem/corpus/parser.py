# SPDX-License-Identifier: Apache-2.0
"""The near side of the process that parses untrusted files: it outlives each crash."""

import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

from maalem.corpus.child import piece_of
from maalem.corpus.pieces import Piece, Tick
from maalem.corpus.report import Refusal
from maalem.corpus.settings import ColumnMap, ReadLimits
from maalem.corpus.walls import Walls, end

_START = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from maalem.corpus.child import main; main()"
)
_CHILD = "maalem.corpus.child"
_END_SECONDS = 5.0  # for what runs it to pass on how it ended
_START_SECONDS = 60.0  # 0.3 on an idle machine; no file's own time
_LONGEST_LINE = 256 << 20  # bytes of an answer; one document of 64 MiB, escaped
_AHEAD = 8 << 10  # bytes asked for ahead: half of the smallest pipe, so none blocks
_ENVIRONMENT = {"LANG": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1"}  # nothing inherited


class _LostError(Exception):
    """The child is gone or was stopped; args are code and reason."""


class Parser:
    """Reads files in a child process; starts another when one is lost."""

    def __init__(
        self, columns: ColumnMap, limits: ReadLimits, *, walls: Walls | None = None
    ) -> None:
        """Prepare; the process starts with the first file.

        Args:
            columns: Which column of a table is what.
            limits: What one file may cost.
            walls: What the process runs behind; none for no seal.
        """
        self._walls = walls
        self._columns = columns
        self._limits = limits
        self._child: _Child | None = None
        self._expected: deque[bytes] = deque()  # requests without a whole answer
        self._asked = 0  # how many of these the child was sent
        self._scratch = tempfile.TemporaryDirectory(prefix="maalem-read-")

    def __enter__(self) -> "Parser":
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()
        self._scratch.cleanup()

    def expect(self, path: Path, source: str) -> None:
        """Let the process go ahead with a file that will be read in its turn.

        A small file costs less time to read than to wait for. Files must be read in
        the order in which they were expected; one that is lost takes no other along.

        Args:
            path: The file.
            source: Its name as added.
        """
        request = {"path": str(path.absolute()), "source": source}
        self._expected.append(_line(request))

    def read(self, path: Path, source: str) -> Iterator[Piece]:
        """Read one file; a crash or a timeout is a refusal like any other.

        Args:
            path: The file: the first that is expected, or any where none is.
            source: Its name as added.

        Returns:
            Its pieces, as they come.

        Raises:
            SealError: No seal as high as is required was proved.
        """
        if not self._expected:
            self.expect(path, source)
        finished = False
        try:
            child = self._ask()
            while not (message := child.answer(self._limits.seconds))["done"]:
                yield from map(piece_of, message["pieces"])
                yield Tick(at=int(message["at"]))
            yield from map(piece_of, message["pieces"])
            finished = True
        except _LostError as lost:
            if self._walls is not None:
                self._walls.refuse_unstarted()
            code, reason = lost.args
            yield Refusal(source=source, place="", code=code, reason=reason)
        finally:
            self._expected.popleft()
            self._asked -= 1
            if not finished:  # or nobody listens, and half an answer is under way
                self._stop()

    def _ask(self) -> "_Child":
        """Send the first request, and those behind it for which there is room."""
        if self._child is None:
            self._child = _Child(self._limits, self._scratch.name, self._walls)
            self._child.prepare(self._columns)
        if self._asked <= len(self._expected) // 2:
            room = _AHEAD - sum(map(len, islice(self._expected, self._asked)))
            lines: list[bytes] = []
            for line in islice(self._expected, self._asked, None):
                room -= len(line)
                if room < 0 and (lines or self._asked):
                    break
                lines.append(line)
            self._child.send(b"".join(lines))
            self._asked += len(lines)
        return self._child

    def _stop(self) -> None:
        """End the process; what else it was asked for goes to the next one."""
        self._asked = 0
        if self._child is not None:
            child, self._child = self._child, None
            child.stop()


class _Child:
    """One process, for as long as it lives."""

    def __init__(self, limits: ReadLimits, scratch: str, walls: Walls | None) -> None:
        self._limits = limits
        self._is_sealed = walls is not None
        self._scratch = scratch
        self._lines: deque[bytes] = deque()  # answers that have come
        self._begun: list[bytes] = []  # parts of the one that is coming
        self._process = (
            _start_unsealed(scratch)
            if walls is None
            else walls.start(_CHILD, scratch, _ENVIRONMENT)
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def prepare(self, columns: ColumnMap) -> None:
        """Hand over the settings, and wait until it is ready."""
        settings = {"columns": asdict(columns), "limits": asdict(self._limits)}
        self.send(_line({**settings, "scratch": self._scratch}))
        self.answer(_START_SECONDS)

    def send(self, lines: bytes) -> None:
        """Send requests; a child that is gone will be missed by who waits for it."""
        assert self._process.stdin is not None  # noqa: S101  # a pipe
        with suppress(BrokenPipeError):
            self._process.stdin.write(lines)
            self._process.stdin.flush()

    def answer(self, seconds: float) -> dict[str, Any]:
        """Wait for one line; the time we take ourselves does not count."""
        assert self._process.stdout is not None  # noqa: S101  # a pipe
        deadline = time.monotonic() + seconds
        while not self._lines:
            with selectors.DefaultSelector() as selector:
                selector.register(self._process.stdout, selectors.EVENT_READ)
                left = deadline - time.monotonic()
                if left <= 0 or not selector.select(left):
                    raise _LostError("corpus.too-slow", self._too_slow())
            self._take(os.read(self._process.stdout.fileno(), 1 << 20))
        message: dict[str, Any] = json.loads(self._lines.popleft())
        return message

    def _take(self, some: bytes) -> None:
        if not some:
            raise _LostError(*self._why_lost())
        end, *others = some.split(b"\n")
        self._begun.append(end)
        if others:
            self._lines += [b"".join(self._begun), *others[:-1]]
            self._begun = others[-1:]
        if sum(map(len, self._begun)) > _LONGEST_LINE:
            raise _LostError(*self._why_lost())

    def _why_lost(self) -> tuple[str, str]:
        try:
            status = self._process.wait(timeout=_END_SECONDS)
        except subprocess.TimeoutExpired:
            return "corpus.too-large", "a single text in it is too large"
        if status == -signal.SIGXCPU:
            return "corpus.too-slow", self._too_slow()
        reason = (
            f"the process that read it ended with status {status}: it asked for more"
            f" than {self._limits.memory_mb} MiB, or the file broke the parser"
        )
        return "corpus.parser-lost", reason

    def _too_slow(self) -> str:
        return f"it was not read within {self._limits.seconds:g} seconds"

    def stop(self) -> None:
        """Kill it, and leave nothing of it behind."""
        if self._is_sealed:
            end(self._process)
            return
        self._process.kill()
        self._process.communicate()


def _start_unsealed(scratch: str) -> subprocess.Popen[bytes]:
    root = Path(__file__).parents[2]
    return subprocess.Popen(  # noqa: S603  # our own program
        [sys.executable, "-I", "-c", _START, str(root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_ENVIRONMENT,
        cwd=scratch,
    )


def _line(request: dict[str, Any]) -> bytes:
    return json.dumps(request).encode() + b"\n"
