# SPDX-License-Identifier: Apache-2.0
"""How many requests are under way and how much of them is in memory, within bounds."""

from maalem.serving.refusals import RequestError
from maalem.serving.settings import GatewaySettings

_LEAVE = {"retry-after": "1", "connection": "close"}


class Room:
    """The room that requests share; each has a `Seat` in it.

    Attributes:
        under_way: Requests that are not over.
        body_bytes: Bytes of their bodies that are in memory.
        is_leaving: Whether the process was told to stop; balancers shall send no more.
        is_closed: Whether requests that come now are refused.
    """

    def __init__(self, settings: GatewaySettings) -> None:
        self.under_way = 0
        self.body_bytes = 0
        self.is_leaving = False
        self.is_closed = False
        self._most_requests = settings.most_requests
        self._most_bytes = settings.most_body_bytes

    def seat(self) -> "Seat":
        """Let a request in.

        Raises:
            RequestError: There are too many, or the gateway takes no more.
        """
        if self.is_closed:
            raise RequestError(
                "the gateway is closing",
                status=503,
                code="gateway.closing",
                headers=_LEAVE,
            )
        if self.under_way >= self._most_requests:
            raise RequestError(
                f"{self.under_way} requests are under way already",
                status=429,
                hint="ask again in a second",
                code="gateway.full",
                headers=_LEAVE,
            )
        self.under_way += 1
        return Seat(self)

    def hold(self, more: int) -> None:
        """Hold more bytes of bodies.

        Raises:
            RequestError: They would be too many.
        """
        if self.body_bytes + more > self._most_bytes:
            raise RequestError(
                "too much is being sent at once",
                status=429,
                hint="ask again in a second",
                code="gateway.full",
                headers=_LEAVE,
            )
        self.body_bytes += more


class Seat:
    """The place of one request."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._held = 0
        self._is_left = False

    def hold(self, more: int) -> None:
        """Hold more bytes of its body; else as `Room.hold`."""
        self._room.hold(more)
        self._held += more

    def leave(self) -> None:
        """Make room again; twice is once."""
        if not self._is_left:
            self._is_left = True
            self._room.under_way -= 1
            self._room.body_bytes -= self._held
