# SPDX-License-Identifier: Apache-2.0
"""How a TOML table becomes frozen settings, and settings become TOML again."""

import dataclasses
import difflib
import tomllib
import types
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from maalem.errors import SettingsError
from maalem.tasks.lines import TomlFile

T = TypeVar("T")


def read_toml(file: TomlFile) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        SettingsError: It is not TOML; the message has line and column.
    """
    try:
        return tomllib.loads(file.text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(
            f"{file.name} is not TOML", why=str(error), code="settings.toml"
        ) from error


def read_settings(
    settings: type[T],
    values: Mapping[str, Any],
    *,
    file: TomlFile,
    table: str = "",
    number: int = 0,
) -> T:
    """Build frozen settings from a TOML table; keys left out take their defaults.

    Args:
        settings: A frozen dataclass.
        values: The table, as `tomllib` gave it, or with inner settings built already.
        file: Where it was read from, for the messages.
        table: Name of the table; empty for the top level.
        number: Which of several tables of that name, from 0.

    Raises:
        SettingsError: A key is unknown (the nearest known one is the hint), is missing,
            or has a value of the wrong type or outside its range; the message has file,
            line and key.
    """
    hints = get_type_hints(settings)
    fields = dataclasses.fields(settings)  # type: ignore[arg-type]  # dataclasses only
    refuse_unknown(
        values, [one.name for one in fields], file=file, table=table, number=number
    )
    built = {}
    for key, value in values.items():
        where = file.where(table, key, number=number)
        built[key] = _typed(hints[key], value, f"{where}: {key}")
    missing = [one.name for one in fields if _is_needed(one) and one.name not in built]
    if missing:
        raise SettingsError(
            f"{file.where(table, '', number=number)}: {missing[0]} is missing",
            hint=f'write {missing[0]} = "…"',
            code="settings.missing-key",
        )
    try:
        return settings(**built)
    except SettingsError as error:
        key = error.message.split(" ")[0]
        error.message = f"{file.where(table, key, number=number)}: {error.message}"
        raise


def refuse_unknown(
    keys: Mapping[str, object],
    known: Sequence[str],
    *,
    file: TomlFile,
    table: str = "",
    number: int = 0,
) -> None:
    """Refuse a key that no setting has.

    Raises:
        SettingsError: There is one; the hint is the nearest known key.
    """
    for key in keys:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else ""
            raise SettingsError(
                f"{file.where(table, key, number=number)}: there is no key {key!r}",
                hint=hint or f"known keys: {', '.join(known)}",
                code="settings.unknown-key",
            )


def _is_needed(field: "dataclasses.Field[Any]") -> bool:
    return (
        field.default is dataclasses.MISSING
        and field.default_factory is dataclasses.MISSING
    )


def _typed(hint: Any, value: Any, where: str) -> Any:  # noqa: ANN401  # any setting
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(part for part in get_args(hint) if part is not type(None))
    if get_origin(hint) is tuple:
        if not isinstance(value, list | tuple):
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
