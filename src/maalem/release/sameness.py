# SPDX-License-Identifier: Apache-2.0
"""Claims about bytes: nothing was changed, and the signature is about these files."""

from typing import Any

from maalem.errors import IntegrityError, boundary
from maalem.release.claims import AMBER, GREEN, Evidence, some
from maalem.release.folder import MANIFEST, PROOF, SIGNATURE, unsafe_names
from maalem.release.manifest import listed_files
from maalem.release.signing import (
    PREDICATE_TYPE,
    STATEMENT_TYPE,
    fingerprint,
    is_signed_by,
    read_json,
    write_statement,
)


def judge_files(evidence: Evidence) -> tuple[str, str]:
    """No file was changed, none is missing, none was added, none is a link."""
    listed, found = listed_files(evidence.manifest), evidence.found.files
    wanted = {*listed, MANIFEST, SIGNATURE, PROOF}
    changed = [one for one in listed if one in found and found[one] != listed[one]]
    complaints = [
        *evidence.found.faults,
        *_complaint("misnamed in the manifest", unsafe_names(listed)),
        *_complaint("missing", sorted(wanted - set(found))),
        *_complaint("not part of the release", sorted(set(found) - wanted)),
        *_complaint("changed", sorted(changed)),
    ]
    if complaints:
        raise IntegrityError("; ".join(complaints))
    text = f"All {len(found)} files are there, none was changed and none was added."
    return GREEN, text


def judge_signature(evidence: Evidence) -> tuple[str, str]:
    """The key that the caller trusts, or else the one that came along, signed it."""
    mark = fingerprint(evidence.key)
    if not is_signed_by(evidence.envelope, evidence.key):
        raise IntegrityError(f"the signature is not by the key {mark}")
    if evidence.expected is not None:
        if evidence.expected != evidence.trusted:
            return GREEN, f"Signed by the key {mark}, to which the key you gave leads."
        return GREEN, f"Signed by the key you gave, {mark}."
    return AMBER, (
        "Signed, but the key came with the release: compare its fingerprint "
        f"{mark} out of band."
    )


def judge_statement(evidence: Evidence) -> tuple[str, str]:
    """What was signed names exactly the files and records that lie there."""
    payload = evidence.envelope.payload
    predicate = _predicate(payload)
    files = evidence.found.signed
    same = write_statement(files, predicate) == payload
    if not same or predicate.get("release") != evidence.digest:
        raise IntegrityError("the signature is about other files than those here")
    if predicate.get("records") != evidence.records.digests:
        raise IntegrityError("the signature is about other records than those here")
    return GREEN, f"The signature names these {len(files)} files and no other."


def _predicate(payload: bytes) -> dict[str, Any]:
    with boundary(IntegrityError, "read what was signed"):
        statement = read_json(payload)
        kinds = statement["_type"], statement["predicateType"]
        if kinds != (STATEMENT_TYPE, PREDICATE_TYPE):
            raise ValueError(f"it is a {kinds[1]!r}")
        return dict(statement["predicate"])


def _complaint(what: str, names: list[str]) -> list[str]:
    return (
        [f"{some(names)} {'is' if len(names) == 1 else 'are'} {what}"] if names else []
    )
