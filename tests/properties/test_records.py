# SPDX-License-Identifier: Apache-2.0
"""Records become JSON and come back; equal records have one name."""

import dataclasses
import json
from typing import get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maalem import records
from maalem.errors import DataError
from maalem.records import canonical_json, digest_of, from_json, to_json

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NUMBERS = st.floats(-(2.0**52), 2.0**52)  # JSON does not tell 2.0**53 from an integer
WHOLE = st.integers(-(2**53) + 1, 2**53 - 1)
RECORDS = [
    getattr(records, name)
    for name in records.__all__
    if hasattr(getattr(records, name), "__dataclass_fields__")
]
JSON = st.recursive(
    st.none() | st.booleans() | WHOLE | NUMBERS | TEXT,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3)
    ),
    max_leaves=10,
)

LEAVES = {
    bool: st.booleans(),
    str: TEXT,
    int: WHOLE,
    float: NUMBERS,
    type(None): st.none(),
}


def values_of(hint):
    """Draw what a field's annotation allows."""
    if dataclasses.is_dataclass(hint):
        hints = get_type_hints(hint)
        fields = (field.name for field in dataclasses.fields(hint))
        return st.builds(hint, **{name: values_of(hints[name]) for name in fields})
    parts = get_args(hint)
    if get_origin(hint) is tuple and parts[-1] is Ellipsis:
        return st.lists(values_of(parts[0]), max_size=2).map(tuple)
    if parts:
        together = st.tuples if get_origin(hint) is tuple else st.one_of
        return together(*map(values_of, parts))
    return LEAVES[getattr(hint, "__supertype__", hint)]


@settings(deadline=None, max_examples=25)
@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_a_record_comes_back_from_json_as_it_was(kind, data):
    record = data.draw(values_of(kind))
    assert from_json(kind, json.loads(canonical_json(to_json(record)))) == record


@settings(deadline=None)
@given(JSON)
def test_canonical_json_is_json_and_canonical_again(value):
    content = canonical_json(value)
    assert canonical_json(json.loads(content)) == content


@settings(deadline=None)
@given(st.dictionaries(TEXT, WHOLE, max_size=5), st.randoms())
def test_the_order_of_keys_does_not_change_a_name(value, random):
    mixed = dict(random.sample(list(value.items()), len(value)))
    assert digest_of(mixed) == digest_of(value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800", 2**60])
def test_what_has_no_canonical_form_is_refused(value):
    with pytest.raises(DataError):
        canonical_json([value])


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__name__)
def test_an_unknown_key_is_refused(kind):
    with pytest.raises(DataError):
        from_json(kind, {"no such field": 1})
