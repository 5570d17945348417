# SPDX-License-Identifier: Apache-2.0
"""The engine that runs a job in a child process on this machine."""

import json
import os
import select
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maalem.errors import EngineError, IntegrityError, boundary
from maalem.models import Progress
from maalem.models.folder import describe_folder
from maalem.records import TrainingRun, from_json
from maalem.training.jobs import write_job
from maalem.training.protocol import Job

LOG = "worker.log"
RUN = "run.json"
TAIL = 12  # lines of the log that an error shows


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalEngine:
    """Runs jobs in child processes, one at a time.

    Attributes:
        silence: Seconds without a sign of life after which a worker is given up.
        grace: Seconds that a worker has to end before it is killed.
    """

    silence: float = 300.0
    grace: float = 10.0

    def run(self, job: Job, into: Path) -> Iterator[Progress]:
        """Run a job to its end, or take it up where it was killed; see `Engine.run`.

        A finished job gives no progress at all. Leaving the iterator early ends the
        worker; what it saved stays.

        Raises:
            EngineError: The job failed, or the folder belongs to another job.
            IntegrityError: A finished job's checkpoint was changed.
        """
        into.mkdir(parents=True, exist_ok=True)
        write_job(into, job)
        if (into / RUN).is_file():
            _refuse_changed(into, self.read_run(into))
            return
        with (into / LOG).open("wb") as log:
            worker = _start(job, into, log=log.fileno())
            try:
                yield from self._listen(worker, into)
            finally:
                self._end(worker)

    def read_run(self, into: Path) -> TrainingRun:
        """Give the record of a finished job; see `Engine.read_run`."""
        path = into / RUN
        if not path.is_file():
            raise EngineError(
                f"the job in {into} has not come to its end",
                hint="run it again: it goes on from its last saved state",
                code="training.unfinished",
            )
        with boundary(EngineError, f"read {path}"):
            return from_json(TrainingRun, json.loads(path.read_bytes()))

    def _listen(
        self, worker: subprocess.Popen[bytes], into: Path
    ) -> Iterator[Progress]:
        for words in _lines(worker, silence=self.silence):
            if "stage" in words:
                yield from_json(Progress, words)
            elif "error" in words:
                raise EngineError(
                    words["error"],
                    why=words["why"],
                    hint=words["hint"],
                    code=words["code"],
                )
        code = worker.wait()
        if code != 0 or not (into / RUN).is_file():
            raise _failure(code, into)

    def _end(self, worker: subprocess.Popen[bytes]) -> None:
        if worker.poll() is None:
            worker.terminate()
            try:
                worker.wait(self.grace)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()
        for stream in (worker.stdin, worker.stdout):
            if stream is not None:
                stream.close()


def worker_environment(job: Job, into: Path) -> dict[str, str]:
    """Compose everything that a worker's environment holds; nothing is inherited."""
    threads = str(job.threads)
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": str(into.resolve()),
        "TMPDIR": str(into.resolve()),
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "OMP_NUM_THREADS": threads,
        "OPENBLAS_NUM_THREADS": threads,
        "MKL_NUM_THREADS": threads,
    }


def _start(job: Job, into: Path, *, log: int) -> subprocess.Popen[bytes]:
    module = "maalem.training.worker"
    with boundary(EngineError, "start a worker"):
        # -I: no folders of the user, no PYTHON* variables; -B: no byte code written.
        return subprocess.Popen(  # noqa: S603  # our own interpreter and module
            [sys.executable, "-I", "-B", "-m", module, str(into.resolve())],
            cwd=into,
            env=worker_environment(job, into),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
        )


def _lines(
    worker: subprocess.Popen[bytes], *, silence: float
) -> Iterator[dict[str, Any]]:
    assert worker.stdout is not None  # noqa: S101  # for the type checker
    descriptor = worker.stdout.fileno()
    rest = b""
    while True:
        ready, _, _ = select.select([descriptor], [], [], silence)
        if not ready:
            raise EngineError(
                f"the worker gave no sign of life for {silence:g} seconds",
                hint="run the job again: it goes on from its last saved state",
                code="training.silent",
            )
        piece = os.read(descriptor, 65536)
        if not piece:
            return
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            words: dict[str, Any] = json.loads(line)
            yield words


def _failure(code: int, into: Path) -> EngineError:
    if code < 0:
        return EngineError(
            f"the worker was ended by signal {-code}",
            why="out of memory?" if code == -9 else "",
            hint="run the job again: it goes on from its last saved state",
            code="training.killed",
        )
    with (into / LOG).open(encoding="utf-8", errors="replace") as stream:
        tail = deque(stream, maxlen=TAIL)
    return EngineError(
        f"the worker failed with exit code {code}",
        why="".join(tail).strip(),
        hint=f"the whole log: {into / LOG}",
        code="training.failed",
    )


def _refuse_changed(into: Path, run: TrainingRun) -> None:
    found = describe_folder(into / "checkpoint", run.model_kind, name="", licence="")
    if found.id != run.checkpoint:
        raise IntegrityError(
            f"the checkpoint in {into} is not the one that the job made",
            why=f"it is {found.id} and must be {run.checkpoint}",
            hint="take the folder away and run the job again",
            code="training.changed",
        )
