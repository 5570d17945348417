# SPDX-License-Identifier: Apache-2.0
"""The local engine keeps the contract, and survives what kills its worker."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from tests.contracts.engine import EngineContract
from tests.models.builders import an_encoder_folder
from tests.training.builders import a_job, content

from maalem.errors import EngineError
from maalem.models import Recipe
from maalem.sealing.evidence import seal_words
from maalem.sealing.machine import prove_seal
from maalem.sealing.settings import SealSettings
from maalem.training import engine_named
from maalem.training.local import LocalEngine, worker_environment

FULL = Recipe(gear="full", batch_size=6, epochs=2, save_every=2)


class TestLocalEngine(EngineContract):
    @pytest.fixture
    def engine(self):
        return LocalEngine()


class TestSealedEngine(EngineContract):
    @pytest.fixture
    def engine(self, highest):
        self.sealed_as = seal_words(highest)
        return LocalEngine(seal=SealSettings())


@pytest.fixture(scope="module")
def highest():
    return prove_seal(SealSettings())


def worker_of(into: Path) -> int:
    return int((into / "worker.lock").read_text())


def is_alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def gone(pid: int) -> bool:
    deadline = time.monotonic() + 20.0
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not is_alive(pid)


def test_it_is_found_by_its_name():
    assert isinstance(engine_named("local"), LocalEngine)


def test_a_worker_inherits_nothing(tmp_path):
    job = a_job(tmp_path, threads=3)
    given = worker_environment(job, tmp_path)
    assert given["HF_HUB_OFFLINE"] == given["TRANSFORMERS_OFFLINE"] == "1"
    assert given["OMP_NUM_THREADS"] == "3"
    assert not any(name.startswith("PYTHON") for name in given)


def test_a_worker_that_breaks_shows_the_end_of_its_log(tmp_path):
    job, into = a_job(tmp_path), tmp_path / "run"
    into.mkdir()
    (into / "attempts.json").write_text("no JSON")
    with pytest.raises(EngineError) as refusal:
        list(LocalEngine().run(job, into))
    assert refusal.value.code == "training.failed"
    assert "JSONDecodeError" in refusal.value.why


def test_a_killed_job_of_the_tiny_kind_ends_with_the_same_bits(tmp_path):
    job = a_job(tmp_path)
    list(LocalEngine().run(job, tmp_path / "whole"))
    into = tmp_path / "killed"
    running = LocalEngine().run(job, into)
    next(running)
    os.kill(worker_of(into), signal.SIGKILL)
    with suppress(EngineError):  # it may have come to its end before the signal
        list(running)
    list(LocalEngine().run(job, into))
    assert LocalEngine().read_run(into).resumed in {0, 1}
    assert content(into / "checkpoint") == content(tmp_path / "whole" / "checkpoint")


def test_leaving_early_ends_the_worker(tmp_path):
    job, into = a_job(tmp_path), tmp_path / "run"
    running = LocalEngine().run(job, into)
    next(running)
    pid = worker_of(into)
    running.close()
    assert gone(pid)


@pytest.mark.slow
@pytest.mark.torch
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_a_worker_does_not_outlive_who_started_it(tmp_path, end):
    base = an_encoder_folder(tmp_path / "base")
    recipe = Recipe(gear="full", batch_size=2, epochs=5000, patience=5000)
    job = a_job(tmp_path, base=base, model_kind="classify.v1", recipe=recipe)
    into = tmp_path / "run"
    program = f"""
import sys
sys.path.insert(0, {str(Path.cwd())!r})
from pathlib import Path
from maalem.training.local import LocalEngine
from maalem.training.jobs import read_job
for progress in LocalEngine().run(read_job(Path(sys.argv[1])), Path(sys.argv[2])):
    print(progress, flush=True)
"""
    from maalem.training.jobs import write_job

    given = tmp_path / "given"
    given.mkdir()
    write_job(given, job)
    parent = subprocess.Popen(
        [sys.executable, "-c", program, str(given / "job.json"), str(into)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with parent:
        assert b"tune" in parent.stdout.readline()
        pid = worker_of(into)
        parent.send_signal(end)
    assert gone(pid)


@pytest.mark.slow
@pytest.mark.torch
class TestKilledTuning:
    @pytest.fixture(scope="class")
    @classmethod
    def job(cls, tmp_path_factory):
        place = tmp_path_factory.mktemp("job")
        base = an_encoder_folder(place / "base")
        return a_job(place, base=base, model_kind="classify.v1", recipe=FULL)

    @pytest.fixture(scope="class")
    @classmethod
    def whole(cls, job, tmp_path_factory):
        into = tmp_path_factory.mktemp("whole")
        list(LocalEngine().run(job, into))
        return content(into / "checkpoint")

    @pytest.mark.parametrize("kills", [(1,), (3, 2), (8,), (9, 5), (17,)])
    def test_it_ends_with_the_same_bits(self, job, whole, kills, tmp_path):
        attempts = 0
        for steps in kills:
            running = LocalEngine().run(job, tmp_path)
            for _ in zip(range(steps), running, strict=False):
                pass
            os.kill(worker_of(tmp_path), signal.SIGKILL)
            with pytest.raises(EngineError) as failure:
                list(running)
            assert failure.value.code == "training.killed"
            attempts += 1
        list(LocalEngine().run(job, tmp_path))
        assert LocalEngine().read_run(tmp_path).resumed == attempts
        assert content(tmp_path / "checkpoint") == whole
