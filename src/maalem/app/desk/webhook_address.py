# SPDX-License-Identifier: Apache-2.0
"""Where a webhook may lead: a public address over https, unless an owner says more."""

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from maalem.app.desk.refusals import RefusedError
from maalem.errors import MaalemError, boundary

_LONGEST = 2_000
# Unicast addresses of the internet; what lies outside may stand for another address,
# as 64:ff9b::/96 does, and so may two networks inside.
_UNICAST = ipaddress.ip_network("2000::/3")
_TUNNELS = (ipaddress.ip_network("2001::/23"), ipaddress.ip_network("2002::/16"))


class UndeliveredError(MaalemError):
    """A notice that its receiver did not take."""

    default_code = "webhooks.unreachable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The parts of a webhook's address.

    Attributes:
        is_secure: Whether it is https.
        host: Name or number of the machine.
        port: Of that machine.
        path: With the query.
    """

    is_secure: bool
    host: str
    port: int
    path: str


def target_of(url: str) -> Target:
    """Take an address apart.

    Raises:
        RefusedError: It is none that a webhook may have; code `webhooks.url`.
    """
    is_plain = url.isascii() and url.isprintable() and not set(' \\"<>') & set(url)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        is_plain, parts, port = False, urlsplit(""), None
    host = parts.hostname or ""
    is_secure = parts.scheme == "https"
    is_allowed = is_secure or (parts.scheme == "http" and _is_this_machine(host))
    is_whole = host and port != 0 and "@" not in parts.netloc and not parts.fragment
    if not is_plain or not is_whole or not is_allowed or len(url) > _LONGEST:
        raise RefusedError(
            "this is no address of a webhook",
            status=422,
            hint="an https address without user or fragment; http on this machine only",
            code="webhooks.url",
        )
    return Target(
        is_secure=is_secure,
        host=host,
        port=port or (443 if is_secure else 80),
        path=f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}",
    )


def refuse_literal(target: Target, *, may_be_private: bool) -> None:
    """Refuse a private address that is named as such, without looking anything up.

    Raises:
        RefusedError: It is one, and may not be; code `webhooks.private`.
    """
    is_number = _number(target.host) is not None
    is_here = _is_this_machine(target.host)
    is_private = is_here or (is_number and not is_public(target.host))
    if is_private and not may_be_private:
        raise _private()


def addresses_of(target: Target, *, may_be_private: bool) -> list[str]:
    """Look a host up, once; the caller connects to what is given and to nothing else.

    Raises:
        RefusedError: One of its addresses is private, and may not be.
        UndeliveredError: There is none.
    """
    with boundary(UndeliveredError, "find the webhook's host"):
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    numbers = [str(place[0]) for *_, place in found]
    is_here = all(map(_is_this_machine, numbers))
    is_allowed = may_be_private or all(map(is_public, numbers))
    if not is_allowed or not (target.is_secure or is_here):
        raise _private()
    return list(dict.fromkeys(numbers))


def is_public(number: str) -> bool:
    """Tell whether an address is one of the public internet.

    Source:
        IANA IPv4 and IPv6 Special-Purpose Address Registries, as `ipaddress` has them.
    """
    address = ipaddress.ip_address(number)
    if isinstance(address, ipaddress.IPv6Address):
        is_tunnel = any(address in network for network in _TUNNELS)
        if is_tunnel or address not in _UNICAST:
            return False
    return address.is_global and not address.is_multicast


def _is_this_machine(host: str) -> bool:
    number = _number(host)
    return host == "localhost" if number is None else number.is_loopback


def _number(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _private() -> RefusedError:
    return RefusedError(
        "this webhook leads to an address that is not public",
        status=422,
        hint="maalem webhooks add URL --allow-private, if it is yours",
        code="webhooks.private",
    )
