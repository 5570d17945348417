# SPDX-License-Identifier: Apache-2.0
"""Canonical JSON, names of bytes, and records that become JSON and come back."""

import dataclasses
import hashlib
import json

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.records.builders import CLASSES, KEPT, drawn, smallest

from maalem.errors import DataError
from maalem.records import (
    Annotation,
    Document,
    Estimate,
    Finding,
    Passage,
    Record,
    canonical_json,
    digest_bytes,
    digest_file,
    digest_of,
    from_json,
    to_json,
)


def named(one):
    return one.__name__


# What RFC 8785 asks for, section by section, in vectors of our own.
VECTORS = [
    ("literals", [None, True, False], b"[null,true,false]"),
    ("no space", {"a": [1, {"b": 2}]}, b'{"a":[1,{"b":2}]}'),
    ("empty things", [{}, [], ""], b'[{},[],""]'),
    ("keys sorted", {"b": 1, "a": 2, "": 0}, b'{"":0,"a":2,"b":1}'),
    ("keys sorted inside", {"z": {"y": 1, "x": 2}}, b'{"z":{"x":2,"y":1}}'),
    ("lists keep their order", [3, 1, 2], b"[3,1,2]"),
    # U+1F600 is two UTF-16 units that begin with D83D, below U+FB33.
    ("UTF-16", {"\ufb33": 1, "\U0001f600": 2}, '{"\U0001f600":2,"\ufb33":1}'.encode()),
    ("Arabic as it is", "معلّم", '"معلّم"'.encode()),
    ("accents as they are", "e\u0301 é", '"e\u0301 é"'.encode()),
    ("short escapes", '\b\t\n\f\r"\\', rb'"\b\t\n\f\r\"\\"'),
    ("other controls in hexadecimal", "\x00\x1f", rb'"\u0000\u001f"'),
    ("delete and slash as they are", "\x7f/", b'"\x7f/"'),
    ("line separators as they are", "\u2028", b'"\xe2\x80\xa8"'),
    ("whole numbers without point", [1.0, -0.0, 100.0], b"[1,0,100]"),
    ("shortest digits", [0.1, 1 / 3, 0.5], b"[0.1,0.3333333333333333,0.5]"),
    ("no exponent below 1e21", [1e20], b"[100000000000000000000]"),
    ("exponent from 1e21", [1e21, 1.5e300], b"[1e+21,1.5e+300]"),
    ("small ones", [1e-6, 1e-7], b"[0.000001,1e-7]"),
    (
        "largest safe integer",
        [2**53 - 1, 1 - 2**53],
        b"[%d,%d]" % (2**53 - 1, 1 - 2**53),
    ),
]


@pytest.mark.parametrize(
    ("value", "content"), [v[1:] for v in VECTORS], ids=[v[0] for v in VECTORS]
)
def test_canonical_json_is_as_rfc_8785_says(value, content):
    assert canonical_json(value) == content


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        -float("inf"),
        2**53,
        -(2**60),
        "\udc00",
        {"\ud800": 1},
    ],
    ids=repr,
)
def test_what_has_no_canonical_form_is_refused_by_code(value):
    with pytest.raises(DataError) as caught:
        canonical_json([value])
    assert caught.value.code == "data.json"


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda part: (
        st.lists(part, max_size=4) | st.dictionaries(st.text(), part, max_size=4)
    ),
    max_leaves=20,
)


@given(JSON)
def test_canonical_json_is_what_the_library_writes(value):
    assert canonical_json(value) == rfc8785.dumps(value)


def test_keys_are_sorted_by_their_utf_16_units():
    keys = ["\U0001f69c", "\ufb33", "é", "b", "a"]
    value = dict.fromkeys(keys, 1)
    assert canonical_json(value) == rfc8785.dumps(value)
    assert canonical_json(value).index("\U0001f69c".encode()) < canonical_json(
        value
    ).index("\ufb33".encode())


@given(st.binary(max_size=200))
def test_a_name_is_the_sha256_of_the_bytes(content):
    assert digest_bytes(content) == f"sha256:{hashlib.sha256(content).hexdigest()}"


