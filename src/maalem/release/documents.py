# SPDX-License-Identifier: Apache-2.0
"""Claims about the standard documents of a release: they tell what its records tell."""

from typing import Any

from maalem.errors import IntegrityError, boundary
from maalem.release.account import Account
from maalem.release.bom import BOM, VERSION, write_bom
from maalem.release.claims import AMBER, GREEN, Evidence
from maalem.release.manifest import listed_files
from maalem.release.signing import fingerprint, is_signed_by, open_envelope, read_json
from maalem.release.slsa import BUILD_TYPE, PROVENANCE, write_provenance


def judge_provenance(evidence: Evidence) -> tuple[str, str]:
    """The provenance is signed, and says of the training what the records say."""
    if _is_absent(PROVENANCE, evidence):
        return AMBER, "No SLSA provenance came with this release."
    envelope = open_envelope(evidence.read(PROVENANCE))
    if not is_signed_by(envelope, evidence.key):
        mark = fingerprint(evidence.key)
        raise IntegrityError(f"the provenance is not signed by the key {mark}")
    found = _parsed(envelope.payload, "provenance")
    with boundary(IntegrityError, "read the provenance"):
        kind = found["predicate"]["buildDefinition"]["buildType"]
    if kind != BUILD_TYPE:
        return (
            AMBER,
            f"The provenance is of the kind {kind!r}, which is not known here.",
        )
    account = _account(evidence)
    if account.run is None:
        raise IntegrityError("the provenance tells of a training, the records of none")
    told = write_provenance(account, account.run)
    _refuse_other(envelope.payload, told, "provenance")
    return GREEN, "The SLSA provenance says of the training what the records say."


def judge_bom(evidence: Evidence) -> tuple[str, str]:
    """The bill of materials names what the records name."""
    if _is_absent(BOM, evidence):
        return AMBER, "No bill of materials came with this release."
    text = evidence.read(BOM)
    if _parsed(text, "bill of materials").get("specVersion") != VERSION:
        return AMBER, (
            "The bill of materials is of a version of CycloneDX that is not known here."
        )
    _refuse_other(text, write_bom(_account(evidence)), "bill of materials")
    return GREEN, "The bill of materials names what the records name."


def _is_absent(name: str, evidence: Evidence) -> bool:
    """Tell whether a release was made without a document, not robbed of it."""
    listed = listed_files(evidence.manifest)
    return name not in listed and name not in evidence.found.files


def _account(evidence: Evidence) -> Account:
    with boundary(IntegrityError, "read the manifest of the release"):
        return Account.read(evidence.records, evidence.manifest)


def _parsed(text: bytes, what: str) -> dict[str, Any]:
    with boundary(IntegrityError, f"read the {what}"):
        return dict(read_json(text))


def _refuse_other(text: bytes, told: bytes, what: str) -> None:
    if text != told:
        place = first_difference(read_json(text), read_json(told))
        raise IntegrityError(
            f"the {what} does not say what the records say", why=f"see {place}"
        )


def first_difference(found: object, told: object, at: str = "") -> str:
    """Name the first place where two JSON values differ, such as `a.b.3`."""
    if isinstance(found, dict) and isinstance(told, dict):
        pairs = {key: (found.get(key), told.get(key)) for key in {**told, **found}}
    elif isinstance(found, list) and isinstance(told, list):
        if len(found) != len(told):
            return at or "its beginning"
        pairs = dict(enumerate(zip(found, told, strict=True)))
    else:
        return at or "its beginning"
    for key, (one, other) in pairs.items():
        if one != other:
            return first_difference(one, other, f"{at}.{key}" if at else str(key))
    return at or "how it is written"
