# SPDX-License-Identifier: Apache-2.0
"""The process that parses untrusted files, bound in memory, time and files.

The settings are the first line of its input, and each line after it names one file;
pieces come back as lines of JSON. It has no way to the
project: it opens what it is told to and writes into its scratch folder only.
"""

import json
import os
import resource
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from maalem.corpus.formats import read_pieces
from maalem.corpus.pieces import Given, Piece, Raw, Tick
from maalem.corpus.report import Refusal
from maalem.corpus.settings import ColumnMap, ReadLimits

_PIECES = 250  # in one line
_CHARACTERS = 1 << 18  # in one line, about
_OPEN_FILES = 64
_UNSEEN = 512 << 20  # bytes mapped by Python and our libraries, where /proc is closed


def main() -> None:
    """Answer requests until the input ends."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not look like an answer
    settings = json.loads(sys.stdin.buffer.readline())
    columns = ColumnMap(**{k: _tuple(v) for k, v in settings["columns"].items()})
    limits = ReadLimits(**settings["limits"])
    scratch = Path(settings["scratch"])
    _bind(limits)
    _send(out, {"ready": True})
    for line in sys.stdin.buffer:
        request = json.loads(line)
        given = Given(
            path=Path(request["path"]),
            source=request["source"],
            columns=columns,
            limits=limits,
            scratch=scratch,
        )
        _renew(limits)
        for message in messages(read_pieces(given)):
            _send(out, message)
            _renew(limits)


def _tuple(value: object) -> Any:  # noqa: ANN401  # any field of ColumnMap
    return tuple(value) if isinstance(value, list) else value


def _bind(limits: ReadLimits) -> None:
    memory = _address_space() + (limits.memory_mb << 20)
    size = limits.file_mb << 20
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _address_space() -> int:
    """Give the bytes mapped so far: libraries reserve far more than they use."""
    try:
        about = Path("/proc/self/statm").read_text(encoding="ascii")
    except OSError:
        return _UNSEEN
    return int(about.split()[0]) * resource.getpagesize()


def _renew(limits: ReadLimits) -> None:
    """Grant CPU seconds for what comes next."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = usage.ru_utime + usage.ru_stime
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used + limits.seconds) + 2, hard))


def _send(out: IO[bytes], message: dict[str, object]) -> None:
    out.write(json.dumps(message).encode() + b"\n")  # ASCII: surrogates survive
    out.flush()


def messages(pieces: Iterator[Piece]) -> Iterator[dict[str, object]]:
    """Gather pieces into messages of some hundred, in order; the last says so."""
    batch: list[dict[str, object]] = []
    room = _CHARACTERS
    at = None
    for piece in pieces:
        if isinstance(piece, Tick):
            at = piece.at
        else:
            batch.append(asdict(piece))
            room -= len(piece.text) if isinstance(piece, Raw) else 0
        if at is not None or len(batch) >= _PIECES or room < 0:
            yield {"pieces": batch, "at": at or 0, "done": False}
            batch, room, at = [], _CHARACTERS, None
    yield {"pieces": batch, "at": 0, "done": True}


def piece_of(value: dict[str, Any]) -> Raw | Refusal:
    """Build the piece that `messages` wrote.

    Raises:
        TypeError: It is none.
    """
    if "code" in value:
        return Refusal(**value)
    value["flags"] = tuple(value["flags"])
    value["fields"] = tuple((name, text) for name, text in value["fields"])
    return Raw(**value)


if __name__ == "__main__":
    main()
