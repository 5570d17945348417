# SPDX-License-Identifier: Apache-2.0
"""The whole loop runs sealed, its ledger says how high, and lower can be refused."""

import pytest

from maalem.app import loop
from maalem.records import TrainingRun
from maalem.sealing.evidence import seal_words
from maalem.sealing.machine import prove_seal
from maalem.sealing.settings import SealSettings

BARE = '[seal]\nwithout = ["bubblewrap"]\n'


@pytest.fixture(scope="module")
def highest():
    return prove_seal(SealSettings())


def require(project, text):
    path = project / "maalem.toml"
    path.write_text(path.read_text("utf-8") + "\n" + text, encoding="utf-8")


def test_files_are_read_and_models_taught_behind_the_seal_of_the_machine(
    journey, highest
):
    words = seal_words(highest)
    with loop.open_workspace(journey.folder, read_only=True) as work:
        entries = list(work.store.entries())
        runs = list(work.store.find(TrainingRun))
    for action in ("corpus.add", "train.run"):
        found = [one.details for one in entries if one.action == action]
        assert {one["seal"] for one in found} == {words}
        assert all(one["evidence"].startswith("sha256:") for one in found)
    assert {run.seal for run in runs} == {words}


def test_the_whole_loop_tries_no_network_from_behind_its_walls(journey, highest):
    if "filter" not in highest.layers:
        pytest.skip("nobody counts on this machine: no seccomp")
    with loop.open_workspace(journey.folder, read_only=True) as work:
        tried = [one.details["tried"] for one in work.store.entries("corpus.add")]
        runs = list(work.store.find(TrainingRun))
    assert set(tried) == {0}
    assert {(run.sealing.refused, run.sealing.bites) for run in runs} == {(0, 0)}


def test_reading_below_the_required_seal_is_refused(maalem, journey, project):
    require(project, BARE)
    answer = maalem(
        "-C", project, "add", journey.table, "--require-seal", "4", "--json"
    )
    assert (answer.code, answer.error["code"]) == (1, "sealing.too-low")
    assert maalem("-C", project, "status").code == 0


def test_training_below_the_required_seal_is_refused(maalem, copied):
    words = ("--require-seal", "5", "--json")
    answer = maalem("-C", copied, "train", "system", *words)
    assert (answer.code, answer.error["code"]) == (1, "sealing.too-low")


def test_a_project_may_require_a_seal_for_all_that_it_does(maalem, journey, project):
    require(project, "[seal]\nrequire = 5\n")
    answer = maalem("-C", project, "add", journey.table, "--json")
    assert (answer.code, answer.error["code"]) == (1, "sealing.too-low")


def test_a_seal_that_does_not_exist_is_refused(maalem, project):
    answer = maalem("-C", project, "train", "system", "--require-seal", "6")
    assert answer.code == 2
    require(project, "[seal]\nrequire = 6\n")
    assert maalem("-C", project, "status").code == 2


def test_the_doctor_says_how_high_the_machine_seals(maalem, project, highest):
    found = maalem("-C", project, "doctor", "--json").json["findings"]
    (seal,) = [one for one in found if one["part"] == "seal"]
    assert f"level {highest.level}, {highest.name}" in seal["state"]
    assert (seal["fix"] == "") == (highest.level == 4)
