# SPDX-License-Identifier: Apache-2.0
"""What is forbidden, tried from inside before the job begins: is it refused?

A probe that comes back without an error found a way out; so did one that failed for a
reason that is not a refusal, where the call stood open and only its arguments were
wrong. What the kernel answered is kept word for word.
"""

import ctypes
import errno
import os
import resource
import socket
import struct
from collections.abc import Callable, Mapping
from typing import TypeAlias

from maalem.sealing.baits import Bait
from maalem.sealing.kernel import IS_NO_NEW_PRIVILEGES, SECCOMP_MODE, call, prctl
from maalem.sealing.levels import OPEN, REFUSED
from maalem.sealing.namespaces import capabilities, own_names

Probe: TypeAlias = Callable[[], object]

_VSOCK, _UEVENTS, _NEW_USER = 40, 15, 0x10000000
_PATIENCE = 0.5  # seconds for a connection on this machine
_BAD_ARGUMENT = {errno.EFAULT, errno.EINVAL, errno.EBADF, errno.ENOTTY, errno.EDOM}


class Shown:
    """What the probes found: whether each was refused, and in which words."""

    def __init__(self) -> None:
        self.results: dict[str, str] = {}
        self.answers: dict[str, str] = {}

    def try_all(self, probes: Mapping[str, Probe]) -> None:
        """Try each deed and keep what the kernel answered."""
        for name, deed in probes.items():
            try:
                deed()
            except OSError as error:
                word = errno.errorcode.get(error.errno or 0, str(error))
                is_open = error.errno in _BAD_ARGUMENT
            else:
                word, is_open = "done", True
            self.results[name] = OPEN if is_open else REFUSED
            self.answers[name] = word


def network_probes(bait: Bait) -> dict[str, Probe]:
    """Give the ways to a network."""
    return {
        "tcp": lambda: _connect(socket.AF_INET, ("127.0.0.1", bait["port"])),
        "tcp6": lambda: _connect(socket.AF_INET6, ("::1", bait["port6"] or 9)),
        "udp": lambda: _send("127.0.0.1", bait["port"]),
        "route": lambda: _send("192.0.2.1", 9),  # RFC 5737: nobody is there
        "raw": lambda: _open(socket.AF_INET, socket.SOCK_RAW, 1),
        "abstract socket": lambda: _connect(socket.AF_UNIX, f"\0{bait['name']}"),
    }


def kernel_probes(bait: Bait, folder: str) -> dict[str, Probe]:
    """Give the ways to other processes, to files and into the kernel."""
    return {
        **_socket_probes(bait),
        **_process_probes(bait),
        **_file_probes(bait, folder),
    }


def full_probes(bait: Bait, names: set[str]) -> dict[str, Probe]:
    """Give what only a root folder and processes of one's own keep away."""
    return {
        "name outside": lambda: os.stat(f"{bait['folder']}/secret"),
        "foreign processes": lambda: _refuse_shared(bait["spaces"]),
        "environment": lambda: _refuse(set(os.environ) <= names),  # noqa: TID251  # names only, to show them
        "core file": lambda: _refuse(resource.getrlimit(resource.RLIMIT_CORE)[1] == 0),
    }


def _socket_probes(bait: Bait) -> dict[str, Probe]:
    return {
        "path socket": lambda: _connect(socket.AF_UNIX, f"{bait['folder']}/stream"),
        "datagram socket": lambda: _letter(f"{bait['folder']}/letters"),
        "vsock": lambda: _open(_VSOCK, socket.SOCK_STREAM, 0),
        "netlink": lambda: _open(socket.AF_NETLINK, socket.SOCK_RAW, _UEVENTS),
        "packet": lambda: _open(socket.AF_PACKET, socket.SOCK_RAW, 3),
        "io_uring": lambda: call("io_uring_setup", 1, bytes(120)),
    }


