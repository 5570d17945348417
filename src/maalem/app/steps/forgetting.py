# SPDX-License-Identifier: Apache-2.0
"""A document or a person is forgotten: first shown, then erased, everywhere at once.

What lies outside the store goes first, while the texts are still known to look for; the
entry `forget` of the ledger, with which the records go, is the end of it. A kill before
that entry leaves everything to find again, so that the same command finishes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from maalem.app.steps.begun import BEGUN, unfinished
from maalem.app.steps.in_force import answering
from maalem.app.steps.members import erase_member, is_only_owner
from maalem.app.steps.remains import Remains, find_remains, remove_remains
from maalem.app.steps.runs import dataset_folder
from maalem.app.steps.subjects import Subject, find_subject
from maalem.app.steps.touched import Touched, touched_by
from maalem.app.workspace import Workspace, now
from maalem.dataset.erased import erase_texts, note_entry
from maalem.errors import DataError
from maalem.records import Dataset, Digest, Erasure, Item, Json, digest_of, to_json
from maalem.store import Entry
from maalem.store.erasing import FORGET
from maalem.store.tables import Tables


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasurePlan:
    """Everything that forgetting something touches; no text stands in it.

    Attributes:
        subject: What is to be forgotten.
        touched: What the store has of it.
        remains: What lies outside the store.
        served: Releases among the touched models that the gateway answers with.
    """

    subject: Subject
    touched: Touched
    remains: Remains
    served: tuple[str, ...] = ()


def plan_erasure(
    work: Workspace, what: str, *, with_answers: bool = False
) -> ErasurePlan:
    """Walk from what is to be forgotten to everything it touches; nothing is changed.

    Args:
        work: The opened project, which may be open for reading alone.
        what: Its name (see `find_subject`).
        with_answers: Whether a person's answers are to be forgotten too.

    Raises:
        DataError: Nothing has this name, it was forgotten already, there is nothing to
            forget, or no owner would be left.
    """
    subject = find_subject(work, what, with_answers=with_answers)
    _refuse_last_owner(work, subject)
    touched = touched_by(work, subject)
    is_begun = subject.name in unfinished(work)
    if not (touched.records or subject.is_member or is_begun):
        raise DataError(
            f"the project knows {what!r} by their answers alone",
            why="there is no name, e-mail, password or session of theirs",
            hint=f"maalem forget {what} --answers",
            code="forget.nothing",
        )
    answers = answering(work)
    return ErasurePlan(
        subject=subject,
        touched=touched,
        remains=find_remains(work, touched),
        served=tuple(
            answers[one.checkpoint]
            for one in touched.models
            if one.checkpoint in answers
        ),
    )


def carry_out(work: Workspace, plan: ErasurePlan, *, reason: str) -> Entry:
    """Erase what a plan names, for good.

    Args:
        work: The project, opened for writing: no desk is open beside it.
        plan: The plan, made under the same lock.
        reason: Why, in words that say nothing of what is forgotten.

    Returns:
        The ledger's entry.
    """
    finish(work)
    if plan.subject.name not in unfinished(work):
        work.store.append(BEGUN, details=_details(plan))
    remove_remains(work, plan.remains)
    for one in plan.touched.datasets if plan.subject.documents else ():
        erase_texts(_folder(work, one.id), gone=plan.touched.groups)
    _forget_leases(work, plan.touched.records)
    if plan.subject.is_member:
        _forget_member(work, plan.subject.person)
    entry = work.store.erase(_erasure(plan, reason), details=_details(plan))
    finish(work)
    return entry


def finish(work: Workspace) -> None:
    """Write into erased datasets which entries say so; a kill may have come between."""
    for entry in work.store.entries(FORGET):
        names = entry.details.get("erased_datasets")
        for name in names if isinstance(names, list) else ():
            folder = _folder(work, Digest(str(name)))
            if folder.is_dir():
                note_entry(folder, entry.index)


def _refuse_last_owner(work: Workspace, subject: Subject) -> None:
    if subject.is_member and is_only_owner(work.store, subject.person):
        raise DataError(
            f"{subject.person} is the only owner of this project",
            why="a project without an owner cannot be led",
            hint="maalem people role WHO owner, for somebody else, first",
            code="forget.last-owner",
        )


def _folder(work: Workspace, dataset: Digest) -> Path:
    return dataset_folder(work, work.store.get(Dataset, dataset))


def _details(plan: ErasurePlan) -> dict[str, Json]:
    """Say by digests and counts what is touched, for when it is gone."""
    touched, is_text = plan.touched, bool(plan.subject.documents)
    return {
        "subject": plan.subject.name,
        "member": plan.subject.is_member,
        "with_answers": plan.subject.with_answers,
        "counts": dict(touched.counts),
        "datasets": [one.id for one in touched.datasets],
        "erased_datasets": [one.id for one in touched.datasets if is_text],
        "models": [
            {"run": one.run, "checkpoint": one.checkpoint, "taught": one.taught}
            for one in touched.models
        ],
        "releases": sorted({name for one in touched.models for name in one.releases}),
        "files": len(plan.remains.files),
        "held": len(plan.remains.held),
        "asked": len(plan.remains.asked),
        "alike": len(touched.alike),
    }


def _erasure(plan: ErasurePlan, reason: str) -> Erasure:
    unnamed = Erasure(
        id=Digest(""),
        subject=plan.subject.name,
        erased=plan.touched.records,
        blobs=plan.touched.blobs,
        reason=reason,
        at=now().isoformat(timespec="seconds"),
    )
    fields = to_json(unnamed)
    del fields["id"]
    return replace(unnamed, id=digest_of(fields))


def _forget_leases(work: Workspace, records: Sequence[tuple[str, Digest]]) -> None:
    """Take the cards of forgotten items out of everybody's hands."""
    items = [name for kind, name in records if kind == Item.kind]

    def forget(tables: Tables) -> None:
        for item in items:
            tables.execute("DELETE FROM lease WHERE item = ?", (item,))

    if items:
        work.store.change(forget)


def _forget_member(work: Workspace, person: str) -> None:
    """Take away who a person is, and say so in the ledger under the pseudonym."""
    work.store.change(lambda tables: erase_member(tables, person))
    details: dict[str, Json] = {"person": person, "by": work.project.project.owner}
    work.store.append("people.erase", details=details)
