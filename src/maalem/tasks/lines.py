# SPDX-License-Identifier: Apache-2.0
"""Where a key stands in a TOML file, since the standard reader does not say."""

import re
from dataclasses import dataclass
from typing import TypeAlias

KeyPath: TypeAlias = tuple[str | int, ...]
"""The way to a value: keys, and numbers from 0 in arrays."""

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:[^"\\]|\\.)*"'
    r"|'[^']*'",
    re.DOTALL,
)
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}#\n]*")
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)")
_PLAIN = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TomlFile:
    """The text of a TOML file that `tomllib` has read, and what to call it.

    Attributes:
        name: Name for messages.
        text: The text.
    """

    name: str
    text: str

    def where(self, *steps: str | int) -> str:
        """Name the place of a value: `file:line`, of its table if it is not there.

        Args:
            steps: Keys, and numbers from 0 in arrays; "" is no step.
        """
        path = tuple(step for step in steps if step != "")
        lines = _Scan(self.text.replace("\r\n", "\n")).lines
        while path and path not in lines:
            path = path[:-1]
        return f"{self.name}:{lines[path]}" if path else self.name


class _Scan:
    """A walk over valid TOML that notes the line of every key, table and element."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._counts: dict[KeyPath, int] = {}
        self.lines: dict[KeyPath, int] = {}
        table: KeyPath = ()
        self._skip(_BLANK)
        while self._at < len(text):
            if self._next("["):
                table = self._header()
            else:
                self._pair(table)
            self._skip(_BLANK)

    def _next(self, mark: str) -> bool:
        return self._text.startswith(mark, self._at)

    def _skip(self, pattern: re.Pattern[str]) -> str:
        """Step over what fits, if anything does."""
        found = pattern.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return found[0] if found else ""

    def _note(self, path: KeyPath) -> None:
        self.lines.setdefault(path, self._text.count("\n", 0, self._at) + 1)

    def _header(self) -> KeyPath:
        """Read `[a.b]` or `[[a.b]]`; a part that is an array means its last element."""
        is_array = self._next("[[")
        begin = self._at
        self._at += 2 if is_array else 1
        path: KeyPath = ()
        keys = self._keys()
        for number, key in enumerate(keys, 1):
            path = (*path, key)
            if is_array and number == len(keys):
                self._counts[path] = self._counts.get(path, -1) + 1
            if path in self._counts:
                path = (*path, self._counts[path])
        after, self._at = self._at, begin
        for length in range(1, len(path) + 1):
            self._note(path[:length])
        self._at = after + (2 if is_array else 1)
        return path

    def _keys(self) -> list[str]:
        """Read a dotted key."""
        keys = []
        while True:
            self._skip(_SPACE)
            is_quoted = self._next('"') or self._next("'")
            keys.append(_unquoted(self._skip(_STRING)) if is_quoted else self._bare())
            self._skip(_SPACE)
            if not self._next("."):
                return keys
            self._at += 1

    def _bare(self) -> str:
        key = self._skip(_BARE)
        if not key:
            raise ValueError("this is no valid TOML")
        return key

    def _pair(self, table: KeyPath) -> None:
        begin = self._at
        keys = self._keys()
        after, self._at = self._at, begin
        for length in range(1, len(keys) + 1):
            self._note((*table, *keys[:length]))
        self._at = after + 1
        self._skip(_SPACE)
        self._value((*table, *keys))

    def _value(self, path: KeyPath) -> None:
        if self._next("["):
            self._array(path)
        elif self._next("{"):
            self._inline(path)
        elif not self._skip(_STRING):
            self._skip(_SCALAR)

    def _array(self, path: KeyPath) -> None:
        self._at += 1
        self._skip(_BLANK)
        number = 0
        while not self._next("]"):
            self._note((*path, number))
            self._value((*path, number))
            self._separate()
            number += 1
        self._at += 1

    def _inline(self, path: KeyPath) -> None:
        self._at += 1
        self._skip(_BLANK)
        while not self._next("}"):
            self._pair(path)
            self._separate()
        self._at += 1

    def _separate(self) -> None:
        self._skip(_BLANK)
        self._at += 1 if self._next(",") else 0
        self._skip(_BLANK)


def _unquoted(text: str) -> str:
    """Give what a quoted key says."""
    inner = text[1:-1]
    return inner if text.startswith("'") else _ESCAPE.sub(_unescaped, inner)


def _unescaped(match: re.Match[str]) -> str:
    code = match[1]
    if len(code) > 1:
        return chr(int(code[1:], 16))
    return _PLAIN.get(code, code)
