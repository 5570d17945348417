# SPDX-License-Identifier: Apache-2.0
"""Options that every command has, so that no command writes them again."""

from collections.abc import Callable
from functools import wraps
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import click

from maalem.app.screen import Screen
from maalem.errors import MissingPartError

_DESK = ("fastapi", "uvicorn", "babel", "argon2")  # imported by the desk at once

LAYOUT = click.Choice(["csv", "jsonl", "label-studio", "argilla", "prodigy", "doccano"])
"""The layouts of files of annotations, which `experts` knows."""

to_file = click.option(
    "--to",
    "path",
    type=click.Path(path_type=Path),
    help="File to write; else it is printed.",
)
"""Gives a command the option to write its text into a file."""

F = TypeVar("F", bound=Callable[..., Any])


def shared(function: F) -> F:
    """Give a command `-C`, `--json`, `--quiet`, `--debug` and the screen they set."""

    @click.option(
        "-C", "folder", metavar="DIR", default=".", help="The project's folder."
    )
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
    @click.option("-q", "--quiet", is_flag=True, help="No talk, no progress.")
    @click.option("--debug", is_flag=True, help="Show the trace of a failure.")
    @click.pass_obj
    @wraps(function)
    def inner(
        screen: Screen,
        /,
        *arguments: Any,  # noqa: ANN401  # whatever the command takes
        folder: str,
        as_json: bool,
        quiet: bool,
        debug: bool,
        **options: Any,  # noqa: ANN401  # whatever the command takes
    ) -> Any:  # noqa: ANN401  # whatever the command gives
        screen.folder, screen.as_json = folder, as_json
        screen.quiet, screen.debug = quiet, debug
        return function(screen, *arguments, **options)

    return inner  # type: ignore[return-value]  # click takes and gives a function


def needs_desk(function: F) -> F:
    """Refuse a command of the desk, by name, where the desk is not installed."""

    @wraps(function)
    def inner(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401  # any command's
        missing = [name for name in _DESK if find_spec(name) is None]
        if missing:
            raise MissingPartError(
                f"the desk needs the package {missing[0]}",
                why="the desk is an extra; the core does without it",
                hint="pip install 'maalem[desk]'",
            )
        return function(*arguments, **options)

    return inner  # type: ignore[return-value]  # as it was given


def dry_run(function: F) -> F:
    """Give a command that writes `-n`, which shows what it would do."""
    option = click.option(
        "-n", "--dry-run", is_flag=True, help="Show what would be done; do nothing."
    )
    return option(function)


def require_seal(function: F) -> F:
    """Give a command that runs untrusted work `--require-seal`."""
    option = click.option(
        "--require-seal",
        type=click.IntRange(0, 5),
        metavar="N",
        help="Refuse below this seal, 0 to 5; else the project's.",
    )
    return option(function)
