# SPDX-License-Identifier: Apache-2.0
"""Where a tuning stands, on disk: after any kill, the last committed step is whole."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from maalem.errors import EngineError
from maalem.models.classify_folder import replace_file, sync
from maalem.records import FileEntry, digest_file, from_json, to_json

NAME = "state.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class TuningState:
    """What `state.json` says; writing it is the commit.

    Attributes:
        step: Steps done.
        finished: Whether the body learns no more.
        waited: Evaluations since the best one.
        loss: Loss of the best evaluation on what is held out; none before the first.
        current: File with body and optimiser after `step`; none before the first.
        best: File with the body of the best evaluation; none without evaluations.
    """

    step: int = 0
    finished: bool = False
    waited: int = 0
    loss: float | None = None
    current: FileEntry | None = None
    best: FileEntry | None = None


def read_state(folder: Path) -> TuningState:
    """Read where a tuning stands; at its beginning if nothing was committed."""
    path = folder / NAME
    if not path.is_file():
        return TuningState()
    return from_json(TuningState, json.loads(path.read_bytes()))


def commit_state(
    folder: Path, state: TuningState, tensors: Mapping[str, torch.Tensor]
) -> TuningState:
    """Write body and optimiser, then say so; older files go.

    Returns:
        The state with its `current` file.
    """
    entry = write_file(folder, f"step-{state.step:07d}.safetensors", tensors)
    state = replace(state, current=entry)
    replace_file(folder / NAME, json.dumps(to_json(state)).encode())
    kept = {file.name for file in (state.current, state.best) if file}
    for path in folder.glob("*.safetensors"):
        if path.name not in kept:
            path.unlink()
    return state


def write_file(
    folder: Path, name: str, tensors: Mapping[str, torch.Tensor]
) -> FileEntry:
    """Write tensors so that they are on the disk under their name, or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    partial, path = folder / f"{name}.partial", folder / name
    save_file({key: value.detach() for key, value in tensors.items()}, partial)
    sync(partial)
    partial.replace(path)
    sync(folder)
    return FileEntry(name=name, digest=digest_file(path), size=path.stat().st_size)


def read_file(folder: Path, entry: FileEntry) -> dict[str, torch.Tensor]:
    """Read tensors back.

    Raises:
        EngineError: The file is not the one that was written.
    """
    path = folder / entry.name
    if not path.is_file() or digest_file(path) != entry.digest:
        raise EngineError(
            f"the saved state {entry.name} is missing or damaged",
            hint=f"delete {folder} and run the job again from its beginning",
            code="training.damaged-state",
        )
    tensors: dict[str, torch.Tensor] = load_file(path)
    return tensors
