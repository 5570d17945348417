# SPDX-License-Identifier: Apache-2.0
"""Whom a provider vouches for comes in; a token that is wrong in one point does not."""

import dataclasses

import httpx
import pytest
from joserfc.jwk import RSAKey
from tests.app.desk import builders
from tests.app.desk.provider import CLIENT, SECRET, a_provider

from maalem.app.desk import people, people_deeds
from maalem.app.listening import SsoSettings
from maalem.errors import SettingsError


@pytest.fixture
def provider(loopback):
    with a_provider(builders.Clock()) as running:
        yield running


def a_desk(work, provider, **settings):
    """A desk whose people the provider vouches for, under the provider's clock."""
    sso = SsoSettings(issuer=provider.issuer, client_id=CLIENT, **settings)
    project = dataclasses.replace(work.project, sso=sso)
    return builders.OpenDesk(
        dataclasses.replace(work, project=project),
        clock=provider.clock,
        sso_secret=SECRET,
    )


@pytest.fixture
def trusting(work, provider):
    return a_desk(work, provider, newcomers="expert")


def go(client):
    """Go to the provider and come back, as a browser does; give the way back."""
    there = client.get("/sso")
    assert there.status_code == 303
    back = httpx.get(there.headers["location"])
    assert back.status_code == 303
    return back.headers["location"].removeprefix(builders.ADDRESS)


def come_in(desk, provider):
    client = desk.client()
    given = len(provider.given)
    answer = client.get(go(client))
    assert len(provider.given) == given + 1  # the provider did its part
    return client, answer


def test_a_newcomer_gets_the_role_that_the_settings_say(trusting, provider):
    client, answer = come_in(trusting, provider)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "Amina" in client.get("/me").text
    member = people.find_by_email(trusting.work.store, "amina@example.org")
    assert (member.role, member.secret) == ("expert", None)
    asked = provider.asked[-1]
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3


def test_the_same_subject_is_the_same_person_whatever_their_address(trusting, provider):
    come_in(trusting, provider)
    provider.person = {**provider.person, "email": "new@example.org", "name": "A."}
    client, _ = come_in(trusting, provider)
    assert "Amina" in client.get("/me").text
    provider.person = {**provider.person, "sub": "u-2"}
    client, _ = come_in(trusting, provider)
    assert "Amina" not in client.get("/me").text
    assert len(people.everyone(trusting.work.store)) == 8


def test_without_a_role_for_newcomers_only_known_addresses_come_in(work, provider):
    desk = a_desk(work, provider)
    client, answer = come_in(desk, provider)
    assert answer.status_code == 403
    assert client.get("/me").status_code == 303
    curator = desk.member("curator")
    provider.person = {**provider.person, "email": curator.email.upper()}
    client, answer = come_in(desk, provider)
    assert answer.status_code == 303
    assert curator.name in client.get("/me").text


@pytest.mark.parametrize("verified", [False, None, "true", 1])
def test_an_address_that_is_not_verified_opens_nobodys_account(
    work, provider, verified
):
    desk = a_desk(work, provider)
    email = desk.member("owner").email
    provider.person = {**provider.person, "email": email, "email_verified": verified}
    client, answer = come_in(desk, provider)
    assert answer.status_code == 403
    assert client.get("/me").status_code == 303


def test_a_closed_door_stays_closed(trusting, provider):
    come_in(trusting, provider)
    member = people.find_by_email(trusting.work.store, "amina@example.org")
    people_deeds.deactivate(trusting.work.store, member.id, by="test")
    assert come_in(trusting, provider)[1].status_code == 403