@given(content=st.binary(max_size=300_000))
@settings(max_examples=10)
def test_a_file_has_the_name_of_its_bytes(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("digest") / "file"
    path.write_bytes(content)
    assert digest_file(path) == digest_bytes(content)


def test_the_name_of_a_value_never_changes():
    """Old ledgers must replay: a change of this digest would break them all."""
    content = '{"schema":"example/1","share":0.25,"text":"معلّم"}'.encode()
    name = digest_of({"text": "معلّم", "share": 0.25, "schema": "example/1"})
    assert name == digest_bytes(content)
    assert name.startswith("sha256:e8efaf218095246e")


@pytest.mark.parametrize("record_class", CLASSES, ids=named)
@settings(max_examples=25)
@given(data=st.data())
def test_a_record_comes_back_from_its_bytes(record_class, data):
    record = data.draw(drawn(record_class))
    assert (
        from_json(record_class, json.loads(canonical_json(to_json(record)))) == record
    )


@pytest.mark.parametrize("record_class", CLASSES, ids=named)
def test_an_old_entry_without_a_newer_field_is_readable(record_class):
    record = from_json(record_class, smallest(record_class))
    for field in dataclasses.fields(record_class):
        if field.default is not dataclasses.MISSING:
            assert getattr(record, field.name) == field.default


@pytest.mark.parametrize("record_class", CLASSES, ids=named)
def test_a_missing_field_without_default_is_refused(record_class):
    for name in smallest(record_class):
        parts = smallest(record_class)
        del parts[name]
        with pytest.raises(DataError):
            from_json(record_class, parts)


@pytest.mark.parametrize("record_class", CLASSES, ids=named)
def test_an_unknown_field_is_refused_by_name(record_class):
    with pytest.raises(DataError, match="no_such_field"):
        from_json(record_class, smallest(record_class) | {"no_such_field": 1})


def test_an_unknown_field_deep_inside_is_refused_too():
    document = smallest(Passage)
    document["personal"] = [{"what": "phone", "start": 0, "end": 3, "value": "06"}]
    with pytest.raises(DataError, match="value"):
        from_json(Passage, document)


def test_kind_and_topic_are_no_fields_and_cannot_be_set_from_json():
    for name in ("kind", "topic"):
        with pytest.raises(DataError):
            from_json(Annotation, smallest(Annotation) | {name: "x"})


def test_nested_records_and_tuples_come_back_with_their_types():
    found = Finding(what="phone", start=0, end=3)
    parts = smallest(Passage) | {"personal": [to_json(found)], "near": ["sha256:1"]}
    passage = from_json(Passage, parts)
    assert passage.personal == (found,)
    assert passage.near == ("sha256:1",)


def test_pairs_inside_a_tuple_come_back_as_tuples():
    parts = smallest(Document) | {"fields": [["Asset", "A"], ["Cost", "12"]]}
    assert from_json(Document, parts).fields == (("Asset", "A"), ("Cost", "12"))


def test_a_pair_of_three_is_refused():
    with pytest.raises(DataError):
        from_json(Document, smallest(Document) | {"fields": [["Asset", "A", "B"]]})


def test_a_whole_number_comes_back_as_the_float_that_was_written():
    written = json.loads(canonical_json(to_json(Estimate(value=1.0))))
    assert isinstance(written["value"], int)
    assert isinstance(from_json(Estimate, written).value, float)


@pytest.mark.parametrize("value", ["text", 3, None, Estimate, {"a": 1}], ids=repr)
def test_only_a_record_becomes_the_json_of_one(value):
    with pytest.raises(TypeError):
        to_json(value)


@pytest.mark.parametrize("record_class", CLASSES, ids=named)
def test_a_record_cannot_be_changed(record_class):
    record = from_json(record_class, smallest(record_class))
    name = dataclasses.fields(record_class)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(record, name, "other")
    assert not hasattr(record, "__dict__")


@pytest.mark.parametrize("record_class", KEPT, ids=named)
def test_what_is_kept_has_a_name_a_topic_and_a_kind_with_a_version(record_class):
    record = from_json(record_class, smallest(record_class))
    assert isinstance(record, Record)
    assert record.kind.rpartition(".v")[2].isdecimal()
    assert isinstance(record.topic, str)


def test_no_two_records_are_of_one_kind():
    kinds = [one.kind for one in KEPT]
    assert len(set(kinds)) == len(kinds)


@pytest.mark.parametrize("record_class", CLASSES, ids=named)
def test_every_field_says_what_it_means(record_class):
    for field in dataclasses.fields(record_class):
        assert f"        {field.name}: " in record_class.__doc__
