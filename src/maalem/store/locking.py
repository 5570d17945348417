# SPDX-License-Identifier: Apache-2.0
"""One writer for one folder: a lock file that holds the writer's process id."""

import fcntl
import os
from pathlib import Path
from typing import Self

from maalem.errors import BusyError

LOCK_FILE = "maalem.lock"


class FolderLock:
    """The right to write in a folder, until `release` or the end of the process.

    The kernel holds the lock, so that no killed process leaves one behind; the file
    stays, and its text only tells people who has it.
    """

    def __init__(self, handle: int) -> None:
        self._handle = handle

    @classmethod
    def take(cls, folder: Path) -> Self:
        """Take the lock at once, or refuse.

        Raises:
            BusyError: Another process, or another store of this one, has it.
        """
        handle = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(handle, 32, 0).decode(errors="replace").strip()
            os.close(handle)
            raise BusyError(
                f"{folder} is in use by process {holder or 'unknown'}",
                why="one process at a time may write in a folder",
                hint=f"wait until process {holder or 'unknown'} ends, or stop it",
                code="store.busy",
            ) from error
        except OSError:
            os.close(handle)
            raise
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        return cls(handle)

    def release(self) -> None:
        """Let go of the folder; twice is once."""
        if self._handle >= 0:
            os.ftruncate(self._handle, 0)
            os.close(self._handle)
            self._handle = -1
