# SPDX-License-Identifier: Apache-2.0
"""The engine that runs a job in a child process on this machine."""

import json
import os
import select
import subprocess
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maalem.errors import EngineError, IntegrityError, boundary
from maalem.models import Progress
from maalem.models.folder import describe_folder
from maalem.records import TrainingRun, from_json
from maalem.sealing.settings import SealSettings
from maalem.training.jobs import write_job
from maalem.training.protocol import Job
from maalem.training.walls import (
    evidence_size,
    refuse_low_seal,
    refuse_unstarted,
    start_worker,
    with_seal,
)

LOG = "worker.log"
RUN = "run.json"
TAIL = 12  # lines of the log that an error shows


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalEngine:
    """Runs jobs in child processes, one at a time.

    Attributes:
        silence: Seconds without a sign of life after which a worker is given up.
        grace: Seconds that a worker has to end before it is killed.
        seal: How high a worker is sealed; none to run it without a seal.
    """

    silence: float = 300.0
    grace: float = 10.0
    seal: SealSettings | None = None

    def run(self, job: Job, into: Path) -> Iterator[Progress]:
        """Run a job to its end, or take it up where it was killed; see `Engine.run`.

        A finished job gives no progress at all. Leaving the iterator early ends the
        worker; what it saved stays.

        Raises:
            EngineError: The job failed, or the folder belongs to another job.
            IntegrityError: A finished job's checkpoint was changed.
            SealError: No seal as high as is required could be proved.
        """
        into.mkdir(parents=True, exist_ok=True)
        write_job(into, job)
        if (into / RUN).is_file():
            run = self.read_run(into)
            _refuse_changed(into, run)
            refuse_low_seal(run, self.seal, into)
            return
        since = evidence_size(into)
        with (into / LOG).open("wb") as log:
            environment = worker_environment(job, into)
            worker = start_worker(
                job, into, self.seal, log=log.fileno(), environment=environment
            )
            try:
                yield from self._listen(worker, into, since=since)
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
            run = from_json(TrainingRun, json.loads(path.read_bytes()))
        return with_seal(run, into)

    def _listen(
        self, worker: subprocess.Popen[bytes], into: Path, *, since: int
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
            refuse_unstarted(into, self.seal, since=since)
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
        "OMP_WAIT_POLICY": "PASSIVE",  # threads that spin starve beside other work
        "OPENBLAS_NUM_THREADS": threads,
        "MKL_NUM_THREADS": threads,
    }


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