def _process_probes(bait: Bait) -> dict[str, Probe]:
    process = bait["process"]
    return {
        # Of a process that nobody traces, ESRCH means that the call itself is open.
        "ptrace": lambda: _open_if(
            errno.ESRCH, lambda: call("ptrace", 3, process, 0, 0)
        ),
        "foreign memory": lambda: _read_memory(process),
        "foreign descriptor": lambda: _take_descriptor(process),
        "signal": lambda: os.kill(process, 0),
        "foreign limits": lambda: resource.prlimit(process, resource.RLIMIT_CORE),
        "foreign environment": lambda: _read(f"/proc/{process}/environ"),
        "first environment": lambda: _read("/proc/1/environ"),
        "mount": lambda: call("mount", b"none", b"/", b"tmpfs", 0, None),
        "new namespace": lambda: in_child(lambda: call("unshare", _NEW_USER)),
        "set namespace": lambda: call("setns", -1, 0),
        "file handle": lambda: call("open_by_handle_at", -1, None, 0),
        "bpf": lambda: call("bpf", 0, bytes(72), 72),
        "perf events": lambda: call("perf_event_open", None, 0, -1, -1, 0),
        "userfaultfd": lambda: call("userfaultfd", 0),
        "keys": lambda: call("keyctl", 0, -3, 0),
        "other user": lambda: in_child(lambda: call("setresuid", 1, 1, 1)),
        "shared memory": lambda: call("shmget", 0, 4096, 0o600),
        "terminal": lambda: call("ioctl", 0, 0x5412, b"\0"),  # TIOCSTI
        "new privileges": lambda: _refuse(prctl(IS_NO_NEW_PRIVILEGES) == 1),
        "capabilities": lambda: _refuse(capabilities() == 0),
        "filter": lambda: _refuse(prctl(SECCOMP_MODE) == 2),
    }


def _file_probes(bait: Bait, folder: str) -> dict[str, Probe]:
    secret, link = f"{bait['folder']}/secret", f"{folder}/.seal-probe"
    door = f"{bait['folder']}/door"
    return {
        "read outside": lambda: _read(secret),
        "write outside": lambda: _write(f"{bait['folder']}/written"),
        "cut outside": lambda: os.truncate(door, 0),
        "rights outside": lambda: os.chmod(door, 0o600),
        "times outside": lambda: os.utime(door),
        "symlink": lambda: _through(link, lambda: os.symlink(secret, link)),
        "hard link": lambda: _through(link, lambda: os.link(secret, link)),
    }


def permitted(folder: str) -> None:
    """Do what a job must be able to: keep a file in its own folder.

    Raises:
        OSError: The seal is so tight that no job could do its work.
    """
    _write(f"{folder}/.seal-probe")
    _read(f"{folder}/.seal-probe")
    os.unlink(f"{folder}/.seal-probe")


def in_child(deed: Probe) -> None:
    """Try in a child what would change this process for good.

    Raises:
        OSError: As the deed raised it in the child.
    """
    child = os.fork()
    if child == 0:
        try:
            deed()
        except OSError as error:
            os._exit(error.errno or 255)
        os._exit(0)
    number = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if number:
        raise OSError(abs(number), "refused in a child")


def _connect(family: int, where: tuple[str, int] | str) -> None:
    with socket.socket(family, socket.SOCK_STREAM) as one:
        one.settimeout(_PATIENCE)
        one.connect(where)


def _send(host: str, port: int) -> None:
    """Send a datagram; the second one shows whether somebody refused the first."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.connect((host, port))
        one.send(b"out")
        one.send(b"out")


def _open(family: int, kind: int, protocol: int) -> None:
    socket.socket(family, kind, protocol).close()


def _letter(path: str) -> None:
    """Turn one of a pair of sockets, which need no name, to another address."""
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with here, there:
        here.sendto(b"out", path)


def _open_if(number: int, deed: Probe) -> None:
    try:
        deed()
    except OSError as error:
        if error.errno != number:
            raise


def _read_memory(process: int) -> None:
    here = ctypes.create_string_buffer(1)
    ours = struct.pack("QQ", ctypes.addressof(here), 1)
    call("process_vm_readv", process, ours, 1, struct.pack("QQ", 8, 1), 1, 0)


def _take_descriptor(process: int) -> None:
    handle = os.pidfd_open(process)
    try:
        os.close(call("pidfd_getfd", handle, 1, 0))
    finally:
        os.close(handle)


def _read(path: str) -> None:
    os.close(os.open(path, os.O_RDONLY))


def _write(path: str) -> None:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))


def _through(link: str, make: Probe) -> None:
    make()
    try:
        _read(link)
    finally:
        os.unlink(link)


def _refuse(holds: object) -> None:
    """Turn a state that keeps something away into the refusal that it stands for."""
    if holds:
        raise OSError(errno.EPERM, "it holds")


def _refuse_shared(foreign: Mapping[str, str]) -> None:
    own = own_names()
    _refuse(all(own[kind] and own[kind] != foreign[kind] for kind in foreign))