LIES = {
    "wrong nonce": {"nonce": "another"},
    "no nonce": {"nonce": None},
    "wrong audience": {"aud": "another-desk"},
    "second audience": {"aud": [CLIENT, "another-desk"]},
    "wrong party": {"azp": "another-desk"},
    "wrong issuer": {"iss": "https://evil.example"},
    "expired": {"exp": builders.Clock().now - 61},
    "from the future": {"iat": builders.Clock().now + 3600},
    "no expiry": {"exp": None},
    "no subject": {"sub": None},
    "empty subject": {"sub": ""},
    "subject is no text": {"sub": 7},
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_token_that_lies_is_refused(trusting, provider, lie):
    def tell(claims):
        changed = {**claims, **lie}
        return {key: value for key, value in changed.items() if value is not None}

    provider.lie = tell
    client, answer = come_in(trusting, provider)
    assert answer.status_code == 403
    assert 'role="alert"' in answer.text
    assert client.get("/me").status_code == 303
    assert len(people.everyone(trusting.work.store)) == 6


@pytest.mark.parametrize(
    "sign", ["unsigned", "with_the_public_key", "with_another_key"]
)
def test_a_token_that_nobody_signed_is_refused(trusting, provider, sign):
    provider.sign = getattr(provider, sign)
    client, answer = come_in(trusting, provider)
    assert answer.status_code == 403
    assert client.get("/me").status_code == 303


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "é"])
def test_what_is_no_token_is_refused(trusting, provider, text):
    provider.sign = lambda _: text
    assert come_in(trusting, provider)[1].status_code == 403


def test_a_little_difference_of_clocks_is_borne(trusting, provider):
    provider.lie = lambda claims: {**claims, "exp": provider.clock() - 30}
    assert come_in(trusting, provider)[1].status_code == 303


def test_an_answer_works_in_the_browser_that_asked_and_once(trusting):
    asking, other = trusting.client(), trusting.client()
    back = go(asking)
    assert other.get(back).status_code == 403  # has no errand
    other.get("/sso")
    assert other.get(back).status_code == 403  # has another one
    assert asking.get(back).status_code == 303
    again = trusting.client()
    again.get("/sso")
    assert asking.get(back).status_code == 403
    assert again.get("/me").status_code == 303


@pytest.mark.parametrize(
    "query",
    [
        "",
        "code=x",
        "error=access_denied&state=x",
        "code=x&state=x&iss=https://evil.example",
    ],
)
def test_an_answer_that_was_made_up_is_refused(trusting, query):
    client = trusting.client()
    client.get("/sso")
    assert client.get(f"/sso/callback?{query}").status_code == 403


def test_an_answer_in_anothers_name_is_refused(trusting, provider):
    client = trusting.client()
    back = go(client)
    path, _, _ = back.partition("&iss=")
    assert client.get(f"{path}&iss=https://evil.example").status_code == 403


def test_a_provider_that_calls_itself_otherwise_is_not_believed(trusting, provider):
    provider.issuer = provider.issuer.replace("127.0.0.1", "localhost")
    answer = trusting.client().get("/sso")
    assert answer.status_code == 403
    assert 'role="alert"' in answer.text


def test_a_provider_that_is_away_leaves_passwords_as_they_are(work, provider):
    desk = a_desk(work, provider)
    desk.application.state.provider._settings = SsoSettings(
        issuer="http://127.0.0.1:9", client_id=CLIENT
    )
    assert desk.client().get("/sso").status_code == 403
    assert desk.client().get("/sign-in").status_code == 200


def test_the_providers_new_keys_are_learned(trusting, provider):
    assert come_in(trusting, provider)[1].status_code == 303
    provider.key = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})
    assert come_in(trusting, provider)[1].status_code == 403
    provider.clock.now += 301
    assert come_in(trusting, provider)[1].status_code == 303


def test_a_desk_without_a_provider_has_no_such_way(opened):
    assert opened.client().get("/sso").status_code == 404
    assert opened.client().get("/sso/callback?code=x").status_code == 404
    assert "/sso" not in opened.client().get("/sign-in").text


def test_the_door_shows_the_way_to_the_provider(trusting):
    assert 'href="/sso"' in trusting.client().get("/sign-in").text


def test_the_secret_stands_in_nothing_that_is_shown(trusting):
    assert SECRET not in repr(trusting.desk)


@pytest.mark.parametrize(
    "settings",
    [
        {"issuer": "http://login.example.org", "client_id": "x"},
        {"issuer": "ftp://127.0.0.1", "client_id": "x"},
        {"issuer": "https://login.example.org"},
        {"issuer": "https://login.example.org?x=1", "client_id": "x"},
        {"newcomers": "owner"},
        {"newcomers": "service"},
    ],
)
def test_a_provider_is_named_by_https_and_makes_nobody_an_owner(settings):
    with pytest.raises(SettingsError):
        SsoSettings(**settings)
