# SPDX-License-Identifier: Apache-2.0
"""A classifier as a folder that sentence-transformers and transformers load."""

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from maalem.errors import UnsafeWeightsError
from maalem.models.folder import read_json
from maalem.models.folder_layout import write_json, write_layout
from maalem.models.head import Head
from maalem.models.weights import FloatArray, read_tensors, write_tensors
from maalem.records import Json, from_json, to_json

ABOUT = "maalem.json"
DENSE = "3_Dense"
COPIED = ("config.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt")


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What `maalem.json` says of a classifier.

    Attributes:
        kind: Name of the kind of model.
        labels: Label of each score, in order.
        languages: Languages it was taught in.
        temperature: What the scores were divided by; the weights hold it already.
        strength: Inverse of the head's penalty.
        validation: Log-loss on the held-out part of the teaching split.
        gear: `quick`, `full`, or empty for kinds without gears.
        max_tokens: Longest input in tokens; 0 for kinds without tokens.
        prefix: What stands before every text.
    """

    kind: str
    labels: tuple[str, ...]
    languages: tuple[str, ...]
    temperature: float
    strength: float
    validation: float
    gear: str = ""
    max_tokens: int = 0
    prefix: str = ""


def write_about(folder: Path, about: About) -> None:
    """Write `maalem.json`."""
    write_json(folder / ABOUT, to_json(about))


def read_about(folder: Path) -> About:
    """Read `maalem.json`.

    Raises:
        UnsafeWeightsError: It is missing or has no clear meaning.
    """
    path = folder / ABOUT
    if not path.is_file():
        raise UnsafeWeightsError(
            f"{folder} is not a classifier",
            why=f"it has no {ABOUT}",
            code="weights.none",
        )
    return from_json(About, read_json(path))


def write_encoder(
    folder: Path,
    base: Path,
    *,
    tuned: Mapping[str, FloatArray],
    max_tokens: int,
    prefix: str,
) -> None:
    """Write the encoder of a classifier: the base's, with tuned tensors in place.

    Args:
        folder: The folder, made if need be.
        base: Folder of the base model.
        tuned: Tensors that differ from the base's, by name; none for a frozen body.
        max_tokens: Longest input in tokens.
        prefix: What stands before every text.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in COPIED:
        if (base / name).is_file():
            shutil.copyfile(base / name, folder / name)
    _limit_tokens(folder / "tokenizer_config.json", max_tokens)
    hidden = int(read_json(base / "config.json")["hidden_size"])
    write_layout(folder, hidden=hidden, window=max_tokens, prefix=prefix)
    source = base / "model.safetensors"
    if tuned:
        tensors = {**read_tensors(source), **tuned}
        write_tensors(
            folder / source.name,
            [(n, t.shape, _whole(t)) for n, t in sorted(tensors.items())],
        )
    else:
        shutil.copyfile(source, folder / source.name)


def write_dense(folder: Path, head: Head) -> None:
    """Append the head as a `Dense` module, so that its output is the logits."""
    features, classes = head.weights.shape
    (folder / DENSE).mkdir(exist_ok=True)
    settings: dict[str, Json] = {
        "in_features": features,
        "out_features": classes,
        "bias": True,
        "activation_function": "torch.nn.modules.linear.Identity",
    }
    write_json(folder / DENSE / "config.json", settings)
    weight = np.ascontiguousarray(head.weights.T, np.float32)
    bias = head.bias.astype(np.float32)
    write_tensors(
        folder / DENSE / "model.safetensors",
        [
            ("linear.bias", bias.shape, _whole(bias)),
            ("linear.weight", weight.shape, _whole(weight)),
        ],
    )
    modules = read_json(folder / "modules.json")
    entry: dict[str, Json] = {
        "idx": len(modules),
        "name": str(len(modules)),
        "path": DENSE,
        "type": "sentence_transformers.models.Dense",
    }
    write_json(folder / "modules.json", [*modules, entry])


def read_dense(folder: Path) -> Head:
    """Read the head that `write_dense` wrote.

    Raises:
        UnsafeWeightsError: It is missing or unsound.
    """
    path = folder / DENSE / "model.safetensors"
    if not path.is_file():
        raise UnsafeWeightsError(f"{folder} has no head", code="weights.none")
    tensors = read_tensors(path)
    if set(tensors) != {"linear.bias", "linear.weight"}:
        raise UnsafeWeightsError(f"{path} is not a linear head", code="weights.shape")
    weights = np.ascontiguousarray(tensors["linear.weight"].T, np.float64)
    return Head(weights=weights, bias=tensors["linear.bias"].astype(np.float64))


def publish(made: Path, target: Path) -> None:
    """Let a finished folder appear under its name, whole or not at all.

    Every file reaches the disk before the rename; an older folder of that name goes.
    """
    for path in sorted(made.rglob("*"), reverse=True):
        sync(path)
    sync(made)
    if target.exists():
        shutil.rmtree(target)
    made.rename(target)  # readers see all of it or nothing
    sync(target.parent)


def sync(path: Path) -> None:
    """Wait until a file's bytes, or a folder's names, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_file(path: Path, content: bytes) -> None:
    """Give a file new content: readers see the old or the new, also after a crash."""
    partial = path.with_name(path.name + ".partial")
    with partial.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(path)
    sync(path.parent)


def _limit_tokens(path: Path, max_tokens: int) -> None:
    if path.is_file():
        settings = read_json(path)
        settings["model_max_length"] = max_tokens
        write_json(path, settings)


def _whole(tensor: FloatArray) -> Callable[[], tuple[FloatArray]]:
    return lambda: (tensor,)
