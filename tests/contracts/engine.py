# SPDX-License-Identifier: Apache-2.0
"""What every engine must do; an implementation inherits these tests.

A subclass gives the fixture `engine`, and how high it seals here.
"""

import dataclasses
import json

import pytest
from tests.training.builders import LABELS, a_job, base_digest, content

from maalem.errors import EngineError, MaalemError
from maalem.models import Progress, Recipe, kind_named
from maalem.models.folder import describe_folder
from maalem.records import TrainingRun
from maalem.training.jobs import run_id


class EngineContract:
    """The laws of an engine."""

    sealed_as = "none"

    def test_a_job_ends_with_a_checkpoint_that_loads(self, engine, tmp_path):
        job, into = a_job(tmp_path), tmp_path / "run"
        progress = list(engine.run(job, into))
        assert progress
        assert all(isinstance(one, Progress) for one in progress)
        run = engine.read_run(into)
        folder = into / "checkpoint"
        checkpoint = describe_folder(folder, job.model_kind, name="a", licence="MIT")
        assert checkpoint.id == run.checkpoint
        predictor = kind_named(job.model_kind).load(checkpoint, folder)
        assert predictor.predict(["pump leaks"])[0].labels == LABELS

    def test_the_record_says_what_was_done(self, engine, tmp_path):
        job, into = a_job(tmp_path, seed=3), tmp_path / "run"
        list(engine.run(job, into))
        run = engine.read_run(into)
        assert isinstance(run, TrainingRun)
        assert run.id == run_id(job)
        assert (run.task, run.dataset, run.base) == (job.task, job.dataset, job.base)
        assert (run.seed, run.threads, run.model_kind) == (3, 1, "tiny.v1")
        assert run.seal == self.sealed_as
        assert run.resumed == 0
        assert run.seconds > 0.0
        assert run.cpu_seconds > 0.0
        assert run.validation > 0.0
        assert dict(run.recipe)["batch_size"] == "12"
        assert {"python", "numpy"} <= set(dict(run.libraries))

    def test_the_same_job_gives_the_same_bits_wherever_it_lies(self, engine, tmp_path):
        jobs = [a_job(tmp_path / place) for place in ("here", "there")]
        for number, job in enumerate(jobs):
            list(engine.run(job, tmp_path / f"run {number}"))
        first, second = (
            content(tmp_path / f"run {number}" / "checkpoint") for number in (0, 1)
        )
        assert first == second

    def test_a_finished_job_is_not_done_again(self, engine, tmp_path):
        job, into = a_job(tmp_path), tmp_path / "run"
        list(engine.run(job, into))
        before = content(into)
        assert list(engine.run(job, into)) == []
        assert content(into) == before

    def test_a_finished_job_whose_checkpoint_was_touched_is_refused(
        self, engine, tmp_path
    ):
        job, into = a_job(tmp_path), tmp_path / "run"
        list(engine.run(job, into))
        about = into / "checkpoint" / "maalem.json"
        about.write_bytes(about.read_bytes().replace(b"Pump", b"Pomp"))
        with pytest.raises(MaalemError) as refusal:
            list(engine.run(job, into))
        assert refusal.value.code == "training.changed"

    @pytest.mark.parametrize(
        "change", [{"seed": 1}, {"threads": 2}, {"recipe": Recipe(strength=1.0)}]
    )
    def test_a_folder_of_another_job_is_refused(self, engine, tmp_path, change):
        job, into = a_job(tmp_path), tmp_path / "run"
        list(engine.run(job, into))
        with pytest.raises(EngineError) as refusal:
            list(engine.run(dataclasses.replace(job, **change), into))
        assert refusal.value.code == "training.other-job"

    def test_an_unfinished_job_has_no_record(self, engine, tmp_path):
        with pytest.raises(EngineError) as refusal:
            engine.read_run(tmp_path)
        assert refusal.value.code == "training.unfinished"

    def test_another_dataset_than_the_jobs_is_refused(self, engine, tmp_path):
        job = dataclasses.replace(a_job(tmp_path), dataset=base_digest(tmp_path))
        with pytest.raises(EngineError) as refusal:
            list(engine.run(job, tmp_path / "run"))
        assert refusal.value.code == "training.other-dataset"

    def test_a_changed_teaching_split_is_refused(self, engine, tmp_path):
        job = a_job(tmp_path)
        split = job.dataset_folder / "teaching.parquet"
        split.write_bytes(split.read_bytes()[:-1] + b"x")
        with pytest.raises(EngineError) as refusal:
            list(engine.run(job, tmp_path / "run"))
        assert refusal.value.code == "dataset.changed"

    def test_training_works_without_the_exam_being_there(self, engine, tmp_path):
        job, into = a_job(tmp_path), tmp_path / "run"
        for split in ("exam", "calibration"):
            (job.dataset_folder / f"{split}.parquet").unlink()
        list(engine.run(job, into))
        assert engine.read_run(into).checkpoint

    def test_another_base_than_the_jobs_is_refused(self, engine, tmp_path):
        job = a_job(tmp_path, model_kind="classify.v1")
        with pytest.raises(EngineError) as refusal:
            list(engine.run(job, tmp_path / "run"))
        assert refusal.value.code == "training.other-base"

    def test_an_unknown_kind_is_refused(self, engine, tmp_path):
        job = a_job(tmp_path, model_kind="classify.v0")
        with pytest.raises(EngineError) as refusal:
            list(engine.run(job, tmp_path / "run"))
        assert refusal.value.code == "models.unknown-kind"

    def test_nothing_is_written_outside_the_run_folder(self, engine, tmp_path):
        job = a_job(tmp_path / "data")
        before = content(tmp_path)
        list(engine.run(job, tmp_path / "run"))
        after = content(tmp_path)
        inside = ("run/", "run.seal.jsonl")  # the latter is written by the engine
        outside = {n: c for n, c in after.items() if not n.startswith(inside)}
        assert outside == before

    def test_the_record_holds_no_text(self, engine, tmp_path):
        job, into = a_job(tmp_path), tmp_path / "run"
        list(engine.run(job, into))
        for name in ("run.json", "job.json", "worker.log", "attempts.json"):
            path = into / name
            assert not path.exists() or b"leaks" not in path.read_bytes()
        json.loads((into / "run.json").read_bytes())
