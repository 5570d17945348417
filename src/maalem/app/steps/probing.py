# SPDX-License-Identifier: Apache-2.0
"""What a model answers to the probes when it is released."""

from pathlib import Path

from maalem.app.cores import computed_by, one_core_spared
from maalem.app.workspace import Workspace
from maalem.models import kind_named
from maalem.records import Checkpoint, Passage
from maalem.release.probes import ProbeSet, freeze_probes, probe_texts
from maalem.tasks import TaskDefinition


def probes_of(
    work: Workspace, task: TaskDefinition, checkpoint: Checkpoint, *, folder: Path
) -> ProbeSet:
    """Ask the model that is to be released each probe; no probe is a document's text.

    Args:
        work: The opened project.
        task: The task.
        checkpoint: The model as it was examined.
        folder: Where its files lie.
    """
    model = kind_named(checkpoint.model_kind).load(checkpoint, folder)
    wanted = set(probe_texts(task, taken=()))
    taken = [one.text for one in work.store.find(Passage) if one.text in wanted]
    texts = probe_texts(task, taken=taken)
    with one_core_spared():  # as where they are repeated: else the bits may differ
        return freeze_probes(
            model, texts, checkpoint=checkpoint, computed=computed_by()
        )
