# SPDX-License-Identifier: Apache-2.0
"""What was refused while a job ran: calls the kernel told of, by who made them.

Source:
    Linux, include/uapi/linux/seccomp.h: seccomp_notif and seccomp_notif_resp.
"""

import errno
import fcntl
import os
import select
import struct
from collections import Counter

from maalem.sealing.kernel import processor

_RECEIVE, _SEND = 0xC0502100, 0xC0182101
_KINDS = 256  # told apart; a job that invents names of processes gets no more
_FAMILIES = {
    1: "unix",
    2: "inet",
    10: "inet6",
    16: "netlink",
    17: "packet",
    38: "alg",
    40: "vsock",
}


class Notices:
    """Answers the kernel for one sealed job, always no, and counts."""

    def __init__(self, listener: int) -> None:
        self._names = {number: name for name, number in processor()[1].items()}
        self.listener = listener
        self.has_askers = True
        self.forget()

    def forget(self) -> None:
        """Begin to count anew: what came so far was the seal trying itself."""
        self.total = 0
        self._seen: Counter[tuple[str, str, str]] = Counter()

    def see_to(self, events: int) -> None:
        """Answer what is asked, or note that nobody is left who could ask."""
        if events & select.POLLIN:
            self._answer()
        else:
            self.has_askers = False

    def _answer(self) -> None:
        """Take one notice, note who tried what, and refuse it."""
        notice = bytearray(80)
        try:
            fcntl.ioctl(self.listener, _RECEIVE, notice)
        except OSError:
            return  # who asked is gone, or was interrupted and asks again
        identity, process, _, number = struct.unpack_from("QIIi", notice)
        name = self._names.get(number, str(number))
        is_socket = name in {"socket", "socketpair"}
        (first,) = struct.unpack_from("I", notice, 32)
        family = _FAMILIES.get(first, str(first)) if is_socket else ""
        self._note((_process_name(process), name, family))
        refusal = errno.EAFNOSUPPORT if is_socket else errno.EPERM
        try:
            fcntl.ioctl(
                self.listener, _SEND, struct.pack("QqiI", identity, 0, -refusal, 0)
            )
        except OSError:
            return  # it died of something else while it waited

    def attempts(self) -> list[dict[str, str | int]]:
        """Give what was refused: process, call, family and how often; most first."""
        return [
            {"process": process, "call": name, "family": family, "count": count}
            for (process, name, family), count in self._seen.most_common()
        ]

    def _note(self, kind: tuple[str, str, str]) -> None:
        self.total += 1
        if kind not in self._seen and len(self._seen) >= _KINDS:
            kind = ("others", "", "")
        self._seen[kind] += 1

    def close(self) -> None:
        """Give the listener back; whatever is still refused now fails by itself."""
        os.close(self.listener)


def _process_name(process: int) -> str:
    try:
        with open(
            f"/proc/{process}/comm", errors="replace", encoding="utf-8"
        ) as stream:
            return stream.read().strip()
    except OSError:
        return "not recorded"
