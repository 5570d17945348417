# SPDX-License-Identifier: Apache-2.0
"""What a dossier is filled from, made up but plausible."""

import dataclasses

from tests.release.builders import (
    a_dataset,
    a_digest,
    a_model,
    a_report,
    a_run,
    a_verdict,
)

from maalem.records import Checkpoint, FileEntry, Release
from maalem.release.dossier import Sources, fill
from maalem.release.dossier.sources import Deeds, Folder, Kept
from maalem.store.entry import Entry

RECIPE = {
    "gear": '"full"',
    "epochs": "2",
    "batch_size": "48",
    "max_tokens": "10",
    "save_every": "20",
}
"""A recipe as run records have it."""


def an_entry(index=0, action="project.init", **details):
    return Entry(
        index=index,
        at=f"2026-11-24T10:04:{index:02}+00:00",
        action=action,
        actor="owner",
        records_digest=a_digest("rows"),
        added=0,
        details=details,
    )


def some_deeds():
    return Deeds(
        counts=(("exam.done", 1), ("project.init", 1), ("release.sign", 1)),
        first=an_entry(),
        last=an_entry(9, "release.sign"),
        releases=(an_entry(9, "release.sign", folder="system-3"),),
        trainings=(),
        looks=(an_entry(7, "exam.look"),),
        exam=an_entry(8, "exam.done", notes=[]),
        added=(),
        about=(an_entry(7, "exam.look"), an_entry(9, "release.sign")),
    )


def runs_with(dataset, checkpoint, *, recipe=RECIPE, **changes):
    run = a_run(dataset, checkpoint)
    return (dataclasses.replace(run, recipe=tuple(recipe.items()), **changes),)


def some_sources(folder, **changes) -> Sources:
    """Give sources whose records agree; `changes` replace fields at the end."""
    dataset, checkpoint = a_dataset(folder / "dataset"), a_model(folder / "model")
    report = a_report(dataset, checkpoint)
    verdict = a_verdict(report)
    base = Checkpoint(
        id=a_digest("base"),
        model_kind="encoder.v1",
        name="minilm-en",
        licence="Apache-2.0",
        files=(),
    )
    release = Release(
        id=a_digest("release"),
        task=dataset.task,
        number=3,
        checkpoint=checkpoint.id,
        dataset=dataset.id,
        report=report.id,
        verdict=verdict.id,
        signer="3c0a-91b2",
        files=(FileEntry(name="task.toml", digest=a_digest("task"), size=12),),
    )
    fields = {
        "release": Kept(record=release, entry=9),
        "checkpoint": Kept(record=checkpoint, entry=6),
        "base": Kept(record=base, entry=5),
        "runs": tuple(
            Kept(record=run, entry=6) for run in runs_with(dataset, checkpoint)
        ),
        "dataset": Kept(record=dataset, entry=4),
        "report": Kept(record=report, entry=8),
        "later": None,
        "verdict": Kept(record=verdict, entry=8),
        "folder": Folder(title="Which system failed?"),
        "examples": None,
        "answers": {},
        "documents": (),
        "passages": (),
        "qualifications": (),
        "deeds": some_deeds(),
        "parameters": 1000,
        "base_compute": None,
    }
    return Sources(**{**fields, **changes})


def a_dossier(folder, statements=None, **changes):
    return fill(
        some_sources(folder, **changes),
        statements or {},
        origin="maalem/orders",
        made_at="2026-11-25T09:00:00+00:00",
    )
