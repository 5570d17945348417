# SPDX-License-Identifier: Apache-2.0
"""`maalem serve`."""

import click

from maalem.app.options import needs_desk, shared
from maalem.app.screen import Screen
from maalem.errors import UsageError


@click.command("serve")
@click.option("--address", help="Address to listen at; else as in maalem.toml.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; 0 takes a free one.")
@click.option("--demo", is_flag=True, help="Serve the demo, made if need be.")
@click.option(
    "--only", type=click.Choice(["desk", "gateway"]), help="Open one of the two alone."
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    help="Processes, with --only gateway; else as in maalem.toml.",
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
    workers: int | None,
) -> None:
    """Open the desk for experts and the gateway for programs, until Ctrl-C.

    Example: maalem -C orders serve
    """
    from maalem.app.gateway.alone import serve_alone
    from maalem.app.opening import prepare_demo, serve_project

    if workers is not None and only != "gateway":
        raise UsageError(
            "several processes serve the gateway alone",
            hint="maalem serve --only gateway --workers 2",
        )
    if demo:
        prepare_demo(screen)
    if only == "gateway":
        serve_alone(screen, address=address, port=port, workers=workers)
    else:
        serve_project(screen, address=address, port=port, only=only, with_guests=demo)
