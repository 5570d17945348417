# SPDX-License-Identifier: Apache-2.0
"""Seccomp: which system calls a process may make, and who is told of the others.

Source:
    Linux, include/uapi/linux/seccomp.h and Documentation/userspace-api/
    seccomp_filter.rst; McCanne and Jacobson (1993), "The BSD Packet Filter".
"""

import errno
import struct
from collections.abc import Sequence
from typing import NamedTuple

from maalem.sealing.kernel import address, call, processor

REFUSED = (
    *("io_uring_setup", "io_uring_enter", "io_uring_register"),
    *("ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp"),
    *("pidfd_getfd", "shmget", "shmat", "semget", "msgget", "mq_open"),
    *("mount", "umount2", "pivot_root", "chroot", "open_tree", "move_mount"),
    *("fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr", "setns", "unshare"),
    *("bpf", "perf_event_open", "userfaultfd", "keyctl", "add_key", "request_key"),
    *("kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module"),
    *("open_by_handle_at", "name_to_handle_at", "reboot", "swapon", "swapoff"),
    *("quotactl", "acct", "settimeofday", "clock_settime", "sethostname"),
    *("setdomainname", "vhangup", "syslog", "fanotify_init", "personality"),
    *("setuid", "setgid", "setreuid", "setregid", "setgroups", "setresuid"),
    *("setresgid", "setfsuid", "setfsgid", "iopl", "ioperm"),
)
_REFUSED_IN_STRICT = ("connect", "bind", "listen", "accept", "accept4")
# Landlock watches contents; rights, owners and times of one's own files stay open.
_REFUSED_WITHOUT_ROOT_FOLDER = (
    *("chmod", "chown", "lchown", "fchmodat", "fchmodat2", "fchownat", "utime"),
    *("utimes", "futimesat", "utimensat", "setxattr", "lsetxattr", "setxattrat"),
    *("removexattr", "lremovexattr", "removexattrat"),
)
_FAMILIES = {"strict": (), "loopback": (1, 2, 10)}  # UNIX, IPv4, IPv6
_NETLINK = 16  # its protocol 0 lists interfaces, which ranks ask for
_STREAM = 1  # datagram pairs could be turned to any address
_NEW_SPACES = 0x7E020000  # CLONE_NEWNS, CGROUP, UTS, IPC, USER, PID, NET
_TYPES_FOR_US = (0x5412, 0x541C)  # TIOCSTI and TIOCLINUX: they type on a terminal
_X32 = 0x40000000

_LOAD, _AND, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x45, 0x06
_NUMBER, _PROCESSOR, _FIRST, _SECOND, _THIRD = 0, 4, 16, 24, 32
_ALLOW, _ERROR, _TELL, _KILL = 0x7FFF0000, 0x00050000, 0x7FC00000, 0x80000000
_SET_FILTER, _NEW_LISTENER = 1, 8


class _Step(NamedTuple):
    """An instruction; jumps name a mark, or go on with the next step."""

    code: int
    value: int
    then: str = ""
    otherwise: str = ""
    mark: str = ""


def install(
    profile: str, *, alone: bool, telling: bool
) -> tuple[int | None, dict[str, str]]:
    """Filter this process's calls for ever; needs no-new-privileges.

    Args:
        profile: `strict` or `loopback`.
        alone: Whether no file is there but those that were named; where others are,
            their rights, owners and times may not be changed, nor those of one's own.
        telling: Whether refused calls are told to a listener.

    Returns:
        The listener's descriptor, none where the kernel gives no listener, and what was
        filtered, in words for the record.

    Raises:
        OSError: This kernel has no filters, or the processor is not known.
    """
    if telling:
        try:
            return _install(profile, alone=alone, telling=True)
        except OSError as error:  # Linux before 5.0, or a listener further out
            listener, facts = _install(profile, alone=alone, telling=False)
            return listener, {**facts, "not counted": error.strerror or "no listener"}
    return _install(profile, alone=alone, telling=False)


