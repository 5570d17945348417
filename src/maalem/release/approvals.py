# SPDX-License-Identifier: Apache-2.0
"""Who taught, who proposed and who approved a release, each proven by the ledger."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from maalem.errors import IntegrityError, boundary
from maalem.records import Digest
from maalem.release.claims import AMBER, GREEN, Evidence, some
from maalem.release.folder import PUBLIC_KEY
from maalem.release.signing import read_json
from maalem.store.keys import read_verifier
from maalem.store.notes import open_tlog_proof

APPROVAL = "approval.json"
TAUGHT, PROPOSED, APPROVED = "train.run", "release.propose", "release.approve"
SUBJECT = ("checkpoint", "dataset", "verdict")
"""What an approval names; an approval of anything else does not count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Deed:
    index: int
    by: str
    details: Mapping[str, Any]


def judge_approval(evidence: Evidence) -> tuple[str, str]:
    """As many people as the project asks for stand behind the release."""
    if APPROVAL not in evidence.found.files:
        return AMBER, "Whether a second person approved it is not recorded."
    told = read_json(evidence.read(APPROVAL))
    people = int(told["people"])
    if people < 2:
        return AMBER, "One person may teach and release here: nobody else approved it."
    taught = _opened(evidence, told["taught"], TAUGHT)
    proposed = _opened(evidence, told["proposed"], PROPOSED)
    approved = [_opened(evidence, one, APPROVED) for one in told["approved"]]
    _refuse_other(taught, {"checkpoint": evidence.records.checkpoint.id})
    for deed in (proposed, *approved):
        _refuse_other(deed, subject_of(evidence))
    _refuse_strangers(approved, proposed)
    who = [one.by for one in approved]
    if (told["proposer"], told["approvers"]) != (proposed.by, who):
        raise _refused("it names others than the ledger does")
    first = {taught.by, proposed.by, *proposed.details.get("account", ())}
    if max(people, int(proposed.details["people"])) > 1 + len({*who} - first):
        raise _refused(f"{people} people were to stand behind it, and do not")
    entries = ", ".join(str(one.index) for one in approved)
    names = some(sorted(set(who)))
    return GREEN, (
        f"Taught by {taught.by!r} (entry {taught.index}), proposed by "
        f"{proposed.by!r} (entry {proposed.index}) and approved by {names} (entry "
        f"{entries})."
    )


def subject_of(evidence: Evidence) -> dict[str, Digest]:
    """Name what an approval of a release has to name."""
    records = evidence.records
    digests = (records.checkpoint.id, records.dataset.id, records.verdict.id)
    return dict(zip(SUBJECT, digests, strict=True))


def _opened(evidence: Evidence, proof: str, action: str) -> _Deed:
    """Give what a proof proves, if it is an entry of the ledger about that deed."""
    if not proof:
        raise _refused(f"the entry {action} was not brought along")
    origin, key = read_verifier(evidence.read(PUBLIC_KEY).decode())
    leaf, proven = open_tlog_proof(proof, evidence.expected or key, origin=origin)
    with boundary(IntegrityError, "read an entry of the ledger"):
        entry = read_json(leaf)
        details = dict(entry["details"])
        by = str(details.get("by", entry["actor"]))
        if entry["action"] != action or entry["index"] != proven.index:
            raise ValueError(f"it is no {action}")
    return _Deed(index=proven.index, by=by, details=details)


def _refuse_other(deed: _Deed, subject: Mapping[str, Digest]) -> None:
    for what, name in subject.items():
        if deed.details.get(what) != name:
            raise _refused(f"entry {deed.index} is about another {what}")


def _refuse_strangers(approved: list[_Deed], proposed: _Deed) -> None:
    for deed in approved:
        if deed.details.get("proposal") != proposed.index:
            raise _refused(f"entry {deed.index} approves another proposal")


def _refused(what: str) -> IntegrityError:
    return IntegrityError(
        what,
        hint="have another person approve it, and release it again",
        code="release.approval",
    )
