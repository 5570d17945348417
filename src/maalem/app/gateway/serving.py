# SPDX-License-Identifier: Apache-2.0
"""The server of a gateway that answers alone, without the desk beside it."""

from functools import partial

import uvicorn

from maalem.app.desk.patience import PATIENCE
from maalem.app.desk.serving import server_of
from maalem.app.gateway.swift import SwiftProtocol
from maalem.serving.application import Gateway


def gateway_server_of(
    gateway: Gateway, *, is_secure: bool, patience: float = PATIENCE
) -> uvicorn.Server:
    """Make the server of a gateway, else as `server_of` makes one.

    It reads HTTP with a parser in C, and runs on uvloop where that is installed.
    """
    server = server_of(gateway, is_secure=is_secure, patience=patience)
    server.config.http = partial(SwiftProtocol, patience=patience)  # type: ignore[assignment]  # it is only called
    server.config.loop = "auto"
    return server
