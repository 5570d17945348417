# SPDX-License-Identifier: Apache-2.0
"""The list of what a dataset's folder holds, which tells when it was changed itself."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from maalem.dataset.card import Provenance
from maalem.dataset.label_words import LabelFound
from maalem.errors import DataError, IntegrityError
from maalem.records import Dataset, FileEntry, Json, digest_of, from_json, to_json

MANIFEST = "manifest.json"
SCHEMA = "maalem.dataset/1"
_NAME = re.compile(r"[A-Za-z0-9_-]+\.[a-z]+")  # a file in the folder, no way out
_UNREADABLE = (
    *(ValueError, KeyError, TypeError, AttributeError),
    *(RecursionError, DataError),
)


def write_manifest(
    folder: Path,
    dataset: Dataset,
    *,
    files: Sequence[FileEntry],
    found: Sequence[LabelFound],
    provenance: Provenance,
) -> Dataset:
    """Write what the folder holds, and a digest over all of that.

    Returns:
        The dataset with its files, sorted by name.
    """
    listed = tuple(sorted(files, key=lambda entry: entry.name))
    whole = replace(dataset, files=listed)
    content: dict[str, Json] = {
        "schema": SCHEMA,
        "dataset": to_json(whole),
        "labels_in_text": [to_json(one) for one in found],
        "provenance": to_json(provenance),
    }
    sealed = {**content, "digest": digest_of(content)}
    (folder / MANIFEST).write_bytes(_written(sealed))
    return whole


def read_manifest(folder: Path) -> Dataset:
    """Read the dataset's record from its folder.

    Raises:
        DataError: There is no manifest.
        IntegrityError: Any bit of it was changed, or it names a file elsewhere.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise DataError(
            f"{folder.name} is no dataset",
            why=f"it has no {MANIFEST}",
            hint="give the folder that freezing made",
            code="dataset.missing",
        )
    dataset = _opened(path.read_bytes(), folder.name)
    for entry in dataset.files:
        if not _NAME.fullmatch(entry.name):
            raise _changed(folder.name, f"it names a file elsewhere: {entry.name!r}")
    return dataset


def _opened(content: bytes, name: str) -> Dataset:
    try:
        sealed: dict[str, Any] = json.loads(content)
        digest = sealed["digest"]
        rest = {key: value for key, value in sealed.items() if key != "digest"}
        dataset = from_json(Dataset, sealed["dataset"])
        intact = digest == digest_of(rest) and content == _written(sealed)
    except _UNREADABLE as error:
        raise _changed(name, f"it cannot be read: {error}") from error
    if not intact:
        raise _changed(name, "it is not what its own digest says")
    if sealed.get("schema") != SCHEMA:
        raise DataError(
            f"the dataset {name} has another form: {sealed.get('schema')}",
            why=f"this version reads {SCHEMA}",
            hint="read it with the version of Maalem that wrote it",
            code="dataset.schema",
        )
    return dataset


def _changed(name: str, why: str) -> IntegrityError:
    return IntegrityError(
        f"{MANIFEST} of the dataset {name} was changed",
        why=why,
        hint="take the folder away and freeze again",
        code="dataset.changed",
    )


def _written(value: Json) -> bytes:
    text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)
    return f"{text}\n".encode()
