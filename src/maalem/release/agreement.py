# SPDX-License-Identifier: Apache-2.0
"""What the records of a release must say alike: one model, one dataset, one task."""

from typing import TypeAlias

from maalem.errors import IntegrityError, SettingsError
from maalem.records import Digest
from maalem.release.contents import BundleContents
from maalem.release.manifest import Records, records_of

Link: TypeAlias = tuple[str, str, str]
"""What two records speak of, what the one says, and what the other says."""


def refuse_mismatch(contents: BundleContents) -> None:
    """Refuse records that do not speak of one and the same model.

    What is released is what was taught and examined, on the dataset named.

    Raises:
        SettingsError: The number is below 1.
        IntegrityError: Two records contradict each other.
    """
    if contents.number < 1:
        raise SettingsError(f"a release counts from 1, got {contents.number}")
    refuse_broken(links(records_of(contents), contents.task.version))


def refuse_broken(pairs: list[Link]) -> None:
    """Refuse the first link whose two ends differ.

    Raises:
        IntegrityError: There is one.
    """
    for what, one, other in pairs:
        if one != other:
            raise IntegrityError(
                f"the records do not agree on {what}",
                why=f"{one} is not {other}",
                hint="examine the model that is to be released",
                code="release.mismatch",
            )


def links(records: Records, task_version: Digest) -> list[Link]:
    """Name all that the records say about each other.

    Args:
        records: The records.
        task_version: The version of the task that the release gives as its own.
    """
    model, dataset, verdict = records.checkpoint, records.dataset, records.verdict
    pairs: list[Link] = [
        ("the version of the task", task_version, dataset.task_version),
        ("the report the gate judged", verdict.report, records.exam.id),
        ("the task judged", verdict.task, dataset.task),
    ]
    for report in records.reports:
        pairs += [
            ("the model examined", report.checkpoint, model.id),
            ("the dataset examined", report.dataset, dataset.id),
            ("the task examined", report.task, dataset.task),
        ]
    for run in records.runs:
        pairs += [
            ("the dataset learned from", run.dataset, dataset.id),
            ("the task learned", run.task, dataset.task),
        ]
    return pairs + _made(records) + _begun(records)


def _made(records: Records) -> list[Link]:
    """Link the first run to the model; a pruned model names what the run made."""
    model = records.checkpoint
    return [
        ("the run that made the model", run.checkpoint, model.id)
        for run in records.runs[:1]
        if run.checkpoint != model.base
    ]


def _begun(records: Records) -> list[Link]:
    """Link the first run to the base model whose record came along."""
    return [
        ("the base model", run.base, records.base.id)
        for run in records.runs[:1]
        if records.base is not None
    ]
