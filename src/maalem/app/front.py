# SPDX-License-Identifier: Apache-2.0
"""One address, two rooms: the gateway's paths go to the gateway, others to the desk."""

from starlette.types import ASGIApp, Receive, Scope, Send

from maalem.serving.application import Gateway


class Front:
    """ASGI application that passes each request to the gateway or to the desk."""

    def __init__(self, desk: ASGIApp, gateway: Gateway) -> None:
        self._desk = desk
        self._gateway = gateway

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        is_asked = scope["type"] == "http" and self._gateway.doors.own(scope["path"])
        await (self._gateway if is_asked else self._desk)(scope, receive, send)
