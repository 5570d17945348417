# SPDX-License-Identifier: Apache-2.0
"""One process that seals itself, as the watcher sees it: its report, and its end."""

import json
import os
import select
import signal
import socket
import sys
from typing import NoReturn, NotRequired, TypedDict

from maalem.sealing import bubblewrap
from maalem.sealing.inside import GO, Order, run
from maalem.sealing.notices import Notices

_PATIENCE = 60.0  # seconds for a seal to close; 0.05 on an idle machine


class Report(TypedDict):
    """What the inner side found, before the job began.

    Attributes:
        layers: What was put in place.
        missing: What was not, with the reason.
        probes: What was tried, and whether it was refused.
        answers: The kernel's own words to each.
        facts: What else the record says.
        failed: Why there is no report, if there is none.
    """

    layers: list[str]
    missing: dict[str, str]
    probes: dict[str, str]
    answers: dict[str, str]
    facts: dict[str, str]
    failed: NotRequired[str]


class SealedChild:
    """A process behind walls, waiting for its report to be judged."""

    def __init__(self, order: Order, python: list[str]) -> None:
        """Start it.

        Args:
            order: What it is to seal and to run.
            python: The interpreter, and what makes it run a module of this package.
        """
        self.notices: Notices | None = None
        self._line, far = socket.socketpair()
        self._ended, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        self._code: int | None = None
        self._rest = b""
        self._process = os.fork()
        if self._process == 0:
            self._become(order, python, far)
        far.close()
        self._send(json.dumps(order).encode())

    def report(self) -> Report:
        """Wait for what it found; what it asks of the kernel meanwhile is refused."""
        found = Report(layers=[], missing={}, probes={}, answers={}, facts={})
        while self._turn(_PATIENCE):
            *lines, self._rest = self._rest.split(b"\n")
            for line in lines:
                words = json.loads(line)
                if "listener" not in words:
                    return Report(**{**found, **words})
        self._see_end(kill=True)
        found["failed"] = f"it ended with status {self._code} before its check"
        return found

    def go(self) -> int:
        """Let it become the job, and wait for its end; minus a signal that ended it."""
        if self.notices is not None:
            self.notices.forget()
        self._send(GO)
        self._line.close()
        _leave_standard_streams()
        return self._see_end(kill=False)

    def dismiss(self) -> None:
        """Send it home: no job is run."""
        self._line.close()
        self._see_end(kill=True)

    def kill(self) -> None:
        """End it, and all that it started."""
        if self._code is None:
            os.kill(self._process, signal.SIGKILL)

    def _become(self, order: Order, python: list[str], far: socket.socket) -> None:
        """Go on as the sealed side; nothing of the watcher comes along."""
        code = 70
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._line.close()
            os.setsid()
            if order["mode"] == "bubblewrap":
                _become_bubblewrap(order, python, far)
            code = run(far)
        finally:
            if sys.exc_info()[0] is not None:
                sys.excepthook(*sys.exc_info())
            os._exit(code)

    def _see_end(self, *, kill: bool) -> int:
        if kill:
            self.kill()
        while self._code is None:
            self._turn(None)
        if self.notices is not None:
            self.notices.close()
        return self._code

    def _turn(self, seconds: float | None) -> bool:
        """Wait for something to happen and see to it; false if no more will come."""
        watched = {self._ended: select.POLLIN}
        if self._line.fileno() >= 0:
            watched[self._line.fileno()] = select.POLLIN
        if self.notices is not None and self.notices.has_askers:
            watched[self.notices.listener] = select.POLLIN
        poll = select.poll()
        for descriptor, wanted in watched.items():
            poll.register(descriptor, wanted)
        happened = poll.poll(None if seconds is None else seconds * 1000)
        for descriptor, events in happened:
            if self.notices is not None and descriptor == self.notices.listener:
                self.notices.see_to(events)
            elif descriptor == self._ended:
                os.read(self._ended, 64)
                self._bury()
            elif not self._hear():
                return False
        return bool(happened) and self._code is None

    def _hear(self) -> bool:
        try:
            some, descriptors, _, _ = socket.recv_fds(self._line, 1 << 16, 1)
        except ConnectionResetError:
            return False  # it went without having read what it was told
        if descriptors:
            self.notices = Notices(descriptors[0])
        self._rest += some
        return bool(some)

    def _bury(self) -> None:
        ended, status = os.waitpid(self._process, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            # What runs a job for us says 128 and the signal, as a shell does.
            self._code = 128 - code if 128 < code < 128 + signal.NSIG else code

    def _send(self, content: bytes) -> None:
        try:
            self._line.sendall(len(content).to_bytes(4) + content)
        except BrokenPipeError:
            return  # it is gone, which its report will tell


def _become_bubblewrap(order: Order, python: list[str], far: socket.socket) -> NoReturn:
    far.set_inheritable(True)
    words = bubblewrap.arguments(
        order["readable"], order["writable"], folder=order["folder"]
    )
    command = [bubblewrap.find(), *words, *python, "inside", str(far.fileno())]
    os.execve(command[0], command, order["environment"])  # noqa: S606  # without a shell


def _leave_standard_streams() -> None:
    """Hold no end of the job's streams, so that who reads them sees the job's end."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1):
        os.dup2(nowhere, number)
    os.close(nowhere)
