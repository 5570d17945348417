# SPDX-License-Identifier: Apache-2.0
"""A job's name, and the job as a file that a worker is given."""

import json
from pathlib import Path

from maalem.errors import EngineError, boundary
from maalem.models import Recipe
from maalem.models.classify_folder import replace_file
from maalem.records import (
    Digest,
    Json,
    canonical_json,
    digest_of,
    from_json,
    to_json,
)
from maalem.training.protocol import Job

NAME = "job.json"


def run_id(job: Job) -> Digest:
    """Name a run by what decides its bits: not by where things lie, nor by the task."""
    return digest_of(
        {
            "dataset": job.dataset,
            "base": job.base,
            "model_kind": job.model_kind,
            "recipe": to_json(job.recipe),
            "seed": job.seed,
            "threads": job.threads,
        }
    )


def recipe_pairs(recipe: Recipe) -> tuple[tuple[str, str], ...]:
    """Give a recipe's settings as pairs of name and JSON text."""
    return tuple(
        (name, canonical_json(value).decode())
        for name, value in to_json(recipe).items()
    )


def write_job(folder: Path, job: Job) -> None:
    """Leave the job in its run folder, whole or not at all.

    Raises:
        EngineError: The folder belongs to another job.
    """
    path = folder / NAME
    if path.is_file() and run_id(read_job(path)) != run_id(job):
        raise EngineError(
            f"{folder} belongs to another job",
            why="dataset, base, recipe, seed or threads differ",
            hint="name another folder, or take this one away",
            code="training.other-job",
        )
    text = json.dumps(_as_json(job), indent=2, ensure_ascii=False)
    replace_file(path, text.encode())


def read_job(path: Path) -> Job:
    """Read a job that `write_job` left.

    Raises:
        EngineError: The file cannot be read as a job.
    """
    with boundary(EngineError, f"read the job {path}"):
        value = json.loads(path.read_bytes())
        return Job(
            task=value["task"],
            dataset=Digest(value["dataset"]),
            dataset_folder=Path(value["dataset_folder"]),
            base=Digest(value["base"]),
            base_folder=Path(value["base_folder"]),
            model_kind=value["model_kind"],
            recipe=from_json(Recipe, value["recipe"]),
            seed=value["seed"],
            threads=value["threads"],
        )


def _as_json(job: Job) -> dict[str, Json]:
    return {
        "task": job.task,
        "dataset": job.dataset,
        "dataset_folder": str(job.dataset_folder.resolve()),
        "base": job.base,
        "base_folder": str(job.base_folder.resolve()),
        "model_kind": job.model_kind,
        "recipe": to_json(job.recipe),
        "seed": job.seed,
        "threads": job.threads,
    }
