# SPDX-License-Identifier: Apache-2.0
"""Training behind walls gives the same bits, and its record says how high they were."""

import json
from contextlib import suppress
from dataclasses import replace

import pytest
from tests.models.builders import an_encoder_folder
from tests.training.builders import a_job, content

from maalem.errors import EngineError, SealError
from maalem.models import Recipe
from maalem.records import TrainingRun, from_json, to_json
from maalem.sealing.machine import prove_seal
from maalem.sealing.settings import SealSettings
from maalem.training.local import LocalEngine
from maalem.training.walls import evidence_of, program_of

WAYS = {
    "all of it": (),
    "no bubblewrap": ("bubblewrap",),
    "no user namespaces": ("namespaces",),
    "a hook alone": ("namespaces", "landlock", "filter"),
    "nothing": ("namespaces", "landlock", "filter", "hook"),
}


def trained(job, into, **settings):
    """Train sealed and give the record."""
    engine = LocalEngine(seal=SealSettings(**settings))
    list(engine.run(job, into))
    return engine.read_run(into)


def level_here(without=()):
    return prove_seal(SealSettings(without=without)).level


@pytest.mark.parametrize("way", WAYS)
def test_sealed_and_unsealed_training_give_the_same_bits(tmp_path, way):
    job = a_job(tmp_path)
    list(LocalEngine().run(job, tmp_path / "open"))
    run = trained(job, tmp_path / "sealed", without=WAYS[way])
    assert run.sealing.level == level_here(WAYS[way])
    assert content(tmp_path / "sealed/checkpoint") == content(
        tmp_path / "open/checkpoint"
    )


@pytest.mark.slow
@pytest.mark.torch
@pytest.mark.parametrize("way", WAYS)
def test_so_does_the_full_gear_and_it_tries_nothing(tmp_path, way):
    base = an_encoder_folder(tmp_path / "base")
    recipe = Recipe(gear="full", batch_size=6, epochs=2, save_every=2)
    job = a_job(tmp_path, base=base, model_kind="classify.v1", recipe=recipe, threads=2)
    list(LocalEngine().run(job, tmp_path / "open"))
    run = trained(job, tmp_path / "sealed", without=WAYS[way])
    assert run.sealing.attempts == ()
    assert content(tmp_path / "sealed/checkpoint") == content(
        tmp_path / "open/checkpoint"
    )


def test_a_run_below_what_is_required_is_not_begun(tmp_path):
    job, into = a_job(tmp_path), tmp_path / "run"
    with pytest.raises(SealError) as refusal:
        trained(job, into, require=4, without=("bubblewrap", "namespaces"))
    assert refusal.value.code == "sealing.too-low"
    assert "bubblewrap" in refusal.value.why or "name outside" in refusal.value.why
    assert not (into / "worker.lock").exists()
    assert trained(job, into).sealing.level == level_here()


def test_a_finished_run_below_what_is_required_is_refused(tmp_path):
    job, into = a_job(tmp_path), tmp_path / "run"
    list(LocalEngine().run(job, into))
    with pytest.raises(SealError) as refusal:
        trained(job, into, require=1)
    assert refusal.value.code == "sealing.too-low"


def test_an_attempt_without_a_seal_leaves_the_whole_run_without(tmp_path):
    job, into = a_job(tmp_path), tmp_path / "run"
    broken_off = LocalEngine().run(job, into)
    next(broken_off)
    broken_off.close()
    (into / "run.json").unlink(missing_ok=True)
    assert trained(job, into).seal == "none"


def test_attempts_of_before_seals_were_seen_count_as_unsealed(tmp_path):
    job, into = a_job(tmp_path), tmp_path / "run"
    list(LocalEngine().run(job, into))
    (into / "run.json").unlink()
    evidence_of(into).unlink()
    assert trained(job, into).seal == "none"


def test_what_a_job_says_of_its_own_seal_counts_for_nothing(tmp_path):
    job, into = a_job(tmp_path), tmp_path / "run"
    run = trained(job, into)
    list(LocalEngine().run(job, tmp_path / "open"))
    claimed = to_json(replace(run, seal="4 full"))
    (tmp_path / "open/run.json").write_text(json.dumps(claimed))
    assert LocalEngine().read_run(tmp_path / "open").seal == "none"


def test_a_sealed_job_that_is_broken_off_is_taken_up_sealed(tmp_path):
    job, into = (
        a_job(tmp_path, recipe=Recipe(batch_size=2, save_every=1)),
        tmp_path / "a",
    )
    engine = LocalEngine(seal=SealSettings())
    running = engine.run(job, into)
    next(running)
    running.close()
    with suppress(EngineError):
        list(engine.run(job, into))
    run = engine.read_run(into)
    assert run.sealing.level == level_here()
    assert run.resumed in {0, 1}


def test_a_sealed_worker_that_breaks_shows_the_end_of_its_log(tmp_path):
    job, into = a_job(tmp_path), tmp_path / "run"
    into.mkdir()
    (into / "attempts.json").write_text("no JSON")
    with pytest.raises(EngineError) as refusal:
        trained(job, into)
    assert refusal.value.code == "training.failed"
    assert "JSONDecodeError" in refusal.value.why


def test_a_sealed_worker_is_given_no_more_than_it_learns_from(tmp_path):
    """The launcher's tests show that nothing else can be read; this, what is given."""
    job, into = a_job(tmp_path), tmp_path / "run"
    given = program_of(job, into, {}).readable
    assert [path.name for path in given[:2]] == ["manifest.json", "teaching.parquet"]
    assert given[2:] == (job.base_folder,)


def test_the_record_of_a_sealed_run_is_read_as_it_was_written(tmp_path):
    run = trained(a_job(tmp_path), tmp_path / "run")
    assert from_json(TrainingRun, json.loads(json.dumps(to_json(run)))) == run


def test_a_record_of_before_seals_were_seen_is_still_read(tmp_path):
    run = trained(a_job(tmp_path), tmp_path / "run")
    old = {key: value for key, value in to_json(run).items() if key != "sealing"}
    assert from_json(TrainingRun, old).sealing is None
