# SPDX-License-Identifier: Apache-2.0
"""What a job is, and what an engine promises about running it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from maalem.models import Progress, Recipe
from maalem.records import Digest, TrainingRun


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Everything that decides the bits of a model.

    Attributes:
        task: Name of the task.
        dataset: Digest of the frozen dataset.
        dataset_folder: Where it lies.
        base: Digest of the base model.
        base_folder: Where it lies.
        model_kind: Registered name, such as `classify.v1`.
        recipe: The settings.
        seed: Of every random choice.
        threads: CPU threads; another number gives other bits.
    """

    task: str
    dataset: Digest
    dataset_folder: Path
    base: Digest
    base_folder: Path
    model_kind: str
    recipe: Recipe
    seed: int = 0
    threads: int = 1


class Engine(Protocol):
    """Something that runs jobs."""

    def run(self, job: Job, into: Path) -> Iterator[Progress]:
        """Run a job to its end, or take it up where it was killed.

        After the last progress, `read_run(into)` gives the record.

        Raises:
            EngineError: The job failed; what it wrote stays for the next attempt.
        """
        ...

    def read_run(self, into: Path) -> TrainingRun:
        """Give the record of a finished job.

        Raises:
            EngineError: The job has not come to its end.
        """
        ...
