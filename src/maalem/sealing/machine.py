# SPDX-License-Identifier: Apache-2.0
"""How high this machine seals, and why not higher: proved, with nothing run inside."""

import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from maalem.records import Seal
from maalem.sealing.evidence import seal_of
from maalem.sealing.launching import Program, start
from maalem.sealing.settings import SealSettings


def prove_seal(seal: SealSettings, *, leave_out: Sequence[str] = ()) -> Seal:
    """Close a seal, try it, and open it again.

    Args:
        seal: The profile; what it requires does not matter.
        leave_out: Mechanisms to do without.

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
            SealSettings(profile=seal.profile),
            evidence=evidence.fileno(),
            streams=(None,None,None),
            leave_out=leave_out,
        )
        watcher.wait()
        evidence.seek(0)
        return seal_of(evidence.read())
