# SPDX-License-Identifier: Apache-2.0
"""The standard documents tell what the records tell, or a claim says they do not."""

import json
from dataclasses import replace

import pytest
from tests.release.builders import (
    a_base,
    a_digest,
    a_key,
    a_release,
    release_otherwise,
    some_contents,
)
from tests.release.test_seal import a_seal

from maalem.release import bundle, verify
from maalem.release.account import Account
from maalem.release.bom import BOM, write_bom
from maalem.release.documents import first_difference
from maalem.release.signing import open_envelope
from maalem.release.slsa import BUILD_TYPE, PROVENANCE, write_provenance
from maalem.translation import translation_in


def claim(folder, name):
    return next(one for one in verify(folder).claims if one.name == name)


def statement_in(folder):
    return json.loads(open_envelope((folder / PROVENANCE).read_bytes()).payload)


def bom_in(folder):
    return json.loads((folder / BOM).read_bytes())


def an_account(folder, **changes):
    return Account.of(some_contents(folder, **changes), signer="a1b2")


def digest(word):
    return {"sha256": a_digest(word).removeprefix("sha256:")}


def test_the_provenance_is_about_the_files_of_the_model(released):
    subject = statement_in(released)["subject"]
    files = json.loads((released / "checkpoint.json").read_bytes())["files"]
    assert {one["name"]: one["digest"]["sha256"] for one in subject} == {
        f"model/{one['name']}": one["digest"].removeprefix("sha256:") for one in files
    }


def test_the_provenance_names_all_that_went_into_the_training(released):
    build = statement_in(released)["predicate"]["buildDefinition"]
    assert build["buildType"] == BUILD_TYPE
    assert build["externalParameters"] == {
        "task": "system",
        "modelKind": "classify.v1",
        "recipe": {
            "gear": '"full"',
            "epochs": "2",
            "learning_rate": "0.0002",
            "batch_size": "48",
            "max_tokens": "128",
        },
        "seed": "0",
        "dataset": a_digest("dataset"),
        "base": a_digest("base"),
    }
    assert build["internalParameters"]["threads"] == "2"
    assert build["internalParameters"]["libraryLock"] == digest("installed")
    assert build["resolvedDependencies"] == [
        {"name": "dataset", "digest": digest("dataset")},
        {"name": "dataset/teaching.parquet", "digest": digest("parquet")},
        {"name": "base", "digest": digest("base")},
        {"name": "base/model.safetensors", "digest": digest("weights")},
        {"name": "maalem", "uri": "pkg:pypi/maalem@0.1.0", "digest": digest("ours")},
        {"name": "numpy", "uri": "pkg:pypi/numpy@2.3.5"},
        {"name": "torch", "uri": "pkg:pypi/torch@2.13.0%2Bcpu"},
        {"name": "python", "uri": "pkg:generic/python@3.11.7"},
    ]


def test_the_provenance_names_who_taught_when_and_what_came_of_it(released):
    details = statement_in(released)["predicate"]["runDetails"]
    signer = json.loads((released / "manifest.json").read_bytes())["signer"]
    assert details["builder"] == {
        "id": f"urn:maalem:builder:{signer}",
        "version": {"maalem": "0.1.0"},
    }
    assert details["metadata"] == {
        "invocationId": a_digest("run 0"),
        "finishedOn": "2026-11-24T09:59:59Z",
    }
    products = {one["name"]: one for one in details["byproducts"]}
    assert products["report on the exam"]["annotations"]["accuracy"] == "0.948"
    assert products["model of seed 1"]["digest"] == digest("model 1")


def test_what_was_not_recorded_is_left_out_or_said_not_to_be(tmp_path):
    contents = some_contents(tmp_path, base=None, taught_at=None)
    run = replace(contents.runs[0], libraries=(("numpy", "2.3.5"),))
    account = Account.of(replace(contents, runs=(run,)), signer="a1b2")
    predicate = json.loads(write_provenance(account, run))["predicate"]
    given = predicate["buildDefinition"]["internalParameters"]
    assert given["seal"] == given["libraryLock"] == "not recorded"
    assert "finishedOn" not in predicate["runDetails"]["metadata"]
    assert predicate["runDetails"]["builder"]["version"]["maalem"] == "not recorded"
    (ancestor,) = json.loads(write_bom(account))["metadata"]["component"]["pedigree"][
        "ancestors"
    ]
    assert ancestor["name"] == "not recorded"
    assert "licenses" not in ancestor


def test_the_provenance_tells_the_seal_with_its_evidence(tmp_path):
    contents = some_contents(tmp_path)
    run = replace(contents.runs[0], seal="4 full", sealing=a_seal(refused=None))
    account = Account.of(replace(contents, runs=(run,)), signer="a1b2")
    predicate = json.loads(write_provenance(account, run))["predicate"]
    seal = predicate["buildDefinition"]["internalParameters"]["seal"]
    assert (seal["level"], seal["refusedCalls"]) == ("4", "not recorded")
    assert seal["evidence"] == digest("evidence")
    names = [one["name"] for one in predicate["runDetails"]["byproducts"]]
    assert "seal evidence" in names


def test_a_pruned_model_names_the_model_that_it_was_cut_from(tmp_path):
    account = an_account(tmp_path)
    cut = replace(account.records.checkpoint, base=a_digest("whole"))
    run = replace(account.run, checkpoint=a_digest("whole"))
    pruned = replace(
        account, records=replace(account.records, checkpoint=cut, runs=(run,))
    )
    products = json.loads(write_provenance(pruned, run))["predicate"]["runDetails"]
    assert {
        "name": "model before its vocabulary was cut",
        "digest": digest("whole"),
    } in products["byproducts"]
    pedigree = json.loads(write_bom(pruned))["metadata"]["component"]["pedigree"]
    assert "vocabulary was cut" in pedigree["notes"]


