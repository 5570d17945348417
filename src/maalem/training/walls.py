# SPDX-License-Identifier: Apache-2.0
"""Behind which walls a worker is started, and what its run's record says of them.

The evidence lies beside the run's folder, never in it: a job writes in its folder
alone, so that no attempt can change what was seen of it or of one before.
"""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from maalem.dataset.manifest import MANIFEST
from maalem.errors import EngineError, SealError, boundary
from maalem.records import TrainingRun
from maalem.sealing.evidence import (
    read_seal,
    refuse_below,
    seal_of,
    seal_words,
    unsealed_line,
)
from maalem.sealing.launching import Program, open_evidence, start
from maalem.sealing.settings import SealSettings
from maalem.training.attempts import NAME as ATTEMPTS
from maalem.training.protocol import Job

WORKER = "maalem.training.worker"


def evidence_of(into: Path) -> Path:
    """Give the file of evidence of a run folder."""
    return into.with_name(f"{into.name}.seal.jsonl")


def start_worker(
    job: Job,
    into: Path,
    seal: SealSettings | None,
    *,
    log: int,
    environment: dict[str, str],
) -> subprocess.Popen[bytes]:
    """Start a worker, sealed unless no seal was asked for; the evidence says which.

    Raises:
        EngineError: It cannot be started.
    """
    with open_evidence(evidence_of(into)) as evidence:
        was_unseen = (into / ATTEMPTS).exists() and evidence.tell() == 0
        if seal is None or was_unseen:
            evidence.write(unsealed_line())
        if seal is None:
            return _start_unsealed(into, log=log, environment=environment)
        return start(
            program_of(job, into, environment),
            seal,
            evidence=evidence.fileno(),
            streams=(subprocess.PIPE, subprocess.PIPE, log),
        )


def program_of(job: Job, into: Path, environment: dict[str, str]) -> Program:
    """Give a worker as a program, with all that it is given to read.

    Of the dataset, that is the manifest and the teaching split: it cannot open the exam
    even if it wanted to.
    """
    return Program(
        module=WORKER,
        arguments=(str(into.resolve()),),
        folder=into,
        environment=tuple(environment.items()),
        readable=(
            job.dataset_folder / MANIFEST,
            job.dataset_folder / "teaching.parquet",
            job.base_folder,
        ),
    )


def with_seal(run: TrainingRun, into: Path) -> TrainingRun:
    """Give a run's record with what was seen of its seal, whatever it says itself."""
    path = evidence_of(into)
    if not path.is_file():
        return replace(run, seal="none", sealing=None)
    seal = read_seal(path)
    return replace(run, seal=seal_words(seal), sealing=seal)


def refuse_low_seal(run: TrainingRun, seal: SealSettings | None, into: Path) -> None:
    """Refuse a finished run that was not sealed as high as is required now.

    Raises:
        SealError: It was not.
    """
    level = 0 if run.sealing is None else run.sealing.level
    if seal is not None and level < seal.require:
        raise SealError(
            f"this run was sealed at level {level}, not {seal.require}",
            hint=f"take the folder {into.name} away and train again",
            code="sealing.too-low",
        )


def refuse_unstarted(into: Path, seal: SealSettings | None, *, since: int) -> None:
    """Refuse a run whose worker was not started because no seal was high enough.

    Args:
        into: The run's folder.
        seal: What was required.
        since: Bytes of evidence that were there before the attempt.

    Raises:
        SealError: It was not started.
    """
    if seal is not None:
        attempt = evidence_of(into).read_bytes()[since:]
        refuse_below(attempt, seal.require)
        seal_of(attempt)  # refused, if not even the lowest seal was proved


def evidence_size(into: Path) -> int:
    """Give how many bytes of evidence there are of a run, before another attempt."""
    path = evidence_of(into)
    return path.stat().st_size if path.is_file() else 0


def _start_unsealed(
    into: Path, *, log: int, environment: dict[str, str]
) -> subprocess.Popen[bytes]:
    with boundary(EngineError, "start a worker"):
        # -I: no folders of the user, no PYTHON* variables; -B: no byte code written.
        return subprocess.Popen(  # noqa: S603  # our own interpreter and module
            [sys.executable, "-I", "-B", "-m", WORKER, str(into.resolve())],
            cwd=into,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
        )
