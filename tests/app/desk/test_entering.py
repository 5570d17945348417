# SPDX-License-Identifier: Apache-2.0
"""The desk is entered and left by its doors."""

from tests.app.desk.builders import PASSWORD, a_person


def test_a_right_password_begins_a_session(opened):
    member = a_person(opened.work, "expert", name="Amina", password=PASSWORD)
    client = opened.client()
    form = {"email": member.email.upper(), "password": PASSWORD, "next": "/me"}
    answer = client.post("/sign-in", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/me")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert client.get("/sign-in").status_code == 200
    assert member.name in client.get("/sign-in").text


def test_a_stranger_is_shown_the_door(desk_client):
    answer = desk_client().post("/sign-out")
    assert answer.status_code == 401


def test_every_answer_is_strict(desk_client):
    answer = desk_client().get("/sign-in")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_live_desk_answers(server):
    import httpx

    answer = httpx.get(f"{server.url}/sign-in")
    assert answer.status_code == 200
    assert "password" in answer.text
