# SPDX-License-Identifier: Apache-2.0
"""The process that does one job: `python -I -m maalem.training.worker FOLDER`.

It reads the job, the base model and the teaching split, and opens nothing for writing
but files in its folder. It speaks JSON lines on standard output, and ends when its
standard input does, so that it never outlives who started it.
"""

import fcntl
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from maalem.dataset import read_split
from maalem.dataset.manifest import read_manifest
from maalem.errors import BusyError, IntegrityError, MaalemError
from maalem.models import Progress, kind_named
from maalem.models.classify_folder import read_about, replace_file
from maalem.models.folder import describe_folder
from maalem.records import Dataset, Example, TrainingRun, to_json
from maalem.training.attempts import AttemptLog, Spent
from maalem.training.jobs import NAME as JOB
from maalem.training.jobs import read_job, recipe_pairs, run_id
from maalem.training.libraries import libraries
from maalem.training.protocol import Job

BEAT = 2.0  # seconds between two signs of life
PATIENCE = 10.0  # seconds for an orphan of a killed parent to notice and go
RUN = "run.json"
LOCK = "worker.lock"


class Speaker:
    """Says one JSON object a line, from any thread."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def say(self, **words: object) -> None:
        """Say one object."""
        with self._lock:
            self._stream.write(json.dumps(words) + "\n")
            self._stream.flush()


class Pulse:
    """Beats in a thread of its own and notes the time spent."""

    def __init__(self, folder: Path, speaker: Speaker) -> None:
        self._log = AttemptLog(folder)
        self._speaker = speaker
        self._started = time.monotonic()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def start(self) -> None:
        """Begin to beat."""
        self._note()
        self._thread.start()

    def stop(self) -> Spent:
        """Stop beating and give the time of all attempts."""
        self._stopped.set()
        self._thread.join()
        return self._note()

    def _beat(self) -> None:
        while not self._stopped.wait(BEAT):
            self._note()
            self._speaker.say(alive=time.monotonic() - self._started)

    def _note(self) -> Spent:
        return self._log.note(time.monotonic() - self._started, time.process_time())


def main(arguments: list[str]) -> int:
    """Do the job of a folder and give the exit code."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # the state on disk is always whole
    # Whatever a library prints goes to the log; the pipe carries our lines alone.
    speaker = Speaker(os.fdopen(os.dup(1), "w", encoding="utf-8"))
    os.dup2(2, 1)
    threading.Thread(target=_follow_parent, daemon=True).start()
    folder = Path(arguments[0])
    try:
        with _alone(folder):
            work(folder, speaker)
    except MaalemError as error:
        speaker.say(
            error=error.message, why=error.why, hint=error.hint, code=error.code
        )
        return 1
    return 0


def work(folder: Path, speaker: Speaker) -> None:
    """Do the job that lies in a folder and leave its record there.

    Raises:
        IntegrityError: Dataset or base model are not those that the job names.
    """
    job = read_job(folder / JOB)
    dataset, examples = _teaching(job)
    kind = kind_named(job.model_kind)
    if kind.needs_base:
        _refuse_other_base(job)
    pulse = Pulse(folder, speaker)
    pulse.start()
    for progress in kind.fit(
        job.base_folder,
        examples,
        labels=dataset.labels,
        recipe=job.recipe,
        seed=job.seed,
        into=folder,
    ):
        speaker.say(**_words(progress))
    run = _record(job, folder, pulse.stop())
    replace_file(folder / RUN, json.dumps(to_json(run), indent=2).encode())
    speaker.say(done=True)


def _teaching(job: Job) -> tuple[Dataset, tuple[Example, ...]]:
    dataset = read_manifest(job.dataset_folder)
    if dataset.id != job.dataset:
        raise IntegrityError(
            f"{job.dataset_folder} is not the dataset of this job",
            why=f"it is {dataset.id} and must be {job.dataset}",
            code="training.other-dataset",
        )
    return dataset, read_split(job.dataset_folder, "teaching")


def _refuse_other_base(job: Job) -> None:
    found = describe_folder(job.base_folder, "", name="", licence="")
    if found.id != job.base:
        raise IntegrityError(
            f"{job.base_folder} is not the base model of this job",
            why=f"it is {found.id} and must be {job.base}",
            hint="prepare the base model again",
            code="training.other-base",
        )


def _words(progress: Progress) -> dict[str, object]:
    return {
        "stage": progress.stage,
        "step": progress.step,
        "total": progress.total,
        "loss": progress.loss,
    }


def _record(job: Job, folder: Path, spent: Spent) -> TrainingRun:
    made = folder / "checkpoint"
    about = describe_folder(made, job.model_kind, name="", licence="", base=job.base)
    return TrainingRun(
        id=run_id(job),
        task=job.task,
        dataset=job.dataset,
        base=job.base,
        model_kind=job.model_kind,
        recipe=recipe_pairs(job.recipe),
        seed=job.seed,
        threads=job.threads,
        checkpoint=about.id,
        validation=read_about(made).validation,
        seal="none",
        engine="local",
        seconds=round(spent.seconds, 3),
        cpu_seconds=round(spent.cpu_seconds, 3),
        resumed=spent.attempts - 1,
        libraries=libraries(),
    )


def _follow_parent() -> None:
    """Go when whoever holds the other end of standard input has gone."""
    while os.read(0, 1024):
        pass
    os._exit(128 + signal.SIGTERM)


@contextmanager
def _alone(folder: Path) -> Generator[None]:
    """Hold a folder for one worker; the lock goes with the process, however it ends."""
    deadline = time.monotonic() + PATIENCE
    path = folder / LOCK
    with path.open("a", encoding="utf-8") as stream:
        while not _locked(stream):
            if time.monotonic() > deadline:
                holder = path.read_text(encoding="utf-8")
                raise BusyError(
                    f"process {holder} works in this run folder",
                    hint="wait for it, or end it",
                    code="training.busy",
                )
            time.sleep(0.1)
        stream.truncate(0)
        stream.write(str(os.getpid()))
        stream.flush()
        yield


def _locked(stream: TextIO) -> bool:
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
