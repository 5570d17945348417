# SPDX-License-Identifier: Apache-2.0
"""The near side of a seal: what is to be sealed, and how it is started."""

import json
import site
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from maalem.errors import EngineError, boundary
from maalem.sealing.bubblewrap import system_paths
from maalem.sealing.settings import SealSettings

_ROOT = str(Path(__file__).parents[2])
# Python's own library comes first: nothing that is installed can stand in its place.
_LAUNCH = (
    "import sys, importlib; sys.path.append(sys.argv[1]); del sys.argv[:2]; "
    "importlib.import_module('maalem.sealing.' + sys.argv[0]).main()"
)
_WORK = (
    "import sys, runpy; sys.path.insert(0, sys.argv.pop(1)); del sys.argv[0]; "
    "runpy.run_module(sys.argv[0], run_name='__main__', alter_sys=True)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A module of ours that is run sealed, and all that it is given.

    Attributes:
        module: Its name; empty if the seal is only to be proved.
        arguments: What it is called with.
        folder: Where it starts; it may write here and nowhere else.
        environment: All that its environment holds.
        readable: What it reads, beside Python and the installed packages.
        limits: Resource limits by their names, as pairs, such as `("FSIZE", 1024)`.
    """

    module: str
    arguments: tuple[str, ...] = ()
    folder: Path
    environment: tuple[tuple[str, str], ...] = ()
    readable: tuple[Path, ...] = ()
    limits: tuple[tuple[str, int], ...] = ()


def start(
    program: Program,
    seal: SealSettings,
    *,
    evidence: int,
    streams: tuple[int | None, int | None, int | None] = (None, None, None),
) -> subprocess.Popen[bytes]:
    """Start a program behind the highest walls that this machine proves.

    The process is the watcher's: it ends as the program does, and with it.

    Args:
        program: What to run.
        seal: How high the walls must be, and for how many processes.
        evidence: Descriptor that the evidence is written to, a JSON object a line. The
            program is never given it; a file of it belongs outside its folder.
        streams: Standard input, output and error, as for `subprocess.Popen`.

    Raises:
        EngineError: The watcher could not be started.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errand:
        json.dump(_errand(program, seal), errand)
        errand.seek(0)
        words = ["watching", str(errand.fileno()), str(evidence)]
        with boundary(EngineError, "start a sealed process"):
            return subprocess.Popen(  # noqa: S603  # our own interpreter and modules
                [*_launcher(), *words],
                stdin=streams[0],
                stdout=streams[1],
                stderr=streams[2],
                env={"LANG": "C.UTF-8"},
                pass_fds=(errand.fileno(), evidence),
            )


def open_evidence(path: Path) -> IO[bytes]:
    """Open a file of evidence so that every attempt adds its lines to those before."""
    return path.open("ab", buffering=0)


def _errand(program: Program, seal: SealSettings) -> dict[str, object]:
    folder = str(program.folder.resolve())
    readable = [*_python_paths(), *(str(path.absolute()) for path in program.readable)]
    order = {
        "mode": "",
        "profile": seal.profile,
        "without": list(seal.without),
        "command": [sys.executable, "-I", "-B", "-c", _WORK, _ROOT],
        "program": [program.module, *program.arguments],
        "environment": dict(program.environment),
        "folder": folder,
        "readable": [*system_paths(), *dict.fromkeys(readable)],
        "writable": [folder],
        "limits": dict(program.limits),
        "bait": {},
    }
    return {
        "order": order,
        "python": _launcher(),
        "require": seal.require,
        "check_only": not program.module,
        "temporary": tempfile.gettempdir(),
    }


def _launcher() -> list[str]:
    return [sys.executable, "-I", "-S", "-c", _LAUNCH, _ROOT]


def _python_paths() -> Iterator[str]:
    """Give the interpreter's folders and those it takes packages from.

    Not `sys.path`, which says where this process was started too.
    """
    yield from (sys.prefix, sys.base_prefix, sys.exec_prefix, _ROOT)
    for folder in map(Path, site.getsitepackages()):
        for file in sorted(folder.glob("*.pth")):
            named = file.read_text(encoding="utf-8", errors="replace").splitlines()
            yield from (line for line in named if Path(line).is_absolute())
