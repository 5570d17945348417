# SPDX-License-Identifier: Apache-2.0
"""A qualification can be taken along, and nobody can change it on the way."""

import base64
import dataclasses
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from maalem.errors import DataError, IntegrityError
from maalem.experts.badges import sign_badge, verify_badge
from maalem.experts.credentials import CONTEXT, Issuer
from maalem.experts.jws import did_key, open_compact, sign_compact
from maalem.records import Qualification, canonical_json, digest_of
from maalem.store import SigningKey

NOW = "2026-03-01T08:00:00+00:00"


def unpadded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def a_key(seed=b"\x01" * 32):
    return SigningKey("example.org", Ed25519PrivateKey.from_private_bytes(seed))


# RFC 8037, appendix A.1 and A.4: the key and a payload signed with it.
RFC_SEED = unpadded("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
RFC_PUBLIC = unpadded("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
RFC_SIGNED = (
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_"
    "MuM0KAg"
)


def a_qualification(**fields):
    fields = {
        "task": "system",
        "language": "fr",
        "annotator": "expert:3f2a",
        "guideline": digest_of("guideline"),
        "cards": 12,
        "right": 11,
        "pass_mark": 0.8,
        "passed": True,
        "at": "2026-02-28T08:00:00.250000+01:00",
        "expires": "2026-08-28T08:00:00+00:00",
        **fields,
    }
    return Qualification(id=digest_of(["qualification", *map(str, fields)]), **fields)


def a_badge(qualification=None, **given):
    given = {
        "title": "Quel système ?",
        "issuer": Issuer(name="Chantier Nord", url="https://example.org"),
        "key": a_key(),
        **given,
    }
    return sign_badge(qualification or a_qualification(), **given)


def verified(text, **given):
    given = {"public": a_key().public_bytes, "now": NOW, **given}
    return verify_badge(text, **given)


def refused(text, **given):
    with pytest.raises(IntegrityError) as error:
        verified(text, **given)
    assert error.value.code == "experts.badge"
    return error.value.why


def test_the_published_signature_comes_out():
    header, payload = b'{"alg":"EdDSA"}', b"Example of Ed25519 signing"
    assert sign_compact(header, payload, key=a_key(RFC_SEED)) == RFC_SIGNED
    assert open_compact(RFC_SIGNED, public=RFC_PUBLIC) == (header, payload)


def test_the_published_name_of_a_key_comes_out():
    # W3C, "Data Integrity EdDSA Cryptosuites", test vectors.
    multibase = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
    alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    number = 0
    for digit in multibase[1:]:
        number = number * 58 + alphabet.index(digit)
    raw = number.to_bytes(34)
    assert raw[:2] == b"\xed\x01"
    assert did_key(raw[2:]) == f"did:key:{multibase}"


def test_a_badge_says_what_was_shown_and_by_whom_under_a_pseudonym():
    badge = verified(a_badge())
    assert (badge.issuer, badge.holder, badge.name) == (
        "Chantier Nord",
        "expert:3f2a",
        None,
    )
    assert badge.achievement == "Quel système ? (fr)"
    assert (badge.since, badge.until) == (
        "2026-02-28T07:00:00Z",
        "2026-08-28T08:00:00Z",
    )


def test_a_name_stands_in_it_only_where_it_is_given():
    assert verified(a_badge(name="Amal")).name == "Amal"
    assert b"Amal" not in unpadded(a_badge().split(".")[1])


def test_it_has_what_open_badges_asks_for():
    """1EdTech, "Open Badges Specification 3.0": JWT proof, AchievementCredential."""
    header, said = (json.loads(unpadded(part)) for part in a_badge().split(".")[:2])
    assert {"alg", "jwk", "typ"} == {*header}
    assert "d" not in header["jwk"]
    assert said["@context"] == list(CONTEXT)
    assert said["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    subject = said["credentialSubject"]
    assert said["iss"] == said["issuer"]["id"] == did_key(a_key().public_bytes)
    assert said["jti"] == said["id"]
    assert said["sub"] == subject["id"] == "urn:maalem:annotator:expert:3f2a"
    assert (said["nbf"], said["exp"]) == (1772262000, 1787904000)
    wanted = {"id", "type", "name", "description", "criteria"}
    assert wanted <= {*subject["achievement"]}
    assert {"type", "hashed", "identityHash", "identityType"} == {
        *subject["identifier"][0]
    }
    assert all(":" in one for one in (said["id"], subject["achievement"]["id"]))


def test_two_who_passed_under_one_guideline_achieved_the_same():
    first = verified(a_badge(a_qualification(right=12))).credential
    other = verified(a_badge(a_qualification(annotator="expert:4"))).credential
    achieved = [one["credentialSubject"]["achievement"]["id"] for one in (first, other)]
    assert achieved[0] == achieved[1]


def test_the_same_qualification_gives_the_same_text():
    assert a_badge() == a_badge()


@given(place=st.integers(0, len(a_badge()) - 1), other=st.characters(max_codepoint=255))
def test_a_changed_character_is_refused(place, other):
    text = a_badge()
    if text[place] != other:
        refused(text[:place] + other + text[place + 1 :])


@given(place=st.integers(0, len(a_badge()) - 1))
def test_a_missing_or_doubled_character_is_refused(place):
    text = a_badge()
    refused(text[:place] + text[place + 1 :])
    refused(text[:place] + text[place] + text[place:])


def test_another_key_is_not_believed_whatever_the_badge_says_of_it():
    text = a_badge(key=a_key(b"\x02" * 32))
    assert "signature" in refused(text)
    assert verified(text, public=a_key(b"\x02" * 32).public_bytes)


@pytest.mark.parametrize("now", ["2026-02-28T06:59:59Z", "2026-08-28T08:00:00Z"])
def test_it_is_refused_before_and_after_its_time(now):
    assert "holds from" in refused(a_badge(), now=now)


def resigned(change, header=None):
    """Sign something else with the right key."""
    old_header, payload = open_compact(a_badge(), public=a_key().public_bytes)
    said = json.loads(payload)
    change(said)
    kept = json.loads(old_header) if header is None else header
    return sign_compact(canonical_json(kept), canonical_json(said), key=a_key())


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda said: said.update(sub="urn:maalem:annotator:expert:9"), "claims"),
        (lambda said: said.update(exp=said["exp"] + 1), "claims"),
        (lambda said: said.pop("nbf"), "claims"),
        (lambda said: said.pop("issuer"), "no badge of ours"),
        (lambda said: said.update(issuer="x"), "no badge of ours"),
        (lambda said: said.update(validUntil="soon"), "no badge of ours"),
        (
            lambda said: (
                said["issuer"].update(id="did:key:z1"),
                said.update(iss="did:key:z1"),
            ),
            "issuer",
        ),
    ],
)
def test_claims_and_credential_must_say_the_same(change, why):
    assert why in refused(resigned(change))


