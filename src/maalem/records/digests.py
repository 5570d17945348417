# SPDX-License-Identifier: Apache-2.0
"""How a record becomes JSON and comes back, and bytes become a name."""

import dataclasses
import hashlib
import types
from collections.abc import Callable, Hashable, Mapping
from functools import cache, partial
from operator import attrgetter
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

from maalem.errors import DataError
from maalem.records.canonical import Json, canonical_json

R = TypeVar("R")
Read: TypeAlias = Callable[[Any], Any]

Digest = NewType("Digest", str)
"""The name of some bytes: `sha256:` and 64 hexadecimal digits."""


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
    names, values_of = _fields(type(record))
    return {
        name: value if type(value) in _LEAVES else _plain(value)
        for name, value in zip(names, values_of(record), strict=True)
    }


_LEAVES = frozenset({str, type(None), int, float, bool})


@cache
def _fields(record_type: Hashable) -> tuple[tuple[str, ...], Callable[[Any], Any]]:
    """Give the names of a record's fields, and what gives the values of all of them."""
    assert isinstance(record_type, type)  # noqa: S101  # for the type checker
    names = tuple(field.name for field in dataclasses.fields(record_type))
    if len(names) > 1:
        return names, attrgetter(*names)
    return names, lambda record: [getattr(record, name) for name in names]


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
    readers = _readers(record_type)  # type: ignore[arg-type]  # any class can be hashed
    try:
        unknown = sorted(key for key in value if key not in readers)
        fields = {
            key: found if (read := readers.get(key)) is None else read(found)
            for key, found in ({} if unknown else value).items()
        }
        record = None if unknown else record_type(**fields)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"this is not a {record_type.__name__}", why=str(error)
        ) from error
    if record is None:
        raise DataError(f"{record_type.__name__} has no field {unknown[0]!r}")
    return record


@cache
def _readers(record_type: Hashable) -> dict[str, Read | None]:
    """Give how each field is read; none where JSON has its shape already."""
    assert isinstance(record_type, type)  # noqa: S101  # for the type checker
    fields = {field.name for field in dataclasses.fields(record_type)}
    hints = get_type_hints(record_type)
    return {name: _reader(hint) for name, hint in hints.items() if name in fields}


def _reader(hint: Any) -> Read | None:  # noqa: ANN401  # any field of any record
    """Give what brings a JSON value into the shape that an annotation asks for."""
    if get_origin(hint) in (Union, types.UnionType):
        return _reader(next(p for p in get_args(hint) if p is not type(None)))
    if get_origin(hint) is tuple:
        return _tuple_reader(get_args(hint))
    read: Read | None = float if hint is float else None  # JSON writes 1.0 as 1
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        read = partial(from_json, hint)
    return None if read is None else _unless_none(read)


def _tuple_reader(parts: tuple[Any, ...]) -> Read:
    if len(parts) == 2 and parts[1] is Ellipsis:
        inner = _reader(parts[0])
        return _unless_none(
            tuple if inner is None else lambda several: tuple(map(inner, several))
        )
    readers = [_reader(part) or _as_it_is for part in parts]
    return _unless_none(
        lambda several: tuple(
            read(one) for read, one in zip(readers, several, strict=True)
        )
    )


def _unless_none(read: Read) -> Read:
    return lambda value: None if value is None else read(value)


def _as_it_is(value: Any) -> Any:  # noqa: ANN401  # any field of any record
    return value
