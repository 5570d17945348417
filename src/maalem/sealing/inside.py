# SPDX-License-Identifier: Apache-2.0
"""The inner side of a seal: close it, try it, report, and become the job.

It runs between the watcher and the job, in the job's own process. What it measures goes
to the watcher through a socket that is closed before the job begins, and the job begins
only when the watcher has said so.
"""

import json
import os
import resource
import socket
import sys
from typing import NoReturn, TypedDict

from maalem.sealing import landlock
from maalem.sealing.baits import Bait
from maalem.sealing.call_filter import install
from maalem.sealing.kernel import DIE_WITH_PARENT, NO_NEW_PRIVILEGES, prctl
from maalem.sealing.namespaces import drop_capabilities, enter
from maalem.sealing.probes import (
    Shown,
    full_probes,
    kernel_probes,
    network_probes,
    permitted,
)

FAILED = 70  # the seal could not be closed or tried
GO = b"go"
_HOOK = "maalem.sealing.watched"
_KILL = 9
_PROCESSES = 4096  # threads too, counted in namespaces of our own alone
_SET_BY_OTHERS = ("PWD", "LC_CTYPE")  # by bubblewrap and by Python, for this side only
_SOME_DESCRIPTORS = 1 << 16


class Order(TypedDict):
    """What is to be sealed, and how; one JSON object.

    Attributes:
        mode: `bubblewrap`, `namespaces`, `bare`, `hook` or `none`.
        profile: `strict` or `loopback`.
        without: Mechanisms to do without: `landlock`, `filter`, `listener`, …
        command: The interpreter, and what makes it run a module.
        program: The job: a module and its arguments.
        environment: All that the job's environment holds.
        folder: Where the job starts, which it may write in.
        readable: What it may read.
        writable: Folders that it may write in.
        limits: Resource limits by their names, such as `FSIZE`.
        bait: Where the baits are.
    """

    mode: str
    profile: str
    without: list[str]
    command: list[str]
    program: list[str]
    environment: dict[str, str]
    folder: str
    readable: list[str]
    writable: list[str]
    limits: dict[str, int]
    bait: Bait


def main() -> None:
    """Read the order from the descriptor that the first argument names."""
    sys.exit(run(socket.socket(fileno=int(sys.argv[1]))))


def run(line: socket.socket) -> int:
    """Seal this process as ordered, and become the job; else give an exit code."""
    order: Order = json.loads(heard(line))
    if order["mode"] in {"hook", "none"}:
        _become_job(order, [_HOOK, json.dumps(_hook_rules(order, line))])
    try:
        if order["mode"] == "namespaces":
            _alone(order)
        _close(order, line)
    except OSError as error:
        _say(line, {"failed": str(error)})
        return FAILED
    if heard(line) == GO:
        line.close()
        os.closerange(3, _SOME_DESCRIPTORS)
        _become_job(order, [])
    return FAILED


def heard(line: socket.socket) -> bytes:
    """Read what was sent with its length before it; empty if nobody is there."""
    size = line.recv(4, socket.MSG_WAITALL)
    return line.recv(int.from_bytes(size), socket.MSG_WAITALL) if size else b""


def _become_job(order: Order, before: list[str]) -> NoReturn:
    command = [*order["command"], *before, *order["program"]]
    os.chdir(order["folder"])
    os.execve(command[0], command, order["environment"])  # noqa: S606  # without a shell


def _hook_rules(order: Order, line: socket.socket) -> dict[str, object]:
    """Give what the job's own interpreter needs to report by itself."""
    line.set_inheritable(True)
    return {
        "line": line.fileno(),
        "hook": order["mode"] == "hook",
        "profile": order["profile"],
    }


def _close(order: Order, line: socket.socket) -> None:
    """Put each layer in place, the narrowest last, and report what they refuse."""
    prctl(DIE_WITH_PARENT, _KILL)
    prctl(NO_NEW_PRIVILEGES, 1)
    _limit(order)
    drop_capabilities()
    os.chdir(order["folder"])
    mode = order["mode"]
    layers = {"bubblewrap": ["namespaces", "bubblewrap"], "namespaces": ["namespaces"]}
    built, missing, facts = layers.get(mode, []), {}, _interfaces()
    for name, deed in (("landlock", _landlock), ("filter", _filter)):
        if name in order["without"]:
            missing[name] = "left out"
            continue
        try:
            facts |= deed(order, line)
        except OSError as error:
            missing[name] = error.strerror or str(error)
        else:
            built.append(name)
    shown = Shown()
    bait = order["bait"]
    shown.try_all(network_probes(bait))
    shown.try_all(kernel_probes(bait, order["folder"]))
    shown.try_all(full_probes(bait, {*order["environment"], *_SET_BY_OTHERS}))
    permitted(order["folder"])
    found = {"probes": shown.results, "answers": shown.answers}
    _say(line, {"layers": built, "missing": missing, "facts": facts, **found})


def _landlock(order: Order, line: socket.socket) -> dict[str, str]:
    del line  # it needs no listener
    readable = list(order["readable"])
    writable = list(order["writable"])
    if order["mode"] == "bubblewrap":
        readable.append("/proc")  # of its own processes
        if order["profile"] == "loopback":
            writable.append("/dev/shm")  # noqa: S108  # bubblewrap's own
    else:
        readable += ["/proc/cpuinfo", "/proc/meminfo"]
    is_loopback = order["profile"] == "loopback"
    return landlock.restrict(readable, writable, tcp=is_loopback)


def _filter(order: Order, line: socket.socket) -> dict[str, str]:
    telling = "listener" not in order["without"]
    listener, facts = install(
        order["profile"], alone=order["mode"] == "bubblewrap", telling=telling
    )
    if listener is not None:
        # From here on a refused call waits for the watcher, who has it in a moment.
        socket.send_fds(line, [b'{"listener": true}\n'], [listener])
        os.close(listener)
    return facts


def _alone(order: Order) -> None:
    """Enter namespaces of our own; the job is a child of the first process in them."""
    enter(loopback=order["profile"] == "loopback")
    _wait_for_child()
    prctl(DIE_WITH_PARENT, _KILL)
    _wait_for_child()


def _wait_for_child() -> None:
    """Go on in a child, and end as it ends."""
    child = os.fork()
    if child == 0:
        return
    os.closerange(0, _SOME_DESCRIPTORS)
    while True:
        ended, status = os.wait()  # orphans of the job are buried too
        if ended == child:
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else 128 - code)


def _limit(order: Order) -> None:
    own = {} if order["mode"] == "bare" else {"NPROC": _PROCESSES}
    for name, value in {"CORE": 0, **own, **order["limits"]}.items():
        number = getattr(resource, f"RLIMIT_{name}")
        _, hard = resource.getrlimit(number)
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(number, (bound, bound))


def _interfaces() -> dict[str, str]:
    """Give the network interfaces here; asked before files and sockets are closed."""
    try:
        return {
            "interfaces": " ".join(sorted(name for _, name in socket.if_nameindex()))
        }
    except OSError as error:
        return {"interfaces": f"not recorded: {error.strerror}"}


def _say(line: socket.socket, words: dict[str, object]) -> None:
    line.sendall(json.dumps(words).encode() + b"\n")
