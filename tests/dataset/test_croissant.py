# SPDX-License-Identifier: Apache-2.0
"""The Croissant description is valid, complete and leads to the rows."""

import json
from hashlib import sha256

import pytest
from tests.dataset.builders import an_example, frozen, some_examples

from maalem.dataset.card import Provenance
from maalem.dataset.folder import dataset_folder
from maalem.dataset.parquet import COLUMNS


def folder_of(into, **changes):
    rows = [*some_examples(), an_example(12, split="later", language="ary-Latn")]
    return dataset_folder(into, frozen(rows, into, **changes).id)


def described(folder):
    return json.loads((folder / "croissant.json").read_text(encoding="utf-8"))


def test_every_file_has_its_digest_and_its_size(tmp_path):
    folder = folder_of(tmp_path)
    for file in described(folder)["distribution"]:
        content = (folder / file["contentUrl"]).read_bytes()
        assert file["sha256"] == sha256(content).hexdigest()
        assert file["contentSize"] == f"{len(content)} B"


def test_splits_fields_and_languages_are_described(tmp_path):
    content = described(folder_of(tmp_path))
    sets = {one["name"]: one for one in content["recordSet"]}
    names = [row["splits/name"] for row in sets["splits"]["data"]]
    assert names == ["teaching", "calibration", "exam", "later"]
    for split in names:
        assert [field["name"] for field in sets[split]["field"]] == list(COLUMNS)
    assert content["inLanguage"] == ["ary-Latn", "en"]
    assert [row["labels/name"] for row in sets["labels"]["data"]] == [
        "Engine",
        "Bucket",
    ]


def test_a_licence_that_nobody_gave_is_not_recorded(tmp_path):
    assert described(folder_of(tmp_path))["license"] == "not recorded"
    known = Provenance(licence="CC-BY-4.0", frozen_at="2026-01-31")
    content = described(folder_of(tmp_path / "other", provenance=known))
    assert (content["license"], content["datePublished"]) == ("CC-BY-4.0", "2026-01-31")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of the validator's own imports
def test_mlcroissant_finds_no_fault_and_reads_the_rows_offline(tmp_path):
    import mlcroissant

    known = Provenance(title="Which system failed?", frozen_at="2026-01-31")
    folder = folder_of(tmp_path, provenance=known)
    dataset = mlcroissant.Dataset(jsonld=str(folder / "croissant.json"))
    assert not dataset.metadata.issues.errors
    assert not dataset.metadata.issues.warnings
    texts = {row["exam/text"].decode() for row in dataset.records("exam")}
    assert texts == {row.text for row in some_examples() if row.split == "exam"}
