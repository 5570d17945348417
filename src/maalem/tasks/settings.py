# SPDX-License-Identifier: Apache-2.0
"""How a TOML table becomes frozen settings, and settings become TOML again."""

import dataclasses
import difflib
import tomllib
import types
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from maalem.errors import SettingsError
from maalem.tasks.lines import KeyPath, TomlFile

T = TypeVar("T")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_UNSEEN = ("Cc", "Cf", "Zl", "Zp")


def read_toml(file: TomlFile) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        SettingsError: It is not TOML; the message has line and column.
    """
    try:
        return tomllib.loads(file.text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsError(
            f"{file.name} is not TOML", why=str(error), code="settings.toml"
        ) from error


def read_settings(
    settings: type[T],
    values: Mapping[str, Any],
    *,
    file: TomlFile,
    table: KeyPath | str = (),
) -> T:
    """Build frozen settings from a TOML table; keys left out take their defaults.

    Args:
        settings: A frozen dataclass.
        values: The table, as `tomllib` gave it, or with inner settings built already.
        file: Where it was read from, for the messages.
        table: The way to the table; of one step, its name.

    Raises:
        SettingsError: A key is unknown (the nearest known one is the hint), is missing,
            or has a value of the wrong type or outside its range; the message has file,
            line and key.
    """
    path = (table,) if isinstance(table, str) else table
    hints = get_type_hints(settings)
    fields = dataclasses.fields(settings)  # type: ignore[arg-type]  # dataclasses only
    refuse_unknown(values, [one.name for one in fields], file=file, table=path)
    built = {
        key: _typed(hints[key], value, file=file, path=(*path, key))
        for key, value in values.items()
    }
    missing = [one.name for one in fields if _is_needed(one) and one.name not in built]
    if missing:
        raise SettingsError(
            f"{file.where(*path)}: {missing[0]} is missing",
            hint=f'write {missing[0]} = "…"',
            code="settings.missing-key",
        )
    try:
        return settings(**built)
    except SettingsError as error:
        raise SettingsError(
            f"{file.where(*path, *_named(error))}: {error.message}",
            why=error.why,
            hint=error.hint,
            code=error.code,
        ) from error


def _named(error: SettingsError) -> KeyPath:
    """Read the key that a message begins with, such as `labels.2.name`."""
    parts = error.message.split(" ", 1)[0].split(".")
    return tuple(int(one) - 1 if one.isdecimal() else one for one in parts)


def refuse_unknown(
    keys: Iterable[str],
    known: Sequence[str],
    *,
    file: TomlFile,
    table: KeyPath = (),
) -> None:
    """Refuse a key that no setting has.

    Raises:
        SettingsError: There is one; the hint is the nearest known key.
    """
    for key in keys:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            raise SettingsError(
                f"{file.where(*table, key)}: there is no key {key!r}",
                hint=f"did you mean {near[0]!r}?"
                if near
                else f"known keys: {', '.join(known)}",
                code="settings.unknown-key",
            )


def _is_needed(field: "dataclasses.Field[Any]") -> bool:
    return (
        field.default is dataclasses.MISSING
        and field.default_factory is dataclasses.MISSING
    )


def _typed(hint: Any, value: Any, *, file: TomlFile, path: KeyPath) -> Any:  # noqa: ANN401  # any setting
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(part for part in get_args(hint) if part is not type(None))
    if get_origin(hint) is tuple:
        return _several(get_args(hint)[0], value, file=file, path=path)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if dataclasses.is_dataclass(hint) and not isinstance(value, hint):  # type: ignore[arg-type]  # a class, no instance
        refuse_type(file, path, value, dict)
        return read_settings(hint, value, file=file, table=path)  # type: ignore[arg-type]  # as above
    refuse_type(file, path, value, hint)
    return value


def _several(part: Any, value: Any, *, file: TomlFile, path: KeyPath) -> Any:  # noqa: ANN401  # any setting
    """Read a list, or a table where pairs of a name and a value are wanted."""
    if isinstance(value, tuple):
        return value
    if get_origin(part) is tuple:
        refuse_type(file, path, value, dict)
        inner = get_args(part)[1]
        return tuple(
            (key, _typed(inner, one, file=file, path=(*path, key)))
            for key, one in value.items()
        )
    refuse_type(file, path, value, list)
    return tuple(
        _typed(part, one, file=file, path=(*path, number))
        for number, one in enumerate(value)
    )


_CALLED: Mapping[type, str] = MappingProxyType(
    {
        str: "text in quotes",
        int: "a whole number",
        float: "a number",
        bool: "true or false",
        list: "a list",
        dict: "a table",
    }
)


def refuse_type(file: TomlFile, path: KeyPath, value: object, /, *wanted: type) -> None:
    """Refuse a value of another type; true is no number.

    Raises:
        SettingsError: It is of another type; code `settings.wrong-type`.
    """
    if not isinstance(value, wanted) or (
        isinstance(value, bool) and bool not in wanted
    ):
        called = " or ".join(_CALLED[one] for one in wanted)
        key = ".".join(str(one + 1) if isinstance(one, int) else one for one in path)
        raise SettingsError(
            f"{file.where(*path)}: {key} must be {called}, got {str(value)[:80]!r}",
            code="settings.wrong-type",
        )


def write_settings(settings: object, *, without: Sequence[str] = ()) -> str:
    """Write settings as the body of a TOML table; what is None is left out.

    Args:
        settings: A frozen dataclass of texts, numbers and tuples of those; a tuple of
            pairs becomes an inline table, and so does an inner dataclass.
        without: Fields to leave out.
    """
    return "\n".join(_lines(settings, without=without))


def _lines(settings: object, *, without: Sequence[str] = ()) -> list[str]:
    lines = []
    for field in dataclasses.fields(settings):  # type: ignore[arg-type]  # dataclasses only
        value = getattr(settings, field.name)
        if value is not None and field.name not in without:
            lines.append(f"{field.name} = {_toml(value)}")
    return lines


def _toml(value: object) -> str:
    if isinstance(value, int | float):
        return repr(value).lower()
    if dataclasses.is_dataclass(value):
        return f"{{ {', '.join(_lines(value))} }}"
    if not isinstance(value, tuple):
        return quote(str(value))
    return _toml_of_several(value)


def _toml_of_several(value: tuple[Any, ...]) -> str:
    if value and isinstance(value[0], tuple):
        pairs = ", ".join(f"{quote(key)} = {quote(text)}" for key, text in value)
        return f"{{ {pairs} }}"
    return f"[{', '.join(_toml(one) for one in value)}]"


def quote(text: str) -> str:
    r"""Write text as a TOML string, of several lines if it has several.

    Characters that cannot be seen or turn the direction of writing are escaped.

    Examples:
        >>> quote('say "yes"')
        '"say \\"yes\\""'
    """
    lines = text.split("\n")
    if len(lines) == 1:
        return f'"{_escaped(text)}"'
    inner = "\n".join(_escaped(line) for line in lines)
    return f'"""\n{inner}"""'


def _escaped(line: str) -> str:
    return "".join(_ESCAPES.get(c) or _shown(c) for c in line)


def _shown(character: str) -> str:
    if unicodedata.category(character) not in _UNSEEN:
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
