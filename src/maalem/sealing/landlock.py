# SPDX-License-Identifier: Apache-2.0
"""Landlock: which files a process may touch, taken from it for ever.

Source:
    Linux, include/uapi/linux/landlock.h and Documentation/userspace-api/landlock.rst.
"""

import os
import struct
from collections.abc import Sequence

from maalem.sealing.kernel import call

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIRECTORY = 1, 2, 4, 8
_MAKE_CHARACTER, _MAKE_SOCKET, _MAKE_BLOCK = 1 << 6, 1 << 9, 1 << 11
_FIRST = (1 << 13) - 1  # what the first version knew
_REFER, _TRUNCATE, _IOCTL = 1 << 13, 1 << 14, 1 << 15
_FOR_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL
_TCP = 3  # bind and connect
_SCOPES = 3  # abstract UNIX sockets and signals
_READ = _EXECUTE | _READ_FILE | _READ_DIRECTORY
_VERSION, _PATH_BENEATH = 1, 1
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


def restrict(
    readable: Sequence[str], writable: Sequence[str], *, tcp: bool
) -> dict[str, str]:
    """Leave this process nothing but what is named; needs no-new-privileges.

    Args:
        readable: What may be read and executed, folders with all below them.
        writable: Folders in which everything may be done but devices and sockets.
        tcp: Whether TCP is left alone; where it is not, none of it is allowed.

    Returns:
        What was restricted, in words for the record.

    Raises:
        OSError: This kernel has no Landlock.
    """
    version = call("landlock_create_ruleset", None, 0, _VERSION)
    files = _known_rights(version)
    net = _TCP if version >= 4 and not tcp else 0
    scopes = _SCOPES if version >= 6 else 0
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    attributes = struct.pack("QQQ", files, net, scopes)[:size]
    rules = call("landlock_create_ruleset", attributes, size, 0)
    for path in readable:
        _allow(rules, path, _READ & files)
    inside = files & ~(_MAKE_CHARACTER | _MAKE_BLOCK | (0 if tcp else _MAKE_SOCKET))
    for path in writable:
        _allow(rules, path, inside)
    for path in _DEVICES:
        _allow(rules, path, (_READ_FILE | _WRITE_FILE | _IOCTL) & files)
    call("landlock_restrict_self", rules, 0)
    os.close(rules)
    return {
        "landlock version": str(version),
        "landlock rights": f"files {files:#x}, tcp {net:#x}, scopes {scopes:#x}",
    }


def _known_rights(version: int) -> int:
    later = ((2, _REFER), (3, _TRUNCATE), (5, _IOCTL))
    return _FIRST | sum(right for since, right in later if version >= since)


def _allow(rules: int, path: str, rights: int) -> None:
    try:
        found = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return  # what is not there cannot be read
    if not os.path.isdir(path):
        rights &= _FOR_FILES
    rule = struct.pack("=Qi", rights, found)
    call("landlock_add_rule", rules, _PATH_BENEATH, rule, 0)
    os.close(found)
