# SPDX-License-Identifier: Apache-2.0
"""Runs a program and hears of every address that it, or a child of its, speaks to.

`python -m tests.sealing.overheard REPORT PROGRAM ARGUMENTS...` writes a JSON object of
counts by `process call family where` into REPORT. Every call goes on as if nobody
listened; descriptors that are connected already are not followed.
"""

import fcntl
import json
import os
import select
import socket
import struct
import sys
from collections import Counter
from pathlib import Path

from maalem.sealing.kernel import (
    NO_NEW_PRIVILEGES,
    address,
    call,
    prctl,
    processor,
)

_RECEIVE, _SEND, _CONTINUE = 0xC0502100, 0xC0182101, 1
_SET_FILTER, _NEW_LISTENER = 1, 8
_ALLOW, _TELL = 0x7FFF0000, 0x7FC00000
_SENDING = {
    "x86_64": {"sendto": 44, "sendmsg": 46, "sendmmsg": 307},
    "aarch64": {"sendto": 206, "sendmsg": 211, "sendmmsg": 269},
}


def heard_calls() -> dict[int, str]:
    """Give the calls that an address may be spoken to by, by number."""
    known = processor()[1]
    numbers = {name: known[name] for name in ("connect", "io_uring_setup")}
    numbers |= _SENDING[os.uname().machine]
    return {number: name for name, number in numbers.items()}


def listen(heard: list[int]) -> int:
    """Filter this process for ever; give the listener's descriptor."""
    steps = [(0x20, 0, 0, 0)]
    for place, number in enumerate(heard):
        steps.append((0x15, len(heard) - place, 0, number))
    steps += [(0x06, 0, 0, _ALLOW), (0x06, 0, 0, _TELL)]
    program = b"".join(
        struct.pack("HBBI", code, then, otherwise, value)
        for code, then, otherwise, value in steps
    )
    prctl(NO_NEW_PRIVILEGES, 1)
    header = struct.pack("HxxxxxxQ", len(steps), address(program))
    return call("seccomp", _SET_FILTER, _NEW_LISTENER, header)


def main(report: str, command: list[str]) -> int:
    names = heard_calls()
    (told, tell), (ready, go) = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        os.write(tell, b"%d" % listen([*names]))
        os.read(ready, 1)  # until the other side has the listener too
        os.execvp(command[0], command)
    os.close(tell)
    ended = os.pidfd_open(child)
    listener = call("pidfd_getfd", ended, int(os.read(told, 16)), 0)
    os.write(go, b"x")
    found, poll = Counter[str](), select.poll()
    poll.register(listener, select.POLLIN)
    poll.register(ended, select.POLLIN)
    while True:
        events = dict(poll.poll())
        if events.get(listener, 0) & select.POLLIN:
            hear(listener, names, found)
        elif ended in events:
            break
    Path(report).write_text(json.dumps(found))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def hear(listener: int, names: dict[int, str], found: Counter[str]) -> None:
    notice = bytearray(80)
    try:
        fcntl.ioctl(listener, _RECEIVE, notice)
    except OSError:
        return  # who asked is gone
    identity, process, _, number = struct.unpack_from("QIIi", notice)
    name = names[number]
    where = spoken_to(process, name, struct.unpack_from("6Q", notice, 32))
    if where is not None:
        who = Path(f"/proc/{process}/comm").read_text().strip()
        found[f"{who} {name} {where}"] += 1
    try:
        fcntl.ioctl(listener, _SEND, struct.pack("QqiI", identity, 0, 0, _CONTINUE))
    except OSError:
        return


def spoken_to(process: int, name: str, given: tuple[int, ...]) -> str | None:
    """Tell family and address; none where the call names none."""
    if name == "io_uring_setup":
        return "ring"
    raw = address_in(process, name, given)
    if not raw:
        return None
    (family,) = struct.unpack_from("H", raw)
    return {
        socket.AF_UNIX: "unix",
        socket.AF_NETLINK: "netlink",
        socket.AF_INET: f"inet {socket.inet_ntop(socket.AF_INET, raw[4:8])}",
        socket.AF_INET6: f"inet6 {socket.inet_ntop(socket.AF_INET6, raw[8:24])}",
    }.get(family, f"family {family}")


def address_in(process: int, name: str, given: tuple[int, ...]) -> bytes:
    """Read the address that a call names, padded; nothing where it names none."""
    with open(f"/proc/{process}/mem", "rb") as memory:
        if name == "connect":
            place, size = given[1:3]
        elif name == "sendto":
            place, size = given[4:6]
        else:
            memory.seek(given[1])
            place, size = struct.unpack("QI", memory.read(12))
        if not place:
            return b""
        memory.seek(place)
        return memory.read(min(size, 128)).ljust(24, b"\0")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
