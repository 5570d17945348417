# SPDX-License-Identifier: Apache-2.0
"""A manifest tells when it was changed itself."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dataset.builders import frozen, some_examples

from maalem.dataset.folder import dataset_folder
from maalem.dataset.manifest import MANIFEST, read_manifest
from maalem.errors import DataError, IntegrityError
from maalem.records import digest_of


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    into = tmp_path_factory.mktemp("into")
    return dataset_folder(into, frozen(some_examples(), into).id)


def copied(folder, into, change):
    content = json.loads((folder / MANIFEST).read_bytes())
    del content["digest"]
    change(content)
    content["digest"] = digest_of(content)
    text = json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    (into / MANIFEST).write_text(text, encoding="utf-8")
    return into


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_flipped_bit_of_a_manifest_is_read(folder, tmp_path_factory, data):
    content = bytearray((folder / MANIFEST).read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= 1 << data.draw(st.integers(0, 7))
    other = tmp_path_factory.mktemp("flipped")
    (other / MANIFEST).write_bytes(content)
    with pytest.raises(IntegrityError) as refusal:
        read_manifest(other)
    assert refusal.value.code == "dataset.changed"


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b"\xff", b"null", b"[" * 100_000]
)
def test_what_is_no_manifest_is_refused(tmp_path, content):
    (tmp_path / MANIFEST).write_bytes(content)
    with pytest.raises(IntegrityError):
        read_manifest(tmp_path)


@pytest.mark.parametrize("name", ["../secret", "/etc/hosts", "a/b", "..", "a\\b"])
def test_a_file_elsewhere_is_refused(folder, tmp_path, name):
    def point_elsewhere(content):
        content["dataset"]["files"][0]["name"] = name

    with pytest.raises(IntegrityError):
        read_manifest(copied(folder, tmp_path, point_elsewhere))


def test_a_manifest_of_another_form_is_refused(folder, tmp_path):
    def age(content):
        content["schema"] = "maalem.dataset/0"

    with pytest.raises(DataError) as refusal:
        read_manifest(copied(folder, tmp_path, age))
    assert refusal.value.code == "dataset.schema"


def test_the_manifest_counts_labels_in_texts(folder):
    content = json.loads((folder / MANIFEST).read_bytes())
    assert content["labels_in_text"][0] == {
        "label": "Engine", "stands": 0, "right": 0, "answers": 6,
    }  # fmt: skip
