# SPDX-License-Identifier: Apache-2.0
"""`maalem forget`."""

from typing import Any

import click

from maalem.app.options import shared
from maalem.app.screen import Screen


@click.command("forget")
@click.argument("what", required=False)
@click.option(
    "--answers", is_flag=True, help="A person's answers too, not names alone."
)
@click.option("--plan", is_flag=True, help="Show what it touches; erase nothing.")
@click.option("--yes", is_flag=True, help="Erase without asking.")
@click.option(
    "--reason", default="", metavar="TEXT", help="Why; without any text of it."
)
@click.option("--status", is_flag=True, help="List what is left to do.")
@click.option("--report", is_flag=True, help="Write a report on every erasure.")
@shared
def command(
    screen: Screen,
    what: str | None,
    **options: Any,  # noqa: ANN401  # the attributes of `Wish`
) -> None:
    """Erase a document, a file or a person, and plan the retraining.

    WHAT is the digest of a document, a source with or without its row, or the e-mail
    address or pseudonym of a person. It first shows everything that it touches. Of a
    model that learned from it, MODEL=retrain, MODEL=restrict or MODEL=justify decides.

    Example: maalem forget "orders.csv row 17" --plan
    """
    from maalem.app.erasing import Wish, serve_wish

    serve_wish(screen, Wish(what=what, **options))
