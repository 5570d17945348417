# SPDX-License-Identifier: Apache-2.0
"""Small lessons that can be learned, frozen datasets and jobs made of them."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from maalem.dataset import freeze
from maalem.models import Recipe
from maalem.models.folder import describe_folder
from maalem.records import Example, digest_of
from maalem.training import Job

LABELS = ("Pump", "Bucket", "Light")
WORDS = {
    "Pump": ("pump leaks oil", "oil pressure falls", "hose rubs", "valve stuck"),
    "Bucket": ("bucket tooth worn", "lip cracked", "weld broken", "pin loose"),
    "Light": ("lamp out", "no picture on camera", "fuse blown", "beacon dark"),
}
FILLING = ("at night", "again", "left side", "since morning", "please check", "today")


def a_lesson(count=60, *, labels=LABELS, split="teaching", seed=0):
    """Give examples, a group for each, labels in turn, that words give away."""
    chance = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        label = labels[number % len(labels)]
        first, second = chance.choice(WORDS[label], 2, replace=False)
        text = f"{first} {chance.choice(FILLING)} {second} {number:x}"
        rows.append(
            Example(
                item=digest_of({"item": number, "split": split}),
                text=text,
                label=label,
                group=f"{split} {number}",
                language="en",
                split=split,
                annotations=(digest_of({"annotation": number}),),
            )
        )
    return tuple(rows)


def a_dataset(into: Path, count=60):
    """Freeze a lesson with calibration and exam beside it; give dataset and folder."""
    rows = [
        *a_lesson(count),
        *a_lesson(12, split="calibration", seed=1),
        *a_lesson(12, split="exam", seed=2),
    ]
    dataset = freeze(
        rows,
        task_name="system",
        task_version=digest_of({"task": 1}),
        labels=LABELS,
        into=into,
    )
    return dataset, into / dataset.id.removeprefix("sha256:")[:12]


def a_job(into: Path, *, base: Path | None = None, **changes):
    """Give a job on a small dataset; `tiny.v1` unless it says otherwise."""
    dataset, folder = a_dataset(into)
    job = Job(
        task="system",
        dataset=dataset.id,
        dataset_folder=folder,
        base=digest_of({}) if base is None else base_digest(base),
        base_folder=base or into,
        model_kind="tiny.v1",
        recipe=Recipe(batch_size=12, save_every=2),
    )
    return replace(job, **changes)


def base_digest(folder: Path):
    return describe_folder(folder, "", name="", licence="").id


def content(folder: Path):
    """Give every file below a folder with its bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
