# SPDX-License-Identifier: Apache-2.0
"""`maalem serve`."""

import click

from maalem.app.options import shared
from maalem.app.screen import Screen


@click.command("serve")
@click.option("--address", help="Address to listen at; else as in maalem.toml.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; 0 takes a free one.")
@shared
def command(screen: Screen, address: str | None, port: int | None) -> None:
    """Open the desk for experts, until Ctrl-C.

    Example: maalem -C orders serve
    """
    from maalem.app.opening import serve_project

    serve_project(screen, address=address, port=port)
