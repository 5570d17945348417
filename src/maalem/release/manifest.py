# SPDX-License-Identifier: Apache-2.0
"""What a release says about itself: its manifest, its records, its name."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from maalem.errors import IntegrityError, boundary
from maalem.records import (
    Checkpoint,
    Dataset,
    Digest,
    EvalReport,
    FileEntry,
    Json,
    Release,
    TrainingRun,
    Verdict,
    digest_of,
    from_json,
    to_json,
)
from maalem.release.contents import BundleContents
from maalem.release.folder import MANIFEST, look_into
from maalem.release.signing import LARGEST, read_json

SCHEMA = "maalem.release/1"
CHECKPOINT = "checkpoint.json"
DATASET = "dataset/dataset.json"
EVALUATION = "evaluation.json"
VERDICT = "verdict.json"
RUNS = "run.json"
BASE = "base.json"

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """The records in a release.

    Attributes:
        checkpoint: The model.
        dataset: What it learned from.
        exam: The report on the exam.
        later: The report on the later exam, if there is one.
        verdict: The gate's answer.
        runs: The training runs; the first made the model.
        base: What the first run started from, if its record came along.
    """

    checkpoint: Checkpoint
    dataset: Dataset
    exam: EvalReport
    later: EvalReport | None
    verdict: Verdict
    runs: tuple[TrainingRun, ...]
    base: Checkpoint | None = None

    @property
    def reports(self) -> tuple[EvalReport, ...]:
        """The exam, and the later exam if there is one."""
        return (self.exam,) if self.later is None else (self.exam, self.later)

    @property
    def digests(self) -> dict[str, Json]:
        """The digest of each record, by its name in the manifest."""
        later = None if self.later is None else digest_of(to_json(self.later))
        base = {} if self.base is None else {"base": digest_of(to_json(self.base))}
        return {
            **base,  # releases made before there was one have no such name
            "checkpoint": digest_of(to_json(self.checkpoint)),
            "dataset": digest_of(to_json(self.dataset)),
            "exam": digest_of(to_json(self.exam)),
            "later": later,
            "verdict": digest_of(to_json(self.verdict)),
            "runs": [digest_of(to_json(run)) for run in self.runs],
        }


def records_of(contents: BundleContents) -> Records:
    """Take the records out of the contents."""
    return Records(
        checkpoint=contents.checkpoint,
        dataset=contents.dataset,
        exam=contents.exam,
        later=contents.later,
        verdict=contents.verdict,
        runs=contents.runs,
        base=contents.base,
    )


def write_records(records: Records) -> dict[str, bytes]:
    """Give the record files of a release by name."""
    later = None if records.later is None else to_json(records.later)
    base = {} if records.base is None else {BASE: pretty(to_json(records.base))}
    return {
        **base,
        CHECKPOINT: pretty(to_json(records.checkpoint)),
        DATASET: pretty(to_json(records.dataset)),
        EVALUATION: pretty({"exam": to_json(records.exam), "later": later}),
        VERDICT: pretty(to_json(records.verdict)),
        RUNS: pretty([to_json(run) for run in records.runs]),
    }


def read_records(folder: Path) -> Records:
    """Read the record files of a release.

    Raises:
        IntegrityError: One is missing or is no such record.
    """
    with boundary(IntegrityError, "read the records of the release"):
        reports = _read(folder / EVALUATION)
        later = reports["later"]
        runs, base = _read(folder / RUNS), folder / BASE
        return Records(
            checkpoint=from_json(Checkpoint, _read(folder / CHECKPOINT)),
            dataset=from_json(Dataset, _read(folder / DATASET)),
            exam=from_json(EvalReport, reports["exam"]),
            later=None if later is None else from_json(EvalReport, later),
            verdict=from_json(Verdict, _read(folder / VERDICT)),
            runs=tuple(from_json(TrainingRun, run) for run in runs),
            base=from_json(Checkpoint, _read(base)) if base.exists() else None,
        )


def write_manifest(
    contents: BundleContents, files: Sequence[FileEntry], signer: str
) -> bytes:
    """Write the list of all other files, with what is not in a record.

    Args:
        contents: What the release is made of.
        files: The files, sorted by name; the manifest itself is not among them.
        signer: Fingerprint of the key that signs.
    """
    agreement, origins = contents.agreement, contents.origins
    return pretty(
        {
            "schema": SCHEMA,
            "task": contents.dataset.task,
            "task_version": contents.task.version,
            "title": contents.task.title,
            "number": contents.number,
            "at": contents.at,
            "taught_at": contents.taught_at,
            "signer": signer,
            "records": records_of(contents).digests,
            "teachers": [to_json(teacher) for teacher in contents.teachers],
            "origins": None if origins is None else to_json(origins),
            "agreement": None if agreement is None else to_json(agreement),
            "worth": to_json(contents.worth),
            "caveats": list(contents.caveats),
            "files": [to_json(file) for file in files],
        }
    )


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read the manifest of a release.

    Raises:
        IntegrityError: There is none, or it is not one that we wrote.
    """
    with boundary(IntegrityError, "read the manifest of the release"):
        manifest = _read(folder / MANIFEST)
        if manifest["schema"] != SCHEMA:
            raise ValueError(f"its schema is {manifest['schema']!r}, not {SCHEMA!r}")
        return dict(manifest)


def listed_files(manifest: Mapping[str, Any]) -> dict[str, FileEntry]:
    """Give the files that a manifest lists, by name.

    Raises:
        IntegrityError: The list is not one of files, or names one twice.
    """
    with boundary(IntegrityError, "read the manifest of the release"):
        files = [from_json(FileEntry, file) for file in manifest["files"]]
        if not all(isinstance(file.name, str) for file in files):
            raise ValueError("a file has no name")
        if len({file.name for file in files}) != len(files):
            raise ValueError("a file is listed twice")
        return {file.name: file for file in files}


def release_digest(files: Sequence[FileEntry]) -> Digest:
    """Name a release by its files, signature and proof left out."""
    ordered = sorted(files, key=lambda file: file.name)
    return digest_of([to_json(file) for file in ordered])


def read_release(folder: Path) -> Release:
    """Give the record of a release from its folder, without judging it.

    Raises:
        IntegrityError: The folder is not a release.
    """
    manifest, records = read_manifest(folder), read_records(folder)
    files = look_into(folder).signed
    with boundary(IntegrityError, "read the manifest of the release"):
        number, signer = int(manifest["number"]), str(manifest["signer"])
    return a_release(records, files, number=number, signer=signer)


def a_release(
    records: Records, files: Sequence[FileEntry], *, number: int, signer: str
) -> Release:
    """Make the record of a release."""
    return Release(
        id=release_digest(files),
        task=records.dataset.task,
        number=number,
        checkpoint=records.checkpoint.id,
        dataset=records.dataset.id,
        report=records.exam.id,
        verdict=records.verdict.id,
        signer=signer,
        files=tuple(files),
    )


def pretty(value: Json) -> bytes:
    """Write JSON for people to read; equal values give equal bytes."""
    text = json.dumps(
        value, ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False
    )
    return f"{text}\n".encode()


def _read(path: Path) -> Any:  # noqa: ANN401  # JSON
    if path.is_symlink() or not path.is_file():  # a device could be read for ever
        raise ValueError(f"{path.name} is missing")
    if path.stat().st_size > LARGEST:
        raise ValueError(f"{path.name} is too large")
    return read_json(path.read_bytes())
