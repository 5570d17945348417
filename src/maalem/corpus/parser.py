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
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from maalem.corpus.child import piece_of
from maalem.corpus.pieces import Piece, Tick
from maalem.corpus.report import Refusal
from maalem.corpus.settings import ColumnMap, ReadLimits

_START = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from maalem.corpus.child import main; main()"
)
_START_SECONDS = 60.0  # 0.3 on an idle machine; no file's own time
_LONGEST_LINE = 256 << 20  # bytes of an answer; one document of 64 MiB, escaped
_ENVIRONMENT = {"LANG": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1"}  # nothing inherited


class _LostError(Exception):
    """The child is gone or was stopped; args are code and reason."""


class Parser:
    """Reads files in a child process; starts another when one is lost."""

    def __init__(self, columns: ColumnMap, limits: ReadLimits) -> None:
        """Prepare; the process starts with the first file."""
        self._columns = columns
        self._limits = limits
        self._child: subprocess.Popen[bytes] | None = None
        self._pending = b""
        self._scratch = tempfile.TemporaryDirectory(prefix="maalem-read-")

    def __enter__(self) -> "Parser":
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()
        self._scratch.cleanup()

    def read(self, path: Path, source: str) -> Iterator[Piece]:
        """Read one file; a crash or a timeout is a refusal like any other.

        Args:
            path: The file.
            source: Its name as added.

        Returns:
            Its pieces, as they come.
        """
        finished = False
        try:
            self._ask({"path": str(path.absolute()), "source": source})
            while not (message := self._answer(self._limits.seconds)).get("done"):
                yield from map(piece_of, message["pieces"])
                yield Tick(at=int(message["at"]))
            finished = True
        except _LostError as lost:
            code, reason = lost.args
            self._stop()
            yield Refusal(source=source, place="", code=code, reason=reason)
            finished = True
        finally:
            if not finished:
                self._stop()  # nobody listens any more, and half an answer is under way

    def _ask(self, request: dict[str, Any]) -> None:
        child = self._child or self._begin()
        assert child.stdin is not None  # noqa: S101  # a pipe
        try:
            child.stdin.write(json.dumps(request).encode() + b"\n")
            child.stdin.flush()
        except BrokenPipeError as error:
            raise _LostError(*self._why_lost()) from error

    def _begin(self) -> subprocess.Popen[bytes]:
        root = Path(__file__).parents[2]
        self._pending = b""
        self._child = subprocess.Popen(  # noqa: S603  # our own program
            [sys.executable, "-I", "-c", _START, str(root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_ENVIRONMENT,
            cwd=self._scratch.name,
        )
        self._ask(
            {
                "columns": asdict(self._columns),
                "limits": asdict(self._limits),
                "scratch": self._scratch.name,
            }
        )
        self._answer(_START_SECONDS)
        return self._child

    def _answer(self, seconds: float) -> dict[str, Any]:
        """Wait for one line; the time we take ourselves does not count."""
        assert self._child is not None  # noqa: S101  # asked before
        assert self._child.stdout is not None  # noqa: S101  # a pipe
        deadline = time.monotonic() + seconds
        parts = [self._pending]
        with selectors.DefaultSelector() as selector:
            selector.register(self._child.stdout, selectors.EVENT_READ)
            while b"\n" not in parts[-1]:
                left = deadline - time.monotonic()
                if left <= 0 or not selector.select(left):
                    raise _LostError("corpus.too-slow", self._too_slow())
                part = os.read(self._child.stdout.fileno(), 1 << 20)
                parts.append(part)
                if not part or sum(map(len, parts)) > _LONGEST_LINE:
                    raise _LostError(*self._why_lost())
        line, _, self._pending = b"".join(parts).partition(b"\n")
        message: dict[str, Any] = json.loads(line)
        return message

    def _why_lost(self) -> tuple[str, str]:
        assert self._child is not None  # noqa: S101  # asked before
        try:
            status = self._child.wait(timeout=1.0)
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

    def _stop(self) -> None:
        if self._child is None:
            return
        child, self._child = self._child, None
        child.kill()
        child.communicate()
