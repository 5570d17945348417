# SPDX-License-Identifier: Apache-2.0
"""Where the desk listens, and which identity provider vouches for its people."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from maalem.errors import SettingsError


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskSettings:
    """Where the desk listens.

    Attributes:
        address: Address to listen at; `127.0.0.1` is reached from this machine alone.
        port: TCP port, from 1 to 65535; 0 takes a free one.
        hosts: Names by which browsers may call the desk besides `localhost` and the
            address, without a port; a request for another name is refused.
        is_secure: Whether browsers reach the desk by https, through a proxy; their
            cookies are then never sent in the clear.
    """

    address: str = "127.0.0.1"
    port: int = 8000
    hosts: tuple[str, ...] = ()
    is_secure: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise SettingsError(f"port must be from 0 to 65535, got {self.port}")
        for host in self.hosts:
            if not host or host != host.lower() or set(host) & set("/:*@ "):
                raise SettingsError(
                    f"hosts must be names in small letters without a port, got {host!r}"
                )

    @property
    def names(self) -> frozenset[str]:
        """Every name by which the desk may be called."""
        local = ("127.0.0.1", "localhost", "[::1]", self.address)
        return frozenset({*local, *self.hosts})

    @property
    def url(self) -> str:
        """How browsers probably reach the desk, without a path."""
        if self.is_secure and self.hosts:
            return f"https://{self.hosts[0]}"
        host = self.hosts[0] if self.hosts else self.address
        host = {"0.0.0.0": "localhost", "::": "localhost"}.get(host, host)  # noqa: S104  # compared, not bound
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


NEWCOMERS = ("none", "expert", "curator", "trainer", "releaser", "auditor")
"""Roles that somebody may get whom only the identity provider knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SsoSettings:
    """The identity provider (OpenID Connect) that vouches for people.

    Attributes:
        issuer: Its address, as its own description says it; without one, people sign
            in with passwords alone. Its secret stands in the environment variable
            `MAALEM_SSO_SECRET`.
        client_id: What the provider calls this desk.
        newcomers: Role of somebody whom only the provider knows; `none` lets nobody in
            whose e-mail address is not known here.
    """

    issuer: str = ""
    client_id: str = ""
    newcomers: str = "none"

    def __post_init__(self) -> None:
        if self.newcomers not in NEWCOMERS:
            raise SettingsError(
                f"newcomers must be one of {', '.join(NEWCOMERS)}, got "
                f"{self.newcomers!r}"
            )
        if not self.issuer:
            return
        parts = urlsplit(self.issuer)
        is_here = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1")
        if not (parts.scheme == "https" or is_here) or parts.query or parts.fragment:
            raise SettingsError(f"issuer must be an https address, got {self.issuer!r}")
        if not self.client_id:
            raise SettingsError("client_id must be set where there is an issuer")
