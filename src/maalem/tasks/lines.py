# SPDX-License-Identifier: Apache-2.0
"""Where a key stands in a TOML file, since the standard reader does not say."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""^\s*("[^"]*"|'[^']*'|[A-Za-z0-9_.-]+)\s*=""")
_QUOTES = ('"""', "'''")


@dataclass(frozen=True, slots=True, kw_only=True)
class TomlFile:
    """The text of a TOML file, and what to call it.

    Attributes:
        name: Name for messages.
        text: The text.
    """

    name: str
    text: str

    def where(self, table: str, key: str, *, number: int = 0) -> str:
        """Name the place of a key: `file:line`, or the file where it is not found.

        Args:
            table: Name of its table; empty for the top level.
            key: The key; empty for the table's own line.
            number: Which of several tables of that name (`[[table]]`), from 0.
        """
        seen: dict[str, int] = {}
        current = ""
        for line, text in self._logical_lines():
            header = _HEADER.match(text)
            if header:
                current = header[2]
                seen[current] = seen.get(current, -1) + 1
                if not key and current == table and seen[current] == number:
                    return f"{self.name}:{line}"
            elif current == table and seen.get(current, 0) == number:
                found = _KEY.match(text)
                if key and found and found[1].strip("\"'") == key:
                    return f"{self.name}:{line}"
        return self.name

    def _logical_lines(self) -> Iterator[tuple[int, str]]:
        """Give the lines that begin a key or a table, not those inside long strings."""
        closing = ""
        for number, line in enumerate(self.text.splitlines(), 1):
            if closing:
                closing = "" if closing in line else closing
                continue
            yield number, line
            closing = _left_open(line)


def _left_open(line: str) -> str:
    """Give the quotes that a line opens and does not close."""
    for quotes in _QUOTES:
        if line.count(quotes) % 2 and not line.lstrip().startswith("#"):
            return quotes
    return ""
