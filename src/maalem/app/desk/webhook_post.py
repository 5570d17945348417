# SPDX-License-Identifier: Apache-2.0
"""How one notice is sent: signed, to the address that was checked, within seconds."""

import hashlib
import hmac
import http.client
import re
import socket
import ssl
import time
from contextlib import closing

from maalem import __version__
from maalem.app.desk.webhook_address import (
    Target,
    UndeliveredError,
    addresses_of,
    target_of,
)
from maalem.app.desk.webhooks import Webhook
from maalem.errors import boundary

LIMIT = 5.0
"""Seconds that connecting, sending and the first line of the answer may take."""
_MOST = 1024  # bytes of an answer that are read
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})[ \r\n]")


def signature(secret: str, body: bytes, *, at: int) -> str:
    """Sign a notice: HMAC-SHA256 over the time, a dot and the body.

    Args:
        secret: Of the webhook.
        body: As it is sent.
        at: Seconds since 1970; a receiver refuses what is old, so that nothing that
            was once sent can be sent again by somebody else.

    Returns:
        What the header `x-maalem-signature` holds: `t=TIME,v1=HEXADECIMAL`.
    """
    signed = hmac.new(secret.encode(), b"%d.%s" % (at, body), hashlib.sha256)
    return f"t={at},v1={signed.hexdigest()}"


def post(hook: Webhook, body: bytes, *, at: float, limit: float = LIMIT) -> None:
    """Send a notice once; a redirect is no success and is not followed.

    Args:
        hook: Where to.
        body: What to say, as JSON.
        at: Seconds since 1970.
        limit: Seconds that all of it may take, after the host was looked up.

    Raises:
        RefusedError: The address is not one that may be; codes `webhooks.url` and
            `webhooks.private`.
        UndeliveredError: It was not reached in time, or did not answer with success;
            codes `webhooks.unreachable` and `webhooks.answer`.
    """
    target = target_of(hook.url)
    numbers = addresses_of(target, may_be_private=hook.may_be_private)
    deadline = time.monotonic() + limit
    headers = {
        "content-type": "application/json",
        "user-agent": f"maalem/{__version__}",
        "x-maalem-signature": signature(hook.secret, body, at=int(at)),
        "connection": "close",
    }
    with (
        boundary(UndeliveredError, "reach the webhook"),
        closing(_connected(target, numbers, deadline)) as line,
    ):
        line.settimeout(_left(deadline))
        _send(line, target, body=body, headers=headers)
        status = _status_of(line, deadline)
    if status // 100 != 2:
        raise UndeliveredError(
            f"the webhook answered with {status or 'no HTTP'}", code="webhooks.answer"
        )


def _connected(target: Target, numbers: list[str], deadline: float) -> socket.socket:
    """Connect to the first address that answers; its certificate names the host."""
    for number in numbers:
        place = (number, target.port)
        try:
            line = socket.create_connection(place, timeout=_left(deadline))
        except OSError:
            if number == numbers[-1]:
                raise
            continue
        if not target.is_secure:
            return line
        context = ssl.create_default_context()
        line.settimeout(_left(deadline))
        with line:  # whose place the secured one takes
            return context.wrap_socket(line, server_hostname=target.host)
    raise TimeoutError


def _send(
    line: socket.socket, target: Target, *, body: bytes, headers: dict[str, str]
) -> None:
    kind = (
        http.client.HTTPSConnection if target.is_secure else http.client.HTTPConnection
    )
    request = kind(target.host, target.port)
    request.sock = line
    request.request("POST", target.path, body, headers)


def _status_of(line: socket.socket, deadline: float) -> int:
    """Read the first line of the answer, and no more; 0 if it is none of HTTP's.

    `http.client` would wait for each line anew, for hours if they come one by one.
    """
    read = b""
    while b"\n" not in read and len(read) < _MOST:
        line.settimeout(_left(deadline))
        more = line.recv(_MOST - len(read))
        if not more:
            break
        read += more
    found = _STATUS.match(read)
    return int(found[1]) if found else 0


def _left(deadline: float) -> float:
    """Give the seconds that are left.

    Raises:
        TimeoutError: None are.
    """
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
