# SPDX-License-Identifier: Apache-2.0
"""`maalem quantise`: a model in 8 bits is a model of its own, or is refused."""

import pytest
from tests.app.builders import actions
from tests.app.test_gateway import in_force, opened_gateway

from maalem.app import loop
from maalem.app.steps import quantising
from maalem.app.steps.runs import changed, latest_runs

pytest.importorskip("maalem.models.fast_silence")


@pytest.fixture
def taught(copied):
    """A project whose latest model is an encoder with a head."""
    path = copied / "maalem.toml"
    path.write_text(path.read_text("utf-8").replace("tiny.v1", "classify.v1"), "utf-8")
    with loop.open_workspace(copied) as work:
        dataset = loop.latest_dataset(work, "system")
        loop.train(changed(work, gear="quick"), dataset)
    return copied


def test_a_model_in_8_bits_is_examined_released_and_proved_as_itself(taught, maalem):
    looks = actions(taught)["exam.look"]
    answer = maalem("-C", taught, "--json", "quantise", "system")
    assert answer.code == 0, answer.err
    told = answer.json
    assert told["run"]["model_kind"] == "classify-int8.v1"
    assert told["size"] < told["size_before"]
    assert told["difference"]["difference"]["value"] >= -0.005
    assert actions(taught)["exam.look"] == looks + 2
    with loop.open_workspace(taught) as work:
        (latest,) = latest_runs(work, "system")
        assert latest.id == told["run"]["id"]
    released = maalem("-C", taught, "release", "system", "--against-the-verdict")
    assert released.code == 0, released.err
    folder = taught / "releases" / "system-2"
    assert maalem("verify", folder).code == 0
    traced = maalem("-C", taught, "--json", "trace", "system-2")
    assert told["run"]["base"] in traced.out  # what it was made of is behind it
    assert maalem("-C", taught, "report", "--dossier").code == 0
    setting = '\n[gateway]\nreleases = ["system-2"]\n'
    path = taught / "maalem.toml"
    path.write_text(path.read_text("utf-8") + setting, "utf-8")
    with opened_gateway(taught) as gateway:
        assert in_force(gateway) == {"system": "system-2"}
        served = gateway.models.served["system"]
        assert served.is_proven
        assert served.opened.checkpoint.model_kind == "classify-int8.v1"


def test_one_that_loses_too_much_is_refused_and_the_model_in_floats_stays(
    taught, maalem, monkeypatch
):
    with loop.open_workspace(taught) as work:
        before = latest_runs(work, "system")
    monkeypatch.setattr(quantising, "MOST_LOST", -1.1)
    answer = maalem("-C", taught, "--json", "quantise", "system")
    assert answer.code == 3
    assert answer.error["code"] == "quantise.worse"
    assert "points" in answer.error["why"]
    assert actions(taught)["quantise.refused"] == 1
    with loop.open_workspace(taught) as work:
        assert latest_runs(work, "system") == before
        assert (
            loop.latest_exam(work, "system").report.checkpoint != before[0].checkpoint
        )


def test_a_kind_that_8_bits_do_nothing_for_is_refused_with_the_reason(copied, maalem):
    before = actions(copied)
    answer = maalem("-C", copied, "--json", "quantise", "system")
    assert answer.code == 2
    assert answer.error["code"] == "quantise.kind"
    assert "no encoder" in answer.error["why"]
    assert actions(copied) == before
