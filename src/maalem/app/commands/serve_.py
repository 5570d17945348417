# SPDX-License-Identifier: Apache-2.0
"""`maalem serve`."""

import click

from maalem.app.options import needs_desk, shared
from maalem.app.screen import Screen


@click.command("serve")
@click.option("--address", help="Address to listen at; else as in maalem.toml.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; 0 takes a free one.")
@click.option("--demo", is_flag=True, help="Serve the demo, made if need be.")
@click.option(
    "--only", type=click.Choice(["desk", "gateway"]), help="Open one of the two alone."
)
@shared
@needs_desk
def command(
    screen: Screen,
    *,
    address: str | None,
    port: int | None,
    demo: bool,
    only: str | None,
) -> None:
    """Open the desk for experts and the gateway for programs, until Ctrl-C.

    Example: maalem -C orders serve
    """
    from maalem.app.opening import serve_demo, serve_project

    opens = serve_demo if demo else serve_project
    opens(screen, address=address, port=port, only=only)
