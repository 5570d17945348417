# SPDX-License-Identifier: Apache-2.0
"""How high this machine seals, and why not higher: proved, with nothing run inside."""

import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

from maalem.records import Seal
from maalem.sealing.evidence import seal_of
from maalem.sealing.launching import Program, start
from maalem.sealing.settings import SealSettings


def prove_seal(seal: SealSettings) -> Seal:
    """Close a seal, try it, and open it again.

    Args:
        seal: For how many processes and without what; what it requires does not matter.

    Raises:
        SealError: No seal could be proved, not even the lowest.
    """
    with (
        tempfile.TemporaryDirectory(prefix="maalem-seal-") as folder,
        tempfile.TemporaryFile() as evidence,
    ):
        program = Program(
            module="", folder=Path(folder), environment=(("LANG", "C.UTF-8"),)
        )
        watcher = start(
            program,
            replace(seal, require=0),
            evidence=evidence.fileno(),
            streams=(subprocess.DEVNULL, subprocess.DEVNULL, subprocess.DEVNULL),
        )
        watcher.wait()
        evidence.seek(0)
        return seal_of(evidence.read())
