# SPDX-License-Identifier: Apache-2.0
"""`maalem predict`."""

import sys
from pathlib import Path

import click

from maalem.app.options import shared
from maalem.app.screen import Screen


@click.command("predict")
@click.argument("release", type=click.Path(exists=True, path_type=Path))
@click.argument("texts", nargs=-1, required=True)
@click.option(
    "--key",
    type=click.Path(exists=True, path_type=Path),
    help="Public key file got by another way than the release.",
)
@shared
def command(
    screen: Screen, release: Path, texts: tuple[str, ...], *, key: Path | None
) -> None:
    """Answer with label, probability, and whether a person is needed.

    Example: maalem predict orders/releases/system-1 "engine will not start"

    A text of - reads standard input, one text a line.
    """
    from maalem.app.report_release import show_decisions
    from maalem.app.steps.answers import predict
    from maalem.app.steps.forgotten_release import refuse_restricted

    refuse_restricted(release)
    read = [line.rstrip("\n") for line in sys.stdin] if texts == ("-",) else [*texts]
    show_decisions(screen, predict(release, read, key=key))
