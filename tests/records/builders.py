# SPDX-License-Identifier: Apache-2.0
"""Every record class, and what hypothesis may put into one."""

import dataclasses
from typing import get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from maalem import records

CLASSES = tuple(
    one
    for name in records.__all__
    if dataclasses.is_dataclass(one := getattr(records, name))
)
KEPT = tuple(one for one in CLASSES if hasattr(one, "kind"))

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
WHOLE = st.integers(-(2**53) + 1, 2**53 - 1)
NUMBERS = st.floats(-(2.0**52), 2.0**52)
LEAVES = {
    bool: st.booleans(),
    str: TEXT,
    int: WHOLE,
    float: NUMBERS,
    type(None): st.none(),
}


def drawn(hint):
    """Draw what an annotation allows."""
    if dataclasses.is_dataclass(hint):
        hints = get_type_hints(hint)
        names = [field.name for field in dataclasses.fields(hint)]
        return st.builds(hint, **{name: drawn(hints[name]) for name in names})
    parts = get_args(hint)
    if get_origin(hint) is tuple and parts[-1] is Ellipsis:
        return st.lists(drawn(parts[0]), max_size=2).map(tuple)
    if parts:
        together = st.tuples if get_origin(hint) is tuple else st.one_of
        return together(*map(drawn, parts))
    return LEAVES[getattr(hint, "__supertype__", hint)]


def smallest(record_class):
    """Give JSON of a record that has only the fields without a default."""
    hints = get_type_hints(record_class)
    return {
        field.name: _plain(hints[field.name])
        for field in dataclasses.fields(record_class)
        if field.default is dataclasses.MISSING
        and field.default_factory is dataclasses.MISSING
    }


def _plain(hint):
    if type(None) in get_args(hint):
        return None
    if dataclasses.is_dataclass(hint):
        return smallest(hint)
    if get_origin(hint) is tuple:
        parts = get_args(hint)
        return [] if parts[-1] is Ellipsis else [_plain(part) for part in parts]
    return {str: "x", int: 1, float: 0.5, bool: True}[
        getattr(hint, "__supertype__", hint)
    ]