@pytest.mark.parametrize(
    "header", [{"alg": "none"}, {"alg": "EdDSA", "typ": "JWT"}, {"alg": "RS256"}]
)
def test_another_header_is_refused(header):
    assert "header" in refused(resigned(lambda _: None, header))


def test_what_is_no_badge_at_all_is_refused():
    for text in ("", "a.b", "a.b.c.d", "é.b.c", "=.b.c", "a" * 70_000):
        refused(text)
    nothing = sign_compact(b"{}", b"[]", key=a_key())
    refused(nothing)
    header, _ = open_compact(a_badge(), public=a_key().public_bytes)
    assert "no badge" in refused(sign_compact(header, b"[]", key=a_key()))


def test_a_qualification_that_was_not_passed_is_no_badge():
    with pytest.raises(DataError) as error:
        a_badge(dataclasses.replace(a_qualification(), passed=False))
    assert error.value.code == "experts.not-passed"


def test_a_time_without_zone_is_refused():
    for deed in (
        lambda: a_badge(a_qualification(at="2026-02-28T08:00:00")),
        lambda: verified(a_badge(), now="2026-03-01"),
        lambda: verified(a_badge(), now="now"),
    ):
        with pytest.raises(DataError) as error:
            deed()
        assert error.value.code == "experts.time"


def test_any_pseudonym_may_stand_in_it():
    badge = verified(a_badge(a_qualification(annotator="import:réponses 1.csv")))
    assert badge.holder == "import:réponses 1.csv"
    subject = badge.credential["credentialSubject"]["id"]
    assert subject == "urn:maalem:annotator:import:r%C3%A9ponses%201.csv"
