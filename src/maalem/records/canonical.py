# SPDX-License-Identifier: Apache-2.0
"""How a value becomes JSON of which there is one form only."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any, TypeAlias

import rfc8785

from maalem.errors import DataError

Json: TypeAlias = (
    "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
)
"""What JSON can say."""


def canonical_json(value: Json) -> bytes:
    """Write a value so that equal values give equal bytes.

    Source:
        RFC 8785, JSON Canonicalization Scheme.

    Raises:
        DataError: The value has a NaN, an infinity, a lone surrogate or an integer
            that a double cannot hold.
    """
    try:
        return _written(value).encode()
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise DataError(
            "a value has no canonical JSON form", why=str(error), code="data.json"
        ) from error


def _written(value: Json) -> str:
    """Write a value ten times as fast as the library, which has the last word."""
    return _WRITERS.get(type(value), _otherwise)(value)


def _otherwise(value: Any) -> str:  # noqa: ANN401  # subclasses, and what is refused
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, list | tuple):
        return _list_written(value)
    return _dict_written(value) if isinstance(value, dict) else _by_library(value)


def _list_written(value: Sequence[Any]) -> str:
    return f"[{','.join(map(_written, value))}]"


def _dict_written(value: Mapping[Any, Any]) -> str:
    order = _order(tuple(value))
    if order is None:
        return _by_library(value)
    writers = _WRITERS
    parts = [
        head + writers.get(type(one := value[key]), _otherwise)(one)
        for key, head in order
    ]
    return f"{{{','.join(parts)}}}"


def _int_written(value: int) -> str:
    return str(value) if abs(value) < _EXACT else _by_library(value)


def _float_written(value: float) -> str:
    if _SHORT <= abs(value) < _EXACT:
        return str(int(value)) if value.is_integer() else repr(value)
    return _by_library(value)


def _by_library(value: Any) -> str:  # noqa: ANN401  # whatever it is
    return rfc8785.dumps(value).decode()


_EXACT = 1 << 53  # integers that a double holds; all of them are written in digits
_SHORT = 1e-4  # what is nearer to 0 Python writes with an exponent, JSON later
_WRITERS: dict[type, Callable[[Any], str]] = {
    str: encode_basestring,
    type(None): lambda _: "null",
    bool: lambda value: "true" if value else "false",
    int: _int_written,
    float: _float_written,
    list: _list_written,
    tuple: _list_written,
    dict: _dict_written,
}


@lru_cache(maxsize=1024)
def _order(keys: tuple[object, ...]) -> tuple[tuple[str, str], ...] | None:
    """Sort the keys of an object, each with its text; none where one is no text.

    Records have few sets of keys, and write them over and over.
    """
    names = [key for key in keys if type(key) is str]
    if len(names) < len(keys):
        return None
    return tuple((name, f"{encode_basestring(name)}:") for name in _sorted(names))


def _sorted(keys: Iterable[str]) -> list[str]:
    """Sort keys by their UTF-16 units, which for most is the order of code points."""
    ordered = sorted(keys)
    if all(map(str.isascii, ordered)):
        return ordered
    return sorted(ordered, key=lambda key: key.encode("utf-16be"))
