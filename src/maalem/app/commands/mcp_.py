# SPDX-License-Identifier: Apache-2.0
"""`maalem mcp`."""

import click

from maalem.app.options import needs_desk, shared
from maalem.app.screen import Screen


@click.command("mcp")
@shared
@needs_desk
def command(screen: Screen) -> None:
    """Let an assistant use the models as tools, by the Model Context Protocol.

    Example: maalem -C orders mcp

    An assistant starts this itself and speaks on standard input and output. One that
    speaks HTTP asks the gateway at /mcp, with a key.
    """
    from maalem.app.gateway.assistants import serve_assistant

    serve_assistant(screen)
