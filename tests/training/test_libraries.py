# SPDX-License-Identifier: Apache-2.0
"""A run names every package that it was computed with."""

import sys
from importlib.metadata import distributions, version

from tests.training.builders import a_job

from maalem.sealing.settings import SealSettings
from maalem.training.libraries import libraries
from maalem.training.local import LocalEngine


def test_every_installed_package_is_named_with_its_version():
    found = dict(libraries())
    assert found["numpy"] == version("numpy")
    assert {one.name.lower().replace("_", "-") for one in distributions()} <= set(found)


def test_python_comes_first_and_two_digests_last():
    found = libraries()
    assert found[0] == ("python", sys.version.split()[0])
    assert [name for name, _ in found[-2:]] == ["installed files", "maalem files"]
    assert all(value.startswith("sha256:") for _, value in found[-2:])


def test_one_installation_is_always_told_alike():
    assert libraries() == libraries()


def test_another_file_of_a_package_is_another_digest(tmp_path, monkeypatch):
    made = tmp_path / "left_pad-1.0.dist-info"
    made.mkdir()
    (made / "METADATA").write_text("Metadata-Version: 2.1\nName: left_pad\n")
    (made / "RECORD").write_text("left_pad.py,sha256=abc,3\n")
    monkeypatch.syspath_prepend(tmp_path)
    before = dict(libraries())
    (made / "RECORD").write_text("left_pad.py,sha256=abd,3\n")
    after = dict(libraries())
    assert "left-pad" in before
    assert before["installed files"] != after["installed files"]
    assert before["maalem files"] == after["maalem files"]


def test_a_worker_names_the_same_packages_behind_a_seal_as_without(tmp_path):
    job = a_job(tmp_path, model_kind="tiny.v1")
    found = []
    for seal in (None, SealSettings()):
        into, engine = tmp_path / f"sealed {seal is None}", LocalEngine(seal=seal)
        list(engine.run(job, into))
        found.append(engine.read_run(into).libraries)
    assert found[0] == found[1]
    assert dict(found[0])["numpy"] == version("numpy")
