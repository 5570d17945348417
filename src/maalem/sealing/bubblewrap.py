# SPDX-License-Identifier: Apache-2.0
"""Bubblewrap: a root folder in which nothing stands but what is named."""

import os
from collections.abc import Iterator, Sequence

_SYSTEM = ("/usr", "/etc/ld.so.cache", "/etc/alternatives", "/sys/devices/system/cpu")
_LINKS = ("/bin", "/sbin", "/lib", "/lib32", "/lib64")  # into /usr on most systems
_ALONE = (
    *("--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc"),
    *("--unshare-uts", "--unshare-cgroup-try", "--disable-userns"),
    *("--die-with-parent", "--new-session", "--cap-drop", "ALL"),
    *("--hostname", "sealed"),
)


def find() -> str:
    """Give where bubblewrap is; empty where it is not."""
    found = (f"{folder}/bwrap" for folder in ("/usr/bin", "/bin", "/usr/local/bin"))
    return next((path for path in found if os.access(path, os.X_OK)), "")


def system_paths() -> list[str]:
    """Give what every program reads: the system's own libraries and programs."""
    return [path for path in (*_SYSTEM, *_LINKS) if os.path.exists(path)]


def arguments(
    readable: Sequence[str], writable: Sequence[str], *, folder: str
) -> list[str]:
    """Compose bubblewrap's arguments, up to the command.

    Args:
        readable: What may be read, the system's own paths left out.
        writable: Folders that may be written in.
        folder: Where the command starts.
    """
    ro = [
        word
        for real, path in _places([*_SYSTEM, *readable])
        for word in ("--ro-bind-try", real, path)
    ]
    rw = [word for path in writable for word in ("--bind", path, path)]
    return [
        *_ALONE,
        *_links(),
        *ro,
        *("--proc", "/proc", "--dev", "/dev"),
        *rw,
        *("--remount-ro", "/", "--chdir", folder),
    ]


def _places(paths: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Give each folder once and where it is shown: where it is, and where it is named.

    What lies in a folder that is shown needs no place of its own, links included, since
    what they lead to is shown where it is.
    """
    kept: list[str] = []
    for real in sorted({os.path.realpath(path) for path in paths}):
        if not _lies_in(real, kept):
            kept.append(real)
            yield real, real
    for path in sorted(set(paths)):
        if not _lies_in(path, kept):
            kept.append(path)
            yield os.path.realpath(path), path


def _lies_in(path: str, folders: Sequence[str]) -> bool:
    return any(path == one or path.startswith(f"{one}/") for one in folders)


def _links() -> Iterator[str]:
    for path in _LINKS:
        if os.path.islink(path):
            yield from ("--symlink", os.readlink(path), path)
        else:
            yield from ("--ro-bind-try", path, path)
