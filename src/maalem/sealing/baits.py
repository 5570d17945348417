# SPDX-License-Identifier: Apache-2.0
"""Baits outside the seal: ports, sockets and files that nobody inside may reach."""

import os
import socket
from typing import TypedDict

from maalem.sealing.namespaces import own_names

SECRET = b"nobody inside may read this"
_SOCKETS = {"stream", "letters", "abstract"}


class Bait(TypedDict):
    """Where the baits are, as it is told to those inside.

    Attributes:
        port: Of TCP and UDP on 127.0.0.1.
        port6: Of TCP on ::1; 0 where the machine has no IPv6.
        name: Abstract UNIX socket, without its leading zero byte.
        folder: Folder of the bait files and of the two UNIX sockets with a path.
        process: The process that watches, outside.
        spaces: Namespaces of that process.
    """

    port: int
    port6: int
    name: str
    folder: str
    process: int
    spaces: dict[str, str]


class Baits:
    """The baits, for as long as a job runs, and what bit."""

    def __init__(self, temporary: str) -> None:
        """Lay them in a new folder.

        Args:
            temporary: The folder for temporary files.
        """
        self._name = f"maalem-bait-{os.urandom(8).hex()}"
        self._folder = f"{temporary}/{self._name}"
        os.mkdir(self._folder, 0o700)
        self._lay_files()
        self._tcp = _listening(socket.AF_INET, ("127.0.0.1", 0))
        self._port = int(self._tcp.getsockname()[1])
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", self._port))
        self._sockets = {
            "tcp": self._tcp,
            "udp": self._udp,
            "abstract socket": _listening(socket.AF_UNIX, self._abstract),
            "path socket": _listening(socket.AF_UNIX, f"{self._folder}/stream"),
        }
        self._letters = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._letters.bind(f"{self._folder}/letters")
        self._sockets["datagram socket"] = self._letters
        self._port6 = self._listen6()
        for one in self._sockets.values():
            one.settimeout(0.0)

    @property
    def _abstract(self) -> str:
        # Only Linux has names without a path; elsewhere it is one more path.
        is_linux = os.uname().sysname == "Linux"
        return f"\0{self._name}" if is_linux else f"{self._folder}/abstract"

    def told(self) -> Bait:
        """Give what those inside are told."""
        return Bait(
            port=self._port,
            port6=self._port6,
            name=self._name,
            folder=self._folder,
            process=os.getpid(),
            spaces=own_names(),
        )

    def settle(self) -> None:
        """Make good what the seal did when it tried itself, where it was open."""
        for one in self._sockets.values():
            _arrived(one)
        self._lay_files()

    def bites(self) -> dict[str, int]:
        """Count who reached a socket, by kind; and whether the files are untouched."""
        found = {name: _arrived(one) for name, one in self._sockets.items()}
        with open(f"{self._folder}/door", "rb") as stream:
            found["files"] = int(stream.read() != SECRET)
        known = {"secret", "door", *_SOCKETS}
        found["files"] += len(set(os.listdir(self._folder)) - known)
        return found

    def close(self) -> None:
        """Take the baits away."""
        for one in self._sockets.values():
            one.close()
        for name in os.listdir(self._folder):
            os.unlink(f"{self._folder}/{name}")
        os.rmdir(self._folder)

    def _lay_files(self) -> None:
        for name in {*os.listdir(self._folder), "secret", "door"} - _SOCKETS:
            path = f"{self._folder}/{name}"
            if name in {"secret", "door"}:
                with open(path, "wb") as stream:
                    stream.write(SECRET)
            else:
                os.unlink(path)

    def _listen6(self) -> int:
        try:
            self._sockets["tcp6"] = _listening(socket.AF_INET6, ("::1", 0))
        except OSError:
            return 0
        return int(self._sockets["tcp6"].getsockname()[1])


def _listening(family: int, where: tuple[str, int] | str) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.bind(where)
        made.listen(64)
    except OSError:
        made.close()
        raise
    return made


def _arrived(one: socket.socket) -> int:
    count = 0
    while True:
        try:
            if one.type == socket.SOCK_DGRAM:
                one.recv(64)
            else:
                one.accept()[0].close()
        except OSError:
            return count
        count += 1