def test_the_bill_names_model_dataset_base_and_libraries(released):
    bill = bom_in(released)
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    model = bill["metadata"]["component"]
    assert model["type"] == "machine-learning-model"
    assert model["licenses"] == [{"expression": "Apache-2.0"}]
    assert model["pedigree"]["ancestors"][0]["licenses"] == [{"expression": "MIT"}]
    limits = model["modelCard"]["considerations"]["technicalLimitations"]
    assert "TF-IDF" in limits[0]
    parts = {part["bom-ref"]: part for part in bill["components"]}
    assert parts["dataset"]["type"] == "data"
    assert parts["base"]["name"] == "e5-small"
    assert parts["pkg:pypi/torch@2.13.0%2Bcpu"]["version"] == "2.13.0+cpu"
    assert bill["dependencies"] == [{"ref": "model", "dependsOn": list(parts)}]


def test_the_bill_gives_each_measure_with_its_interval(released):
    card = bom_in(released)["metadata"]["component"]["modelCard"]
    (whole,) = [
        one
        for one in card["quantitativeAnalysis"]["performanceMetrics"]
        if (one["type"], one["slice"]) == ("accuracy", "exam: all")
    ]
    assert whole["value"] == "0.948"
    assert whole["confidenceInterval"] == {"lowerBound": "0.931", "upperBound": "0.963"}


@pytest.mark.parametrize(
    ("licence", "told"),
    [
        ("not recorded", {}),
        ("MIT OR Apache-2.0", {"licenses": [{"expression": "MIT OR Apache-2.0"}]}),
        ("our own terms", {"licenses": [{"license": {"name": "our own terms"}}]}),
    ],
)
def test_a_licence_that_is_no_expression_is_a_name(tmp_path, licence, told):
    account = an_account(tmp_path, base=replace(a_base(), licence=licence))
    (base,) = [
        part
        for part in json.loads(write_bom(account))["components"]
        if part["bom-ref"] == "base"
    ]
    assert {key: base[key] for key in base if key == "licenses"} == told


def test_documents_that_agree_with_the_records_are_green(released):
    assert claim(released, "provenance").status == "green"
    assert claim(released, "bom").status == "green"


def test_other_records_than_the_documents_tell_are_red(tmp_path):
    def with_another_seed(records):
        return replace(records, runs=(replace(records.runs[0], seed=7),))

    folder = release_otherwise(tmp_path, with_another_seed)
    found = claim(folder, "provenance")
    assert found.status == "red"
    assert "predicate.buildDefinition.externalParameters.seed" in found.text


def test_another_base_than_the_bill_names_is_red(tmp_path):
    def with_another_licence(records):
        return replace(records, base=replace(records.base, licence="GPL-3.0-only"))

    found = claim(release_otherwise(tmp_path, with_another_licence), "bom")
    assert found.status == "red"
    assert "components.1.licenses" in found.text


def test_a_provenance_signed_by_another_key_is_red(tmp_path):
    _, folder = a_release(tmp_path)
    stranger = some_contents(tmp_path / "other")
    bundle(stranger, tmp_path / "other" / "release", key=a_key(tmp_path))
    content = (tmp_path / "other" / "release" / PROVENANCE).read_bytes()
    (folder / PROVENANCE).write_bytes(content)
    found = claim(folder, "provenance")
    assert found.status == "red"
    assert "not signed by the key" in found.text


@pytest.mark.parametrize(("name", "about"), [(PROVENANCE, "provenance"), (BOM, "bom")])
def test_a_document_that_was_taken_away_is_red(copied, name, about):
    (copied / name).unlink()
    assert claim(copied, about).status == "red"


def test_a_release_made_before_there_were_documents_is_amber(tmp_path):
    def as_before(records):
        return replace(records, base=None)

    newer = ("base.json", BOM, PROVENANCE)
    folder = release_otherwise(tmp_path, as_before, without=newer)
    verification = verify(folder)
    assert verification.ok
    assert {"provenance", "bom"} <= {one.name for one in verification.doubts}


def test_a_training_that_nobody_recorded_has_no_provenance(tmp_path):
    _, folder = a_release(tmp_path, runs=())
    assert not (folder / PROVENANCE).exists()
    assert claim(folder, "provenance").status == "amber"
    assert claim(folder, "bom").status == "green"
    pedigree = bom_in(folder)["metadata"]["component"]["pedigree"]
    assert pedigree == {"notes": "How the model was taught is not recorded."}


@pytest.mark.parametrize(
    ("found", "told", "place"),
    [
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}, "a.1.b"),
        ({"a": [1]}, {"a": [1, 2]}, "a"),
        ({"a": 1, "b": 2}, {"a": 1}, "b"),
        ({}, [], "its beginning"),
        ({"a": 1}, {"a": 1}, "how it is written"),
    ],
)
def test_the_first_difference_is_named(found, told, place):
    assert first_difference(found, told) == place


SENTENCES = (
    "No SLSA provenance came with this release.",
    "The provenance is not signed by the key a2ae-89be.",
    "The provenance is of the kind 'urn:x', which is not known here.",
    "The provenance tells of a training, the records of none.",
    "The SLSA provenance says of the training what the records say.",
    "No bill of materials came with this release.",
    "The bill of materials is of a version of CycloneDX that is not known here.",
    "The bill of materials names what the records name.",
    "The bill of materials does not say what the records say: see components.1.",
    "The provenance does not say what the records say: see subject.",
)


@pytest.mark.parametrize("language", ["fr", "ar"])
@pytest.mark.parametrize("sentence", SENTENCES)
def test_every_finding_about_a_document_is_translated(language, sentence):
    assert 'lang="en"' not in translation_in(language).tell(sentence)
