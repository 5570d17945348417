# SPDX-License-Identifier: Apache-2.0
"""What is told of an erasure: by digests, with the ledger's entries, without a text."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from maalem.app.steps.retraining import Duty, duties
from maalem.app.workspace import Workspace
from maalem.errors import DataError
from maalem.records import Digest, Erasure
from maalem.store import Entry
from maalem.store.erasing import FORGET


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureReport:
    """What one erasure was, and what came of it.

    Attributes:
        origin: Name of the ledger.
        entry: Index of the entry that erased.
        at: When, ISO 8601.
        erasure: Digest of the record that names everything that is gone.
        subject: What was forgotten, as the ledger says it.
        reason: Why, as it was given; may be empty.
        is_person: Whether name and sign-in of a person went.
        counts: Pairs of kind and number of records whose content is gone.
        blobs: Copies of files that were read.
        files: Other files of the project that went.
        datasets: Frozen datasets with rows of it.
        erased_datasets: Those of them whose texts went.
        models: What was done about each model that had learned from it.
        alike: Passages of other documents that say the same or nearly, and stay.
        held: Files of the project that hold a text of it and stay.
    """

    origin: str
    entry: int
    at: str
    erasure: Digest
    subject: str
    reason: str
    is_person: bool
    counts: tuple[tuple[str, int], ...]
    blobs: int
    files: int
    datasets: tuple[Digest, ...]
    erased_datasets: tuple[Digest, ...]
    models: tuple[Duty, ...]
    alike: int
    held: int

    @property
    def open(self) -> int:
        """How many models nothing was done about yet."""
        return sum(not one.is_done for one in self.models)


def erasure_reports(work: Workspace) -> tuple[ErasureReport, ...]:
    """Report on every erasure of a project, in the order of the ledger.

    Raises:
        DataError: Nothing was forgotten yet.
    """
    every = duties(work)
    found = tuple(_report(work, entry, every) for entry in work.store.entries(FORGET))
    if not found:
        raise DataError(
            "nothing was forgotten in this project yet",
            hint="maalem forget WHAT",
            code="forget.none",
        )
    return found


def _report(work: Workspace, entry: Entry, every: tuple[Duty, ...]) -> ErasureReport:
    details = entry.details
    erasure = work.store.get(Erasure, Digest(str(details["erasure"])))
    return ErasureReport(
        origin=work.store.origin,
        entry=entry.index,
        at=entry.at,
        erasure=erasure.id,
        subject=erasure.subject,
        reason=erasure.reason,
        is_person=bool(details.get("member")),
        counts=tuple(sorted(_numbers(details.get("counts")))),
        blobs=len(erasure.blobs),
        files=_number(details.get("files")),
        datasets=_names(details.get("datasets")),
        erased_datasets=_names(details.get("erased_datasets")),
        models=tuple(one for one in every if one.entry == entry.index),
        alike=_number(details.get("alike")),
        held=_number(details.get("held")),
    )


def _numbers(found: object) -> Iterator[tuple[str, int]]:
    for name, number in found.items() if isinstance(found, Mapping) else ():
        yield str(name), _number(number)


def _number(found: object) -> int:
    return found if isinstance(found, int) else 0


def _names(found: object) -> tuple[Digest, ...]:
    return tuple(Digest(str(one)) for one in found) if isinstance(found, list) else ()
