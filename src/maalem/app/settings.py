# SPDX-License-Identifier: Apache-2.0
"""How a TOML table becomes frozen settings, and settings become TOML again."""

import dataclasses
import difflib
import types
from collections.abc import Mapping
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from maalem.errors import SettingsError

T = TypeVar("T")


def read_settings(settings: type[T], table: Mapping[str, Any], *, where: str) -> T:
    """Build frozen settings from a TOML table; keys left out take their defaults.

    Args:
        settings: A frozen dataclass with a default for every field.
        table: What `tomllib` gave.
        where: File and table, for the message.

    Raises:
        SettingsError: A key is unknown (the nearest known one is the hint), or a value
            has the wrong type or is outside its range.
    """
    hints = get_type_hints(settings)
    known = [field.name for field in dataclasses.fields(settings)]  # type: ignore[arg-type]  # dataclasses only
    for key in table:
        if key not in known:
            refuse_unknown(key, known, where=where)
    values = {
        key: _typed(hints[key], value, f"{where} {key}") for key, value in table.items()
    }
    return settings(**values)


def refuse_unknown(key: str, known: list[str], *, where: str) -> None:
    """Refuse a key that no setting has.

    Raises:
        SettingsError: Always; the hint is the nearest known key.
    """
    near = difflib.get_close_matches(key, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}"
    raise SettingsError(
        f"{where} has no key {key!r}", hint=hint, code="settings.unknown-key"
    )


def _typed(hint: Any, value: Any, where: str) -> Any:  # noqa: ANN401  # any setting
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(part for part in get_args(hint) if part is not type(None))
    if get_origin(hint) is tuple:
        if not isinstance(value, list):
            raise _wrong_type(where, "a list", value)
        return tuple(_typed(get_args(hint)[0], one, where) for one in value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        raise _wrong_type(where, f"of type {hint.__name__}", value)
    return value


def _wrong_type(where: str, wanted: str, value: object) -> SettingsError:
    return SettingsError(
        f"{where} must be {wanted}, got {value!r}", code="settings.wrong-type"
    )


def write_settings(settings: object) -> str:
    """Write settings as the body of a TOML table; what is None is left out."""
    lines = []
    for field in dataclasses.fields(settings):  # type: ignore[arg-type]  # dataclasses only
        value = getattr(settings, field.name)
        if value is not None:
            lines.append(f"{field.name} = {_toml(value)}")
    return "\n".join(lines)


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(one) for one in value) + "]"
    return quote(str(value))


def quote(text: str) -> str:
    """Write text as a TOML basic string."""
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    out = "".join(
        escapes.get(c, c if c >= " " and c != "\x7f" else f"\\u{ord(c):04x}")
        for c in text
    )
    return f'"{out}"'
