# SPDX-License-Identifier: Apache-2.0
"""Namespaces of our own: no network, no foreign processes, no shared memory."""

import ctypes
import fcntl
import os
import socket
import struct
from contextlib import suppress

from maalem.sealing.kernel import (
    DROP_FROM_BOUND,
    NO_ROOT_LOCKED,
    SECURE_BITS,
    call,
    prctl,
)

KINDS = ("user", "net", "pid", "ipc", "uts", "mnt")
_NEW = 0x10000000 | 0x40000000 | 0x20000000 | 0x08000000 | 0x04000000
_SET_FLAGS, _UP_AND_RUNNING = 0x8914, 0x41  # SIOCSIFFLAGS; IFF_UP, IFF_RUNNING
_CAPABILITIES = 0x20080522  # version 3


def enter(*, loopback: bool) -> None:
    """Leave the host's namespaces; the next child is the first in its own.

    A user namespace comes first, as root too: without one, a process that kept the
    right could walk back into the host's network.

    Raises:
        OSError: This kernel, or who set it up, does not allow it.
    """
    user, group = os.getuid(), os.getgid()
    call("unshare", _NEW)
    for name, content in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as stream:
            stream.write(content)
    if loopback:
        _raise_loopback()


def drop_capabilities() -> None:
    """Give up every right of root, also those that could be had back.

    Raises:
        OSError: One could not be given up.
    """
    for number in range(_last_capability() + 1):
        try:
            prctl(DROP_FROM_BOUND, number)
        except PermissionError:
            break  # who may not bound them has none to give up
    with suppress(PermissionError):  # who has none to give up
        prctl(SECURE_BITS, NO_ROOT_LOCKED)
    call("capset", struct.pack("Ii", _CAPABILITIES, 0), bytes(24))


def capabilities() -> int:
    """Give the rights of root that this process has, as bits."""
    found = ctypes.create_string_buffer(24)
    header = struct.pack("Ii", _CAPABILITIES, 0)
    number = ctypes.addressof(found)
    call("capget", header, number)
    low, _, _, high, _, _ = struct.unpack("6I", found.raw)
    return int(low | high << 32)


def own_names() -> dict[str, str]:
    """Name the namespaces that this process is in, as far as they can be read."""
    names = {}
    for kind in KINDS:
        try:
            names[kind] = os.readlink(f"/proc/self/ns/{kind}")
        except OSError:
            names[kind] = ""
    return names


def _last_capability() -> int:
    try:
        with open("/proc/sys/kernel/cap_last_cap", encoding="ascii") as stream:
            return int(stream.read())
    except OSError:
        return 40  # of Linux 5.9


def _raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sH14x", b"lo", _UP_AND_RUNNING)
        fcntl.ioctl(any_socket, _SET_FLAGS, request)
