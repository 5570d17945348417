# SPDX-License-Identifier: Apache-2.0
"""What a model answers to the probes when it is released, and what computed it."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np

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
    return freeze_probes(model, texts, checkpoint=checkpoint, computed=computed_by())


def computed_by() -> str:
    """Name what multiplies matrices here; empty where that cannot be told.

    Two processes of the same name give a single text the same bits: numpy, its library,
    the processor that the library takes this one for, and the number of threads.
    """
    if find_spec("threadpoolctl") is None:
        return ""
    from threadpoolctl import threadpool_info  # noqa: PLC0415  # an extra

    pools = sorted(
        f"{one['internal_api']} {one['version']} {one.get('architecture', '')} "
        f"on {one['num_threads']} threads"
        for one in threadpool_info()
        if one["user_api"] == "blas" and "numpy" in str(one["filepath"])
    )
    return f"numpy {np.__version__}, {', '.join(pools)}" if pools else ""
