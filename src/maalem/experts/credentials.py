# SPDX-License-Identifier: Apache-2.0
"""What an Open Badges 3.0 credential says about a qualification, not yet signed."""

import string
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from maalem.experts.jws import did_key, encode
from maalem.experts.moments import moment_of
from maalem.records import Digest, Json, Qualification, digest_of

CONTEXT = (
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
)
CLAIMS = ("iss", "jti", "sub", "nbf", "exp")
_UNRESERVED = string.ascii_letters + string.digits + "-._~:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """Who vouches for the qualification.

    Attributes:
        name: What people call the organisation.
        url: Its page; none where it has none.
    """

    name: str
    url: str | None = None


def to_credential(
    qualification: Qualification,
    title: str,
    *,
    issuer: Issuer,
    public: bytes,
    name: str | None,
) -> dict[str, Json]:
    """Write a qualification as an AchievementCredential.

    Args:
        qualification: One that was passed.
        title: What people call the task.
        issuer: Who vouches for it.
        public: The issuer's Ed25519 public key, 32 bytes: the issuer's identifier.
        name: The holder's name; none where the holder does not want it there.

    Source:
        1EdTech, "Open Badges Specification 3.0", section "AchievementCredential".
    """
    profile = {"id": did_key(public), "type": ["Profile"]}
    url = {"url": issuer.url} if issuer.url else {}
    achievement = f"{title} ({qualification.language})"
    score = f"{qualification.right} of {qualification.cards}"
    return {
        "@context": CONTEXT,
        "id": _uri(qualification.id),
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": achievement,
        "issuer": {**profile, "name": issuer.name, **url},
        "validFrom": _stamp(qualification.at),
        "validUntil": _stamp(qualification.expires),
        "credentialSubject": {
            "id": f"urn:maalem:annotator:{_quoted(qualification.annotator)}",
            "type": ["AchievementSubject"],
            "identifier": _identities(qualification.annotator, name),
            "achievement": _achievement(qualification, achievement),
            "result": [{"type": ["Result"], "value": score}],
        },
    }


def _achievement(qualification: Qualification, name: str) -> dict[str, Json]:
    """Describe what anybody has achieved who passes under this guideline."""
    task, language = qualification.task, qualification.language
    what = digest_of([task, language, qualification.guideline])
    return {
        "id": _uri(what),
        "type": ["Achievement"],
        "achievementType": "Assessment",
        "name": name,
        "description": f"May answer the cards of the task {task!r} in the language "
        f"{language!r}.",
        "criteria": {
            "narrative": f"At least {qualification.pass_mark:.0%} of "
            f"{qualification.cards} cards with known answers were right, under the "
            f"guideline {qualification.guideline}."
        },
        "inLanguage": language,
    }


def _identities(pseudonym: str, name: str | None) -> list[Json]:
    given = [("ext:pseudonym", pseudonym), *([("name", name)] if name else [])]
    is_a: dict[str, Json] = {"type": "IdentityObject", "hashed": False}
    return [
        {**is_a, "identityHash": value, "identityType": key} for key, value in given
    ]


def claims_of(credential: Mapping[str, Any]) -> dict[str, Json]:
    """Give the claims that the specification wants beside the credential.

    Raises:
        KeyError: The credential lacks what they repeat.
        DataError: A time of it has no zone; code `experts.time`.
    """
    return {
        "iss": credential["issuer"]["id"],
        "jti": credential["id"],
        "sub": credential["credentialSubject"]["id"],
        "nbf": seconds_of(credential["validFrom"]),
        "exp": seconds_of(credential["validUntil"]),
    }


def _uri(digest: Digest) -> str:
    """Write a digest as the URI of RFC 6920, "Naming Things with Hashes"."""
    return f"ni:///sha-256;{encode(bytes.fromhex(digest.removeprefix('sha256:')))}"


def _quoted(name: str) -> str:
    """Write a name so that it may stand in a URN, RFC 8141: percent-encoded UTF-8."""
    return "".join(
        chr(byte) if chr(byte) in _UNRESERVED else f"%{byte:02X}"
        for byte in name.encode()
    )


def _stamp(moment: str) -> str:
    then = moment_of(moment).astimezone(UTC)
    return then.isoformat(timespec="seconds").replace("+00:00", "Z")


def seconds_of(moment: str) -> int:
    """Give a time as whole seconds since 1970, as JWT wants it."""
    return int(moment_of(moment).timestamp())
