# SPDX-License-Identifier: Apache-2.0
"""Behind which walls untrusted files are parsed, and what was seen of them."""

import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from maalem.records import Seal
from maalem.sealing.evidence import refuse_below, seal_of
from maalem.sealing.launching import Program, start
from maalem.sealing.settings import SealSettings

_PATIENCE = 10.0  # seconds for a watcher to end its process and write down what it saw


class Walls:
    """The seal of all processes that read one batch of files, and its evidence.

    A process may read whatever was asked to be added, and write in its scratch folder.
    One file's parser can so read its neighbours; it has nowhere to bring them but into
    its own document.
    """

    def __init__(self, seal: SealSettings, readable: Sequence[Path]) -> None:
        """Prepare; nothing is started yet.

        Args:
            seal: How high the walls must be.
            readable: The files and folders that are added.
        """
        self._seal = seal
        self._readable = tuple(readable)
        self._evidence = tempfile.TemporaryFile()  # noqa: SIM115  # closed by `close`

    def start(
        self, module: str, scratch: str, environment: dict[str, str]
    ) -> subprocess.Popen[bytes]:
        """Start a module behind them, with pipes to its input and output."""
        own = {"HOME": scratch, "TMPDIR": scratch}
        program = Program(
            module=module,
            folder=Path(scratch),
            environment=tuple({**environment, **own}.items()),
            readable=self._readable,
        )
        return start(
            program,
            self._seal,
            evidence=self._evidence.fileno(),
            streams=(subprocess.PIPE, subprocess.PIPE, subprocess.DEVNULL),
        )

    def seen(self) -> Seal | None:
        """Give what was seen so far; none before the first process has begun."""
        content = self._content()
        return seal_of(content) if b'"checked"' in content else None

    def refuse_unstarted(self) -> None:
        """Refuse to go on where a process was not started for want of a seal.

        Raises:
            SealError: No seal as high as is required was proved.
        """
        refuse_below(self._content(), self._seal.require)
        seal_of(self._content())

    def close(self) -> None:
        """Forget the evidence."""
        self._evidence.close()

    def _content(self) -> bytes:
        # Read by place: where we read is also where a watcher would write.
        number = self._evidence.fileno()
        return os.pread(number, os.fstat(number).st_size, 0)


def end(watcher: subprocess.Popen[bytes]) -> None:
    """End a watcher so that it can still write down what it saw."""
    watcher.terminate()
    try:
        watcher.communicate(timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        watcher.kill()
        watcher.communicate()
