# SPDX-License-Identifier: Apache-2.0
"""How a witness is asked over HTTP: one request, within seconds, no redirect.

Source:
    C2SP, "Transparency Log Witness Protocol" (tlog-witness), `add-checkpoint`.
"""

import http.client
import socket
import threading
from contextlib import closing
from typing import NamedTuple
from urllib.parse import urlsplit

from maalem import __version__
from maalem.errors import MaalemError, boundary

LIMIT = 10.0
"""Seconds that a witness has for its whole answer, after it was connected to."""
PATH = "/add-checkpoint"
SIZE_TYPE = "text/x.tlog.size"
"""Content type of an answer that names where the witness stands."""
_MOST = 1 << 16  # bytes of an answer; 64 signature lines have a tenth of that


class UnreachableError(MaalemError):
    """A witness did not answer, or answered with what is no answer."""

    default_code = "witness.unreachable"


class Reply(NamedTuple):
    """What a witness answered.

    Attributes:
        status: HTTP status.
        kind: Its content type, as it was sent.
        text: The body.
    """

    status: int
    kind: str
    text: str


def post(address: str, submission: str, *, limit: float = LIMIT) -> Reply:
    """Submit to a witness once.

    Args:
        address: The witness, without `/add-checkpoint`.
        submission: The body of the request.
        limit: Seconds for connecting, and again for all that follows.

    Raises:
        UnreachableError: It was not reached, or did not answer in time.
    """
    parts = urlsplit(address)
    is_secure = parts.scheme == "https"
    kind = http.client.HTTPSConnection if is_secure else http.client.HTTPConnection
    headers = {
        "content-type": "text/plain; charset=utf-8",
        "user-agent": f"maalem/{__version__}",
        "connection": "close",
    }
    hint = "see to the witness and the address in [ledger] asked, then ask again"
    with (
        boundary(UnreachableError, f"ask the witness {address}", hint=hint),
        closing(kind(parts.hostname or "", parts.port, timeout=limit)) as line,
    ):
        line.connect()
        # Each byte resets a socket's own timeout: a witness that dribbles is cut off.
        cut = threading.Event()
        end = threading.Timer(limit, _cut, (line.sock, cut))
        end.start()
        try:
            path = f"{parts.path.rstrip('/')}{PATH}"
            line.request("POST", path, submission.encode(), headers)
            answer = line.getresponse()
            text = answer.read(_MOST).decode()
            if cut.is_set():  # what came so far would read as an answer
                raise TimeoutError("no whole answer in time")
            return Reply(answer.status, answer.headers.get("content-type", ""), text)
        finally:
            end.cancel()


def _cut(sock: socket.socket, cut: threading.Event) -> None:
    """Wake whoever reads; a socket that was closed meanwhile is none to cut."""
    cut.set()
    if sock.fileno() >= 0:
        sock.shutdown(socket.SHUT_RDWR)
