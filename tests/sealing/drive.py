# SPDX-License-Identifier: Apache-2.0
"""Runs a text sealed, as whoever it is started as: `drive.py SOURCE ORDER EVIDENCE`.

It needs Python's own library alone, so that a user who sees no package can run it.
"""

import json
import subprocess
import sys
from pathlib import Path


def main(source, order, evidence_path):
    sys.path.insert(0, source)
    from maalem.sealing.launching import Program, open_evidence, start
    from maalem.sealing.settings import SealSettings

    program = Program(
        # The module of Python's own library that runs a text which it is given.
        module="timeit",
        arguments=("-n", "1", "-r", "1", order["text"]),
        folder=Path(order["folder"]),
        environment=(
            ("PATH", "/usr/bin:/bin"),
            ("LANG", "C.UTF-8"),
            ("HOME", order["folder"]),  # else the C library asks a socket for it
        ),
        readable=tuple(map(Path, order["readable"])),
        limits=tuple(order["limits"].items()),
    )
    without = tuple(order["settings"].pop("without", ()))
    with open_evidence(Path(evidence_path)) as evidence:
        watcher = start(
            program,
            SealSettings(**order["settings"], without=without),
            evidence=evidence.fileno(),
            streams=(subprocess.DEVNULL, subprocess.PIPE, subprocess.STDOUT),
        )
        if order["kill_after"] is not None:
            print(watcher.stdout.readline().decode(), end="", flush=True)
            watcher.kill()
        print(watcher.communicate()[0].decode(), end="")
    return watcher.returncode if watcher.returncode >= 0 else 128 - watcher.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], json.loads(sys.argv[2]), sys.argv[3]))
