# SPDX-License-Identifier: Apache-2.0
import dataclasses
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.release.builders import (
    TASK,
    a_key,
    a_release,
    a_report,
    a_store,
    a_verdict,
    some_contents,
)

from maalem.errors import DataError, IntegrityError, SettingsError, UnsafeWeightsError
from maalem.release import attach_proof, bundle, read_release, verify
from maalem.store import SigningKey
from maalem.tasks import write_task


def files_of(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_release_holds_what_is_needed_to_judge_and_load_it(released):
    assert set(files_of(released)) == {
        "README.md",
        "base.json",
        "bom.cdx.json",
        "checkpoint.json",
        "dataset/README.md",
        "dataset/croissant.json",
        "dataset/dataset.json",
        "dataset/manifest.json",
        "evaluation.json",
        "guideline.md",
        "ledger.pub",
        "ledger.tlog-proof",
        "manifest.json",
        "model/1_Pooling/config.json",
        "model/config.json",
        "model/maalem.json",
        "model/model.safetensors",
        "provenance.intoto.jsonl",
        "release.html",
        "release.fr.html",
        "release.ar.html",
        "run.json",
        "signature.dsse.json",
        "task.toml",
        "verdict.json",
    }


def test_texts_of_the_dataset_stay_at_home(released):
    assert not any(
        b"SECRET TEXTS" in content for content in files_of(released).values()
    )


def test_the_same_contents_and_key_give_the_same_bytes(tmp_path):
    key, contents = a_key(tmp_path), some_contents(tmp_path)
    one = bundle(contents, tmp_path / "one", key=key)
    two = bundle(contents, tmp_path / "two", key=key)
    assert one == two
    assert files_of(tmp_path / "one") == files_of(tmp_path / "two")


def test_the_record_can_be_read_back_from_the_folder(tmp_path):
    made, folder = a_release(tmp_path)
    assert read_release(folder) == made
    assert verify(folder).release == made.id


def test_a_release_is_never_written_over(tmp_path):
    key, contents = a_key(tmp_path), some_contents(tmp_path)
    bundle(contents, tmp_path / "release", key=key)
    before = files_of(tmp_path / "release")
    with pytest.raises(DataError) as refused:
        bundle(contents, tmp_path / "release", key=key)
    assert refused.value.code == "release.exists"
    assert files_of(tmp_path / "release") == before


def test_a_bundle_that_fails_leaves_nothing(tmp_path):
    contents = some_contents(tmp_path)
    (contents.dataset_folder / "croissant.json").unlink()
    with pytest.raises(DataError) as refused:
        bundle(contents, tmp_path / "out" / "release", key=a_key(tmp_path))
    assert refused.value.code == "release.dataset-files"
    assert list((tmp_path / "out").iterdir()) == []


def test_a_model_that_is_not_what_its_record_says_is_refused(tmp_path):
    contents = some_contents(tmp_path)
    (contents.checkpoint_folder / "config.json").write_text("{}")
    with pytest.raises(IntegrityError):
        bundle(contents, tmp_path / "release", key=a_key(tmp_path))
    assert not (tmp_path / "release").exists()


def test_a_model_that_could_run_code_is_refused(tmp_path):
    contents = some_contents(tmp_path)
    (contents.checkpoint_folder / "training_args.bin").write_bytes(b"\x80\x04")
    with pytest.raises(UnsafeWeightsError):
        bundle(contents, tmp_path / "release", key=a_key(tmp_path))


def test_another_key_than_the_ledgers_is_refused(tmp_path):
    key = SigningKey.create(tmp_path / "other.key", "somebody/else")
    with pytest.raises(IntegrityError) as refused:
        bundle(some_contents(tmp_path), tmp_path / "release", key=key)
    assert refused.value.code == "release.mismatch"


def test_releases_count_from_one(tmp_path):
    with pytest.raises(SettingsError):
        bundle(
            some_contents(tmp_path, number=0), tmp_path / "release", key=a_key(tmp_path)
        )


def test_a_proof_of_another_release_is_refused(tmp_path):
    with a_store(tmp_path / "project") as store:
        key = store.signing_key
        made = bundle(some_contents(tmp_path), tmp_path / "one", key=key)
        other = bundle(some_contents(tmp_path, number=4), tmp_path / "two", key=key)
        entries = [
            store.append("release.sign", [release], details={"release": release.id})
            for release in (made, other)
        ]
        with pytest.raises(IntegrityError) as refused:
            attach_proof(tmp_path / "one", store.inclusion(entries[1].index))
    assert refused.value.code == "release.proof"
    assert not (tmp_path / "one" / "ledger.tlog-proof").exists()


def test_attaching_the_proof_twice_is_once_and_another_is_refused(tmp_path):
    with a_store(tmp_path / "project") as store:
        made = bundle(some_contents(tmp_path), tmp_path / "one", key=store.signing_key)
        entry = store.append("release.sign", [made], details={"release": made.id})
        proof = store.inclusion(entry.index)
        attach_proof(tmp_path / "one", proof)
        attach_proof(tmp_path / "one", proof)
        store.append("unrelated")
        with pytest.raises(DataError) as refused:
            attach_proof(tmp_path / "one", store.inclusion(entry.index))
    assert refused.value.code == "release.proof-exists"
    assert (tmp_path / "one" / "ledger.tlog-proof").read_text() == proof


def test_the_manifest_holds_what_is_in_no_record(released):
    manifest = json.loads((released / "manifest.json").read_text())
    assert manifest["teachers"][0] == {
        "name": "expert:3f2a",
        "answers": 1804,
        "seconds": 9020.0,
        "agreeing": None,
        "alone": None,
        "gold": None,
        "is_qualified": None,
    }
    assert manifest["origins"] is None
    assert manifest["agreement"] is None
    assert manifest["worth"]["waiting"] == 2019
    assert manifest["worth"]["handling_before"] is None
    assert len(manifest["caveats"]) == 2


def test_a_release_without_a_later_exam_or_runs_holds(tmp_path):
    _, folder = a_release(tmp_path, later=None, runs=(), teachers=(), at=None)
    verification = verify(folder)
    assert verification.ok
    assert "not recorded" in next(
        claim.text for claim in verification.claims if claim.name == "seal"
    )


def test_a_release_against_the_verdict_says_so(tmp_path):
    contents = some_contents(tmp_path / "first")
    exam = a_report(contents.dataset, contents.checkpoint)
    _, folder = a_release(
        tmp_path, verdict=a_verdict(exam, outcome="don't ship", reason="Worse.")
    )
    verification = verify(folder)
    assert verification.ok
    gate = next(claim for claim in verification.claims if claim.name == "gate")
    assert gate.status == "amber"
    assert gate.text == (
        "Released against the verdict: the gate said don't ship. Worse."
    )


def test_a_task_that_was_edited_after_freezing_shows(tmp_path):
    contents = some_contents(tmp_path / "first")
    edited = dataclasses.replace(TASK, guideline="Something else.")
    task = dataclasses.replace(contents.task, toml=write_task(edited))
    _, folder = a_release(tmp_path, task=task)
    verification = verify(folder)
    assert verification.ok
    assert "edited after the dataset was frozen" in "".join(
        claim.text for claim in verification.doubts if claim.name == "records"
    )
    page = (folder / "release.html").read_text()
    assert "The task was edited after the dataset was frozen" in page


DYING = """
import os, pathlib, signal, sys
from tests.release.builders import a_key, some_contents
from maalem.release import bundle

class DyingKey:
    def __init__(self, key):
        self.name, self.verifier = key.name, key.verifier
        self.public_bytes = key.public_bytes
    def sign(self, message):
        os.kill(os.getpid(), signal.SIGKILL)

folder = pathlib.Path(sys.argv[1])
key = DyingKey(a_key(folder))
bundle(some_contents(folder), folder / "out" / "release", key=key)
"""


def test_a_release_that_was_killed_while_signing_is_not_there(tmp_path):
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", DYING, str(tmp_path)], cwd=root, check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert not (tmp_path / "out" / "release").exists()
    bundle(some_contents(tmp_path), tmp_path / "out" / "release", key=a_key(tmp_path))
    assert (tmp_path / "out" / "release" / "signature.dsse.json").is_file()
