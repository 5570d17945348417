# SPDX-License-Identifier: Apache-2.0
"""A run is named by what decides its bits, and a job survives being written down."""

import dataclasses

import pytest
from tests.training.builders import a_job

from maalem.errors import EngineError, SettingsError
from maalem.models import Recipe
from maalem.records import digest_of
from maalem.training import engine_named
from maalem.training.jobs import read_job, recipe_pairs, run_id, write_job


def test_a_job_is_read_as_it_was_written(tmp_path):
    job = a_job(tmp_path, seed=5, recipe=Recipe(learning_rate=1e-3))
    write_job(tmp_path, job)
    assert read_job(tmp_path / "job.json") == job


@pytest.mark.parametrize(
    "change",
    [
        {"dataset": digest_of(1)},
        {"base": digest_of(1)},
        {"model_kind": "classify.v1"},
        {"recipe": Recipe(epochs=3)},
        {"seed": 1},
        {"threads": 2},
    ],
)
def test_whatever_decides_the_bits_gives_another_run(tmp_path, change):
    job = a_job(tmp_path)
    assert run_id(dataclasses.replace(job, **change)) != run_id(job)


def test_where_things_lie_and_what_the_task_is_called_do_not(tmp_path):
    job = a_job(tmp_path)
    moved = dataclasses.replace(
        job, task="other", base_folder=tmp_path / "b", dataset_folder=tmp_path / "d"
    )
    assert run_id(moved) == run_id(job)


def test_a_recipe_is_kept_as_pairs_of_json():
    assert dict(recipe_pairs(Recipe()))["gear"] == '"full"'


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"task": 1}'])
def test_what_is_no_job_is_refused(tmp_path, content):
    (tmp_path / "job.json").write_bytes(content)
    with pytest.raises(EngineError):
        read_job(tmp_path / "job.json")


def test_an_unknown_engine_is_refused_with_the_known_ones():
    with pytest.raises(SettingsError, match="no engine") as refusal:
        engine_named("cloud")
    assert "local" in refusal.value.hint
