# SPDX-License-Identifier: Apache-2.0
"""Nothing changes because another site said so."""

import pytest

from maalem.app.desk import people

FORM = {"language": "en", "back": "/me"}


def language_of(opened):
    return people.find(opened.work.store, opened.member("expert").id).language


@pytest.fixture
def bare(opened):
    """A client of an expert that sends no token by itself."""
    client = opened.client("expert")
    del client.headers["x-csrf-token"]
    return client


def test_a_change_without_the_token_is_refused(opened, bare):
    answer = bare.post("/language", data=FORM)
    assert answer.status_code == 403
    assert "desk.csrf" in answer.text
    assert language_of(opened) == "ar"


def test_the_token_counts_in_a_form_and_in_a_header(opened, bare):
    token = opened.client("expert")
    csrf = bare.get("/me").text.partition('name="csrf" content="')[2].split('"')[0]
    assert bare.post("/language", data={**FORM, "csrf": csrf}).status_code == 303
    assert language_of(opened) == "en"
    headers = {"x-csrf-token": csrf}
    assert bare.post("/language", data=FORM, headers=headers).status_code == 303
    multipart = bare.post("/language", data={**FORM, "csrf": csrf}, files={"f": b"x"})
    assert multipart.status_code == 303
    assert token.headers["x-csrf-token"] != csrf


@pytest.mark.parametrize("token", ["", "x", "null", "é"])
def test_another_token_is_refused(opened, bare, token):
    data = {**FORM, "csrf": token}
    assert bare.post("/language", data=data).status_code == 403
    other = opened.client("owner").headers["x-csrf-token"]
    assert bare.post("/language", data={**FORM, "csrf": other}).status_code == 403


def test_a_token_in_the_address_is_refused(opened, bare):
    csrf = bare.get("/me").text.partition('name="csrf" content="')[2].split('"')[0]
    assert bare.post(f"/language?csrf={csrf}", data=FORM).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:8001"},
        {"origin": "http://127.0.0.1:8000.evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_another_site_is_refused_even_with_the_token(opened, headers):
    client = opened.client("expert")
    assert client.post("/language", data=FORM, headers=headers).status_code == 403
    stranger = opened.client()  # nor may it sign a browser in as somebody else
    form = {"email": "x@example.org", "password": "y"}
    assert stranger.post("/sign-in", data=form, headers=headers).status_code == 403


def test_our_own_pages_are_no_other_site(opened):
    client = opened.client("expert")
    for headers in (
        {"origin": "http://127.0.0.1:8000", "sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none"},
    ):
        assert client.post("/language", data=FORM, headers=headers).status_code == 303


def test_reading_changes_nothing(opened):
    client = opened.client("owner")
    client.get("/api/v1/tasks")  # the desk itself notes a task that it first sees
    before = [len(list(opened.work.store.entries())), rows(opened)]
    for way in opened.application.routes:
        if "GET" in way.methods and "{" not in way.path:
            client.get(way.path)
    assert [len(list(opened.work.store.entries())), rows(opened)] == before


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_there_is_no_other_way_to_change_something(opened, method):
    client = opened.client("owner")
    for way in opened.application.routes:
        assert client.request(method, way.path).status_code in (404, 405)


def rows(opened):
    tables = ("person", "session", "invitation", "api_key", "identity")
    return [
        opened.work.store.look(
            lambda tables, name=name: tables.execute(f"SELECT * FROM {name}").fetchall()
        )
        for name in tables
    ]
