# SPDX-License-Identifier: Apache-2.0
"""Whether a dossier says what the records say: claims a person can read, one by one."""

from collections.abc import Callable

from maalem.records import Digest, canonical_json, to_json
from maalem.release.claims import AMBER, GREEN, RED, Claim, some
from maalem.release.dossier.fields import FILLED, Dossier, Fact, Pointer


def judge_pointers(said: Dossier, fault_of: Callable[[Pointer], str]) -> Claim:
    """Every pointer leads to what it names.

    Args:
        said: The dossier.
        fault_of: Says what is wrong with a pointer; empty where nothing is.
    """
    for one in said.pointers:
        fault = fault_of(one)
        if fault:
            fields = [fact.field for fact in said.facts if one in fact.pointers]
            text = f"Entry {one.entry}, to which {some(fields)} points, {fault}."
            return Claim(name="pointers", status=RED, text=text)
    count = len(said.pointers)
    text = f"{count} pointers lead to records that the ledger has under these digests."
    return Claim(name="pointers", status=GREEN, text=text)


def judge_values(said: Dossier, again: Dossier) -> Claim:
    """Every field that the records fill says what they say.

    Args:
        said: The dossier.
        again: The same, filled anew from the records.
    """
    ours, theirs = again.by_field, said.by_field
    wrong = sorted(
        key
        for key in {*ours, *theirs}
        if _told(ours.get(key)) != _told(theirs.get(key))
    )
    if wrong:
        text = f"The records do not say what the dossier says of {some(wrong)}."
        return Claim(name="values", status=RED, text=text)
    filled = sum(fact.state == FILLED for fact in said.facts)
    text = f"{filled} fields say what the records say."
    return Claim(name="values", status=GREEN, text=text)


def _told(fact: Fact | None) -> bytes | None:
    """Give what the records say in a field; none where they say nothing."""
    if fact is None or fact.state != FILLED:
        return None
    return canonical_json({**to_json(fact), "statement": None})


def judge_release(said: Dossier, known: dict[Digest, str]) -> Claim:
    """The dossier is about a release of this ledger.

    Args:
        said: The dossier.
        known: The releases' names by digest.
    """
    name = known.get(said.release)
    if name != said.name:
        text = f"The ledger has no release {said.name} with the digest {said.release}."
        return Claim(name="release", status=RED, text=text)
    text = f"It is about the release {name}, {said.release}."
    return Claim(name="release", status=GREEN, text=text)


def judge_files(files: dict[str, Digest], written: dict[str, Digest] | None) -> Claim:
    """The files are those that the ledger saw written.

    Args:
        files: Those that lie there, by name.
        written: Those that an entry names together with this very JSON file; none
            where no entry does.
    """
    if written is None:
        text = (
            "No entry of the ledger knows this dossier: it was edited or is not ours."
        )
        return Claim(name="files", status=RED, text=text)
    changed = sorted(name for name, one in files.items() if written.get(name) != one)
    if changed:
        text = f"{some(changed)}: not as the ledger saw it written."
        return Claim(name="files", status=RED, text=text)
    missing = sorted(set(written) - set(files))
    if missing:
        text = f"What lies here is as it was written; {some(missing)} is missing."
        return Claim(name="files", status=AMBER, text=text)
    text = f"{len(files)} files, as the ledger saw them written."
    return Claim(name="files", status=GREEN, text=text)
