# SPDX-License-Identifier: Apache-2.0
"""Claims about where a release comes from: records, weights, ledger, gate, seal."""

from maalem.errors import IntegrityError
from maalem.models.folder import refuse_unsafe_folder
from maalem.records import FileEntry, TrainingRun
from maalem.release.agreement import links, refuse_broken
from maalem.release.claims import AMBER, GREEN, Evidence, some
from maalem.release.contents import is_as_frozen
from maalem.release.folder import MODEL, PROOF, PUBLIC_KEY
from maalem.release.promise import open_promise
from maalem.store.keys import read_verifier

SHIP = "ship"
PROVEN = 2  # from here on no program, compiled or not, reaches a network


def judge_records(evidence: Evidence) -> tuple[str, str]:
    """The records are the manifest's, and speak of one and the same model."""
    records = evidence.records
    if records.digests != evidence.manifest["records"]:
        raise IntegrityError("a record is not the one that the manifest names")
    refuse_broken(links(records, evidence.manifest["task_version"]))
    text = "What was examined, judged and released is one and the same model"
    toml = evidence.read("task.toml").decode()
    if not is_as_frozen(toml, records.dataset.task_version):
        return AMBER, f"{text}, but the task was edited after the dataset was frozen."
    return GREEN, f"{text}."


def judge_weights(evidence: Evidence) -> tuple[str, str]:
    """The model's files are the checkpoint's, and none of them can run code."""
    listed = {
        f"{MODEL}/{file.name}": FileEntry(
            name=f"{MODEL}/{file.name}", digest=file.digest, size=file.size
        )
        for file in evidence.records.checkpoint.files
    }
    found = {
        name: file
        for name, file in evidence.found.files.items()
        if name.startswith(f"{MODEL}/")
    }
    if listed != found:
        names = {name for name, _ in set(listed.items()) ^ set(found.items())}
        raise IntegrityError(f"{some(sorted(names))}: not as the model's record says")
    refuse_unsafe_folder(evidence.folder / MODEL)
    return (
        GREEN,
        f"{len(found)} files of weights and settings; none of them can run code.",
    )


def judge_ledger(evidence: Evidence) -> tuple[str, str]:
    """A ledger promised this very release, before the proof was made."""
    origin, key = read_verifier(evidence.read(PUBLIC_KEY).decode())
    promise = open_promise(
        evidence.read(PROOF).decode(),
        origin=origin,
        key=evidence.expected or key,
        release=evidence.digest,
    )
    text = (
        f"Entry {promise.index} of {promise.size} in the ledger {promise.origin} "
        f"promises this release, at {promise.at}"
    )
    if promise.witnesses:
        signers = some(list(promise.witnesses))
        return AMBER, f"{text}; signatures of {signers} were not checked."
    return GREEN, f"{text}."


def judge_gate(evidence: Evidence) -> tuple[str, str]:
    """The gate said ship; releasing against it is possible, and shows."""
    verdict = evidence.records.verdict
    reason = verdict.reason.rstrip(".")
    if verdict.outcome != SHIP:
        said = f"the gate said {verdict.outcome}"
        return AMBER, f"Released against the verdict: {said}. {reason}."
    return GREEN, f"The gate said ship: {reason}."


def judge_seal(evidence: Evidence) -> tuple[str, str]:
    """Under which seal the model was taught, and what it tried to get out."""
    runs = evidence.records.runs
    if not runs:
        return AMBER, "How the model was taught is not recorded."
    lowest = min(runs, key=_level)
    if lowest.sealing is None or not lowest.sealing.level:
        return (
            AMBER,
            "Taught without a seal: that nothing left the machine is not proven.",
        )
    seal = lowest.sealing
    text = f"Taught under the seal {seal.level} of 5, {seal.name}"
    bites = [run.sealing.bites for run in runs if run.sealing]
    if any(bites):
        raise IntegrityError("a sealed job reached a bait outside its walls")
    refused = [run.sealing.refused for run in runs if run.sealing]
    if None in refused or None in bites:
        return AMBER, f"{text}; what it tried to reach was not counted."
    count = sum(one for one in refused if one)
    tried = f"{count} refused calls" if count else "nothing it was refused"
    text = f"{text}; it tried {tried}"
    return (GREEN if seal.level >= PROVEN else AMBER), f"{text}."


def _level(run: TrainingRun) -> int:
    return run.sealing.level if run.sealing else 0
