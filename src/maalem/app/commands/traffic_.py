# SPDX-License-Identifier: Apache-2.0
"""`maalem traffic`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from maalem.app.options import shared, to_file
from maalem.app.screen import Screen

F = TypeVar("F", bound=Callable[..., Any])


def _span(function: F) -> F:
    """Give a command the span of time and the task that it looks at."""
    since = click.option(
        "--since",
        default="24h",
        metavar="WHEN",
        help="Hours or days back, such as 24h or 7d, or an ISO 8601 date.",
    )
    task = click.option("--task", help="One task; else all.")
    return since(task(function))


@click.group("traffic", invoke_without_command=True)
@_span
@shared
def command(screen: Screen, *, since: str, task: str | None) -> None:
    """Show what the gateway answered, by task: the last day, if nothing else is said.

    Example: maalem -C orders traffic --since 7d
    """
    context = click.get_current_context()
    if context.invoked_subcommand is not None:
        given = {
            "folder": screen.folder,
            "as_json": screen.as_json,
            "quiet": screen.quiet,
            "debug": screen.debug,
        }
        context.default_map = {context.invoked_subcommand: given}
        return
    from maalem.app.report_traffic import show_traffic
    from maalem.app.traffic import traffic_of

    show_traffic(screen, traffic_of(screen.folder, since=since, task=task))


@command.command("request")
@click.argument("name", metavar="ID")
@shared
def request(screen: Screen, *, name: str) -> None:
    """Show one request by its x-request-id, and what was said of each text.

    Example: maalem traffic request 3f2a9c0d11e45b67
    """
    from maalem.app.report_traffic import show_request
    from maalem.app.traffic import request_of

    show_request(screen, *request_of(screen.folder, name))


@command.command("export")
@_span
@to_file
@shared
def export(screen: Screen, *, since: str, task: str | None, path: Path | None) -> None:
    """Write the requests as CSV, a line each, without texts and callers.

    Example: maalem traffic export --since 30d --to november.csv
    """
    from maalem.app.report_traffic import give_csv
    from maalem.app.traffic import lines_of

    give_csv(screen, lines_of(screen.folder, since=since, task=task), path)


@command.command("sweep")
@shared
def sweep(screen: Screen) -> None:
    """Take away what is over age, as the gateway does each hour.

    Example: maalem -C orders traffic sweep
    """
    from maalem.app.report_traffic import show_swept
    from maalem.app.traffic import sweep_now

    show_swept(screen, sweep_now(screen.folder))


@command.command("check")
@shared
def check(screen: Screen) -> None:
    """Compare each day of the log with the digest of it that the ledger has.

    Example: maalem -C orders traffic check
    """
    from maalem.app.report_traffic import show_days
    from maalem.app.traffic import checked_days

    show_days(screen, checked_days(screen.folder))