def _install(
    profile: str, *, alone: bool, telling: bool
) -> tuple[int | None, dict[str, str]]:
    names = REFUSED + (_REFUSED_IN_STRICT if profile == "strict" else ())
    names += () if alone else _REFUSED_WITHOUT_ROOT_FOLDER
    steps = _steps(names, profile, telling=telling)
    program = _assembled(steps)
    header = struct.pack("HxxxxxxQ", len(steps), address(program))
    found = call("seccomp", _SET_FILTER, _NEW_LISTENER if telling else 0, header)
    facts = {"filter": program.hex()}
    return (found if telling else None), facts


def _steps(names: Sequence[str], profile: str, *, telling: bool) -> list[_Step]:
    name, numbers = processor()
    return [
        _Step(code=_LOAD, value=_PROCESSOR),
        _Step(code=_EQUAL, value=name, otherwise="kill"),
        _Step(code=_LOAD, value=_NUMBER),
        _Step(code=_AT_LEAST, value=_X32, then="absent"),
        *(
            _Step(code=_EQUAL, value=numbers[one], then="refuse")
            for one in names
            if one in numbers
        ),
        # Threads are made without it too; its flags lie where no filter can look.
        _Step(code=_EQUAL, value=numbers["clone3"], then="absent"),
        _Step(code=_EQUAL, value=numbers["clone"], then="clone"),
        _Step(code=_EQUAL, value=numbers["socket"], then="socket"),
        _Step(code=_EQUAL, value=numbers["socketpair"], then="pair"),
        _Step(code=_EQUAL, value=numbers["ioctl"], then="ioctl"),
        _Step(code=_EQUAL, value=numbers["prlimit64"], then="limit"),
        _Step(code=_RETURN, value=_ALLOW),
        _Step(code=_LOAD, value=_FIRST, mark="clone"),
        _Step(code=_ANY_BIT, value=_NEW_SPACES, then="refuse", otherwise="allow"),
        *_socket_steps(profile),
        _Step(code=_LOAD, value=_FIRST, mark="limit"),
        _Step(code=_EQUAL, value=0, then="allow", otherwise="refuse"),  # of itself
        *_pair_steps(),
        _Step(code=_RETURN, value=_ALLOW, mark="allow"),
        _Step(code=_RETURN, value=_KILL, mark="kill"),
        _Step(code=_RETURN, value=_ERROR | errno.ENOSYS, mark="absent"),
        _Step(
            code=_RETURN,
            value=_TELL if telling else _ERROR | errno.EAFNOSUPPORT,
            mark="family",
        ),
        _Step(
            code=_RETURN,
            value=_TELL if telling else _ERROR | errno.EPERM,
            mark="refuse",
        ),
    ]


def _socket_steps(profile: str) -> list[_Step]:
    steps = [_Step(code=_LOAD, value=_FIRST, mark="socket")]
    steps += [
        _Step(code=_EQUAL, value=family, then="allow") for family in _FAMILIES[profile]
    ]
    if profile == "loopback":
        steps += [
            _Step(code=_EQUAL, value=_NETLINK, otherwise="family"),
            _Step(code=_LOAD, value=_THIRD),
            _Step(code=_EQUAL, value=0, then="allow", otherwise="family"),
        ]
    else:
        steps.append(_Step(code=_AT_LEAST, value=0, then="family", otherwise="family"))
    return steps


def _pair_steps() -> list[_Step]:
    return [
        _Step(code=_LOAD, value=_FIRST, mark="pair"),
        _Step(code=_EQUAL, value=1, otherwise="family"),
        _Step(code=_LOAD, value=_SECOND),
        _Step(code=_AND, value=0xF),
        _Step(code=_EQUAL, value=_STREAM, then="allow", otherwise="family"),
        _Step(code=_LOAD, value=_SECOND, mark="ioctl"),
        *(_Step(code=_EQUAL, value=one, then="refuse") for one in _TYPES_FOR_US),
    ]


def _assembled(steps: list[_Step]) -> bytes:
    marks = {step.mark: place for place, step in enumerate(steps) if step.mark}
    return b"".join(
        struct.pack(
            "HBBI",
            step.code,
            marks[step.then] - place - 1 if step.then else 0,
            marks[step.otherwise] - place - 1 if step.otherwise else 0,
            step.value,
        )
        for place, step in enumerate(steps)
    )
