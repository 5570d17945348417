# SPDX-License-Identifier: Apache-2.0
import dataclasses

import pytest
from tests.release.builders import (
    a_digest,
    a_key,
    changed,
    release_otherwise,
    some_contents,
)

from maalem.errors import IntegrityError
from maalem.release import bundle, verify
from maalem.release.agreement import refuse_mismatch
from maalem.release.bom import BOM
from maalem.release.slsa import PROVENANCE

OTHER = a_digest("another")
CONTRADICTIONS = [
    ("checkpoint", None, {"id": OTHER}, "model examined"),
    ("dataset", None, {"id": OTHER}, "dataset examined"),
    ("dataset", None, {"task": "another"}, "task judged"),
    ("dataset", None, {"task_version": OTHER}, "version of the task"),
    ("exam", None, {"id": OTHER}, "report the gate judged"),
    ("exam", None, {"checkpoint": OTHER}, "model examined"),
    ("exam", None, {"dataset": OTHER}, "dataset examined"),
    ("exam", None, {"task": "another"}, "task examined"),
    ("later", None, {"checkpoint": OTHER}, "model examined"),
    ("later", None, {"dataset": OTHER}, "dataset examined"),
    ("later", None, {"task": "another"}, "task examined"),
    ("verdict", None, {"report": OTHER}, "report the gate judged"),
    ("verdict", None, {"task": "another"}, "task judged"),
    ("runs", 0, {"checkpoint": OTHER}, "run that made the model"),
    ("runs", 0, {"dataset": OTHER}, "dataset learned from"),
    ("runs", 2, {"dataset": OTHER}, "dataset learned from"),
    ("runs", 1, {"task": "another"}, "task learned"),
    ("runs", 0, {"base": OTHER}, "base model"),
    ("base", None, {"id": OTHER}, "base model"),
]
DOCUMENTS = (BOM, PROVENANCE)
"""Left out where they would contradict the records as well; they are tested apart."""


@pytest.mark.parametrize(("field", "place", "change", "what"), CONTRADICTIONS)
def test_records_that_contradict_each_other_are_not_bundled(
    tmp_path, field, place, change, what
):
    contents = changed(some_contents(tmp_path), field, place, change)
    with pytest.raises(IntegrityError) as refused:
        bundle(contents, tmp_path / "release", key=a_key(tmp_path))
    assert refused.value.code == "release.mismatch"
    assert what in refused.value.message
    assert not (tmp_path / "release").exists()


@pytest.mark.parametrize(("field", "place", "change", "what"), CONTRADICTIONS)
def test_records_that_contradict_each_other_are_red_though_signed_by_the_owner(
    tmp_path, field, place, change, what
):
    folder = release_otherwise(
        tmp_path,
        lambda records: changed(records, field, place, change),
        without=DOCUMENTS,
    )
    verification = verify(folder, key=(folder / "ledger.pub").read_bytes())
    red = [claim for claim in verification.claims if claim.status == "red"]
    assert [claim.name for claim in red] == ["records"]
    assert what in red[0].text


def test_records_that_agree_are_green_however_often_they_are_signed(tmp_path):
    folder = release_otherwise(tmp_path, lambda records: records)
    verification = verify(folder, key=(folder / "ledger.pub").read_bytes())
    assert [claim.name for claim in verification.doubts] == ["approval", "seal"]
    assert verification.ok


def test_the_run_that_made_the_model_stands_first(tmp_path):
    def turned(records):
        return dataclasses.replace(records, runs=records.runs[::-1])

    with pytest.raises(IntegrityError):
        refuse_mismatch(turned(some_contents(tmp_path / "contents")))
    assert not verify(release_otherwise(tmp_path, turned)).ok


def test_a_pruned_model_belongs_to_the_run_of_its_base(tmp_path):
    contents = some_contents(tmp_path / "contents")
    change = {"checkpoint": contents.checkpoint.base}
    refuse_mismatch(changed(contents, "runs", 0, change))
    folder = release_otherwise(
        tmp_path,
        lambda records: changed(records, "runs", 0, change),
        without=DOCUMENTS,
    )
    assert verify(folder).ok


def test_without_a_key_of_the_owner_what_a_stranger_signed_is_only_amber(
    tmp_path,
):
    folder = release_otherwise(
        tmp_path,
        lambda records: changed(records, "verdict", None, {"reason": "Better."}),
    )
    verification = verify(folder)
    assert verification.ok
    assert "signature" in [claim.name for claim in verification.doubts]
    owner = a_key(tmp_path).public_bytes
    assert not verify(folder, key=owner).ok
