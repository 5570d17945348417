# SPDX-License-Identifier: Apache-2.0
"""A release that was verified and loaded, with all that its answers are held to."""

import json
from dataclasses import dataclass
from pathlib import Path

from maalem.errors import IntegrityError
from maalem.models import Predictor, kind_named
from maalem.records import Checkpoint, LabelScores, Release
from maalem.release import read_release, refuse_unverified
from maalem.release.folder import MODEL
from maalem.release.manifest import read_manifest, read_records
from maalem.release.probes import ProbeSet, read_probes


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedRelease:
    """A released model that can answer.

    Attributes:
        release: The release.
        checkpoint: The record of its model.
        model: The model, loaded.
        title: What people call the task.
        threshold: Lowest probability that is guaranteed; none if nothing is.
        taught: Languages of the teaching split.
        probes: What the model answered when it was released; none where the release
            is older than probes are.
        made: ISO 8601 time of the release; empty where it is not known.
        doubts: What `verify` could not make sure of, a sentence each.
    """

    release: Release
    checkpoint: Checkpoint
    model: Predictor[LabelScores]
    title: str
    threshold: float | None
    taught: tuple[str, ...]
    probes: ProbeSet | None
    made: str
    doubts: tuple[str, ...]

    @property
    def name(self) -> str:
        """Name of the release, such as `system-1`."""
        return f"{self.release.task}-{self.release.number}"


def open_release(folder: Path, *, key: bytes | None = None) -> OpenedRelease:
    """Verify a release and load its model.

    Args:
        folder: The release.
        key: Public key of who must have signed it, got by another way.

    Raises:
        IntegrityError: A claim is red, the release was changed while it was loaded, or
            its probes are of another model.
        UnsafeWeightsError: The folder holds what must not be loaded.
    """
    checked = refuse_unverified(folder, key=key)
    records, manifest = read_records(folder), read_manifest(folder)
    kind = kind_named(records.checkpoint.model_kind)
    model = kind.load(records.checkpoint, folder / MODEL)
    taught = _taught_languages(folder) or records.dataset.languages
    probes = read_probes(folder)
    share = records.exam.automation
    release = read_release(folder)
    if release.id != checked.release:
        raise IntegrityError(
            f"{folder} changed while it was loaded",
            hint=f"maalem verify {folder}",
            code="release.unverified",
        )
    if probes is not None and probes.model != records.checkpoint.id:
        raise IntegrityError(
            f"the probes of {folder.name} are of another model",
            why=f"{probes.model} is not {records.checkpoint.id}",
            hint="release the examined model anew",
            code="release.probes",
        )
    return OpenedRelease(
        release=release,
        checkpoint=records.checkpoint,
        model=model,
        title=str(manifest.get("title", "")),
        threshold=share.threshold if share else None,
        taught=taught,
        probes=probes,
        made=str(manifest.get("at") or ""),
        doubts=tuple(claim.text for claim in checked.doubts),
    )


def _taught_languages(folder: Path) -> tuple[str, ...]:
    """Give the languages of the teaching split, where the model says them."""
    about = json.loads((folder / MODEL / "maalem.json").read_bytes())
    return tuple(about.get("languages", ()))
