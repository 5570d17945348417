# SPDX-License-Identifier: Apache-2.0
"""How a record becomes bytes, and bytes become a name."""

import dataclasses
import hashlib
import types
from collections.abc import Hashable, Iterable, Mapping, Sequence
from functools import cache
from json.encoder import encode_basestring
from pathlib import Path
from typing import (
    Any,
    ClassVar,
    NewType,
    Protocol,
    TypeAlias,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    runtime_checkable,
)

import rfc8785

from maalem.errors import DataError

R = TypeVar("R")

Digest = NewType("Digest", str)
"""The name of some bytes: `sha256:` and 64 hexadecimal digits."""

Json: TypeAlias = (
    "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
)
"""What JSON can say."""


@runtime_checkable
class Record(Protocol):
    """Something that the store keeps.

    Attributes:
        kind: Name of the record's type, for ever.
    """

    kind: ClassVar[str]

    @property
    def id(self) -> Digest:
        """Its name, unique among its kind."""
        ...

    @property
    def topic(self) -> str:
        """What it is usually looked up by: a task, a document."""
        ...


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
    """Write a value three times as fast as the library, which has the last word."""
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, list | tuple):
        return f"[{','.join(map(_written, value))}]"
    if isinstance(value, dict) and all(type(key) is str for key in value):
        parts = [
            f"{encode_basestring(key)}:{_written(value[key])}" for key in _sorted(value)
        ]
        return f"{{{','.join(parts)}}}"
    return rfc8785.dumps(value).decode()


def _sorted(keys: Iterable[str]) -> list[str]:
    """Sort keys by their UTF-16 units, which for most is the order of code points."""
    ordered = sorted(keys)
    if all(map(str.isascii, ordered)):
        return ordered
    return sorted(ordered, key=lambda key: key.encode("utf-16be"))


def digest_bytes(content: bytes) -> Digest:
    """Name some bytes by their SHA-256."""
    return Digest(f"sha256:{hashlib.sha256(content).hexdigest()}")


def digest_file(path: Path) -> Digest:
    """Name the bytes of a file by their SHA-256, reading it in pieces."""
    with path.open("rb") as stream:
        return Digest(f"sha256:{hashlib.file_digest(stream, 'sha256').hexdigest()}")


def digest_of(value: Json) -> Digest:
    """Name a JSON value by the SHA-256 of its canonical form."""
    return digest_bytes(canonical_json(value))


def to_json(record: object) -> dict[str, Json]:
    """Give a frozen dataclass as JSON: tuples become lists, records become objects."""
    if not dataclasses.is_dataclass(record) or isinstance(record, type):
        raise TypeError(f"{record!r} is not a record")
    names = _names(type(record))
    return {name: _plain(getattr(record, name)) for name in names}


@cache
def _names(record_type: Hashable) -> tuple[str, ...]:
    assert isinstance(record_type, type)  # noqa: S101  # for the type checker
    return tuple(field.name for field in dataclasses.fields(record_type))


def _plain(value: Any) -> Json:  # noqa: ANN401  # any field of any record
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    if hasattr(value, "__dataclass_fields__") and not isinstance(value, type):
        return to_json(value)
    leaf: Json = value
    return leaf


def from_json(record_type: type[R], value: Mapping[str, Any]) -> R:
    """Build a frozen dataclass from what `to_json` gave.

    A field that the JSON lacks takes its default, so that old entries stay readable.

    Raises:
        DataError: A key is not a field, or a field without default is missing.
    """
    hints = _hints(record_type)  # type: ignore[arg-type]  # any class can be hashed
    unknown = sorted(set(value) - set(hints))
    if unknown:
        raise DataError(f"{record_type.__name__} has no field {unknown[0]!r}")
    try:
        return record_type(**{key: _typed(hints[key], value[key]) for key in value})
    except (TypeError, ValueError) as error:
        raise DataError(
            f"this is not a {record_type.__name__}", why=str(error)
        ) from error


@cache
def _hints(record_type: Hashable) -> dict[str, Any]:
    assert isinstance(record_type, type)  # noqa: S101  # for the type checker
    fields = {field.name for field in dataclasses.fields(record_type)}
    hints = get_type_hints(record_type)
    return {name: hint for name, hint in hints.items() if name in fields}


def _typed(hint: Any, value: Any) -> Any:  # noqa: ANN401  # any field of any record
    """Give a JSON value the shape that a field's annotation asks for."""
    if value is None:
        return None
    if get_origin(hint) in (Union, types.UnionType):
        return _typed(next(p for p in get_args(hint) if p is not type(None)), value)
    if get_origin(hint) is tuple:
        parts = get_args(hint)
        if len(parts) == 2 and parts[1] is Ellipsis:
            parts = (parts[0],) * len(value)
        return tuple(_typed(part, one) for part, one in zip(parts, value, strict=True))
    return _leaf(hint, value)


def _leaf(hint: Any, value: Any) -> Any:  # noqa: ANN401  # any field of any record
    if hint is float:
        return float(value)  # canonical JSON writes 1.0 as 1
    is_record = isinstance(hint, type) and dataclasses.is_dataclass(hint)
    return from_json(hint, value) if is_record else value
