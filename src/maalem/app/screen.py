# SPDX-License-Identifier: Apache-2.0
"""The one place that talks: data to standard output, talk and progress to error."""

import json
import os
import sys
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from maalem.errors import MaalemError

if TYPE_CHECKING:
    from rich.console import Console

Tell = Callable[[str, int, int], None]
"""Called with what is being done, how much is done, and how much there is (or 0)."""


def silent(stage: str, done: int, total: int) -> None:
    """Tell nobody."""


@dataclass(slots=True, kw_only=True)
class Screen:
    """How one command shows what it did.

    Attributes:
        as_json: Print one JSON object instead of tables.
        quiet: Print no talk and no progress.
        debug: Show the trace of a failure.
        dry_run: Show what would be done, and do nothing.
        folder: The project's folder, from `-C`.
        has_answered: Whether the one JSON object was printed already.
    """

    as_json: bool = False
    quiet: bool = False
    debug: bool = False
    dry_run: bool = False
    folder: str = "."
    started: float = field(default_factory=time.monotonic)
    has_answered: bool = False

    def say(self, text: str = "", *, style: str = "") -> None:
        """Talk to the person, on standard error; names in it are never markup."""
        if not self.quiet:
            _console(stderr=True).print(
                printable(text),
                style=style or None,
                markup=False,
                highlight=False,
                soft_wrap=True,
            )

    def show(self, text: str) -> None:
        """Print plain data to standard output, unless JSON was asked for."""
        if not self.as_json:
            sys.stdout.write(printable(text).rstrip("\n") + "\n")
            sys.stdout.flush()  # a server goes on for days after it has said this

    def table(
        self, title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]
    ) -> None:
        """Print a table to standard output, unless JSON was asked for."""
        if self.as_json:
            return
        from rich.table import Table  # noqa: PLC0415  # 80 ms that help need not pay
        from rich.text import Text  # noqa: PLC0415  # as above

        console = _console()
        if title:  # a table's own title is broken at the width of the table
            console.print(Text(printable(title), "bold"), soft_wrap=True)
        made = Table(show_header=any(columns))
        for number, name in enumerate(columns):
            is_number = any(isinstance(row[number], int | float) for row in rows)
            made.add_column(name, justify="right" if is_number else "left")
        for row in rows:
            made.add_row(*[Text(printable(_cell(value))) for value in row])
        console.print(made)

    def result(self, schema: str, value: Mapping[str, Any]) -> None:
        """Print the command's JSON object, if JSON was asked for."""
        if self.as_json:
            _write_json({"schema": f"maalem.{schema}/1", **value})
            self.has_answered = True

    def failure(self, error: MaalemError) -> None:
        """Explain a failure in three lines, and as JSON unless there is a result."""
        if self.as_json and not self.has_answered:
            parts = {
                "code": error.code,
                "message": error.message,
                "why": error.why,
                "hint": error.hint,
            }
            _write_json({"schema": "maalem.error/1", "error": parts})
        lines = [f"error[{error.code}]: {error.message}"]
        lines += [f"  {error.why}"] if error.why else []
        lines += [f"  try: {error.hint}"] if error.hint else []
        sys.stderr.write(printable("\n".join(lines)) + "\n")

    @contextmanager
    def progress(self) -> Generator[Tell]:
        """Draw a progress bar; a line each ten seconds where nobody watches."""
        if self.quiet:
            yield silent
        elif sys.stderr.isatty():
            with _bars() as tell:
                yield tell
        else:
            yield _plain_lines()


def printable(text: str) -> str:
    r"""Escape what no UTF-8 stream can take, such as a byte in a name of a file.

    Examples:
        >>> printable("caf\udce9")
        'caf\\udce9'
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _write_json(whole: Mapping[str, Any]) -> None:
    # In a JSON string, the escape of half a surrogate pair is that half again.
    sys.stdout.write(printable(json.dumps(whole, ensure_ascii=False)) + "\n")
    sys.stdout.flush()


def _cell(value: object) -> str:
    if value is None:
        return "not recorded"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _console(*, stderr: bool = False) -> "Console":
    from rich.console import Console  # noqa: PLC0415  # 80 ms that help need not pay

    width = None if (sys.stderr if stderr else sys.stdout).isatty() else 100
    return Console(stderr=stderr, width=width, no_color=_no_color())


def _no_color() -> bool:
    return bool(os.environ.get("NO_COLOR"))  # noqa: TID251  # the terminal's own wish


@contextmanager
def _bars() -> Generator[Tell]:
    from rich.progress import (  # noqa: PLC0415  # 80 ms that help need not pay
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (
        TextColumn("{task.description:<24}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    bars: dict[str, Any] = {}
    with Progress(*columns, console=_console(stderr=True)) as shown:

        def tell(stage: str, done: int, total: int) -> None:
            if stage not in bars:
                bars[stage] = shown.add_task(stage, total=total or None)
            shown.update(bars[stage], completed=done, total=total or None)

        yield tell


def _plain_lines() -> Tell:
    last_stage, last_at = "", 0.0

    def tell(stage: str, done: int, total: int) -> None:
        nonlocal last_stage, last_at
        moment = time.monotonic()
        is_done = 0 < total <= done
        if stage == last_stage and not is_done and moment - last_at < 10.0:
            return
        last_stage, last_at = stage, moment
        amount = f" {done}/{total}" if total else ""
        sys.stderr.write(f"  {stage}{amount}\n")

    return tell
