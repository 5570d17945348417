# SPDX-License-Identifier: Apache-2.0
"""Where the desk listens, and by which names it may be called."""

from dataclasses import dataclass

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
