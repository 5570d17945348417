# SPDX-License-Identifier: Apache-2.0
"""A qualification that its holder can take along: a signed Open Badges 3.0 credential.

It knows its holder by pseudonym, and by a name only where the holder wants it there. It
does not know what came later: it says what was shown then.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from maalem.corpus.lines import strict_object
from maalem.errors import DataError
from maalem.experts.credentials import (
    CLAIMS,
    Issuer,
    claims_of,
    seconds_of,
    to_credential,
)
from maalem.experts.jws import (
    did_key,
    jwk,
    open_compact,
    refusal,
    sign_compact,
)
from maalem.records import Json, Qualification, canonical_json
from maalem.store import SigningKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """What a believed badge says.

    Attributes:
        id: URI of the credential, made of the qualification's digest.
        issuer: What the organisation calls itself; the key, not the name, proves it.
        holder: Pseudonym of the holder.
        name: The holder's name; none where the holder did not want it there.
        achievement: What was achieved.
        since: ISO 8601 time.
        until: ISO 8601 time after which it no longer holds.
        credential: All of it.
    """

    id: str
    issuer: str
    holder: str
    name: str | None
    achievement: str
    since: str
    until: str
    credential: Mapping[str, Any]


def sign_badge(
    qualification: Qualification,
    *,
    title: str,
    issuer: Issuer,
    key: SigningKey,
    name: str | None = None,
) -> str:
    """Export a qualification.

    The same qualification gives the same text each time.

    Args:
        qualification: One that was passed.
        title: What people call the task.
        issuer: Who vouches for it.
        key: The issuer's; its public half is the issuer's identifier.
        name: The holder's name, only where the holder wants it there.

    Returns:
        A compact JWS, which wallets call a VC-JWT.

    Raises:
        DataError: The qualification was not passed, code `experts.not-passed`, or a
            time of it has no zone, code `experts.time`.

    Source:
        1EdTech, "Open Badges Specification 3.0", sections "JSON Web Token Proof
        Format" and "AchievementCredential", in the form of the W3C Verifiable
        Credentials Data Model 2.0: the payload is the credential itself. The algorithm
        is EdDSA, which the specification allows; its own conformance suite asks for
        RS256, so not every verifier reads it.
    """
    if not qualification.passed:
        raise DataError(
            f"the qualification of {qualification.annotator} was not passed",
            why=f"{qualification.right} of {qualification.cards} cards are right",
            hint="a badge is made of a qualification that was passed",
            code="experts.not-passed",
        )
    public = key.public_bytes
    credential = to_credential(
        qualification, title, issuer=issuer, public=public, name=name
    )
    header: Json = {"alg": "EdDSA", "jwk": jwk(public), "typ": "JWT"}
    payload: Json = {**credential, **claims_of(credential)}
    return sign_compact(canonical_json(header), canonical_json(payload), key=key)


def verify_badge(text: str, *, public: bytes, now: str) -> Badge:
    """Read a badge, or refuse it.

    Any change of any character is refused, as are a key that is not the one given,
    claims that do not say what the credential says, and a badge that does not hold now.

    Args:
        text: The compact JWS.
        public: The issuer's Ed25519 public key, 32 bytes, known from elsewhere: the
            key that stands in the badge proves nothing.
        now: ISO 8601 time with its zone.

    Raises:
        IntegrityError: It cannot be believed; code `experts.badge`.
        DataError: The time given has no zone; code `experts.time`.
    """
    header, payload = open_compact(text, public=public)
    expected: Json = {"alg": "EdDSA", "jwk": jwk(public), "typ": "JWT"}
    if header != canonical_json(expected):
        raise refusal("its header is not that of a badge of this key")
    try:
        said: dict[str, Any] = dict(strict_object(payload))
        credential = {key: said[key] for key in said if key not in CLAIMS}
        claims = claims_of(credential)
        badge = _badge(credential)
    except (DataError, KeyError, TypeError, ValueError) as error:
        raise refusal(f"it is no badge of ours: {str(error)[:80]}") from error
    if {key: said.get(key) for key in CLAIMS} != claims:
        raise refusal("its claims do not say what its credential says")
    if claims["iss"] != did_key(public):
        raise refusal("its issuer is not the owner of this key")
    if not seconds_of(badge.since) <= seconds_of(now) < seconds_of(badge.until):
        raise refusal(f"it holds from {badge.since} until {badge.until}")
    return badge


def _badge(credential: Mapping[str, Any]) -> Badge:
    subject = credential["credentialSubject"]
    known = {one["identityType"]: one["identityHash"] for one in subject["identifier"]}
    return Badge(
        id=credential["id"],
        issuer=credential["issuer"]["name"],
        holder=known["ext:pseudonym"],
        name=known.get("name"),
        achievement=subject["achievement"]["name"],
        since=credential["validFrom"],
        until=credential["validUntil"],
        credential=credential,
    )
