# SPDX-License-Identifier: Apache-2.0
"""What a browser keeps for when there is no network, and what it must never keep."""

import base64
import hashlib
import json
import re

import pytest

from maalem.app.desk.speech import LANGUAGES
from maalem.records import Passage

CALLERS = ("owner", "expert", None)


def kept(client):
    """Give what the worker may keep, each path with its digest."""
    script = client.get("/worker.js").text
    (told,) = re.findall(
        r"^self\.KEPT = (\{.*?^\});$", script, re.DOTALL | re.MULTILINE
    )
    return json.loads(told)


def test_the_worker_looks_after_the_whole_desk_and_is_asked_for_each_time(desk_client):
    answer = desk_client().get("/worker.js")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["service-worker-allowed"] == "/"
    assert "unsafe" not in answer.headers["content-security-policy"]


@pytest.mark.parametrize("caller", CALLERS)
def test_what_may_be_kept_is_the_same_bytes_whoever_asks(desk_client, caller):
    client = desk_client(caller)
    assert kept(client) == kept(desk_client())
    for path, integrity in kept(client).items():
        answer = client.get(path)
        digest = base64.b64encode(hashlib.sha256(answer.content).digest()).decode()
        assert answer.status_code == 200
        assert integrity == f"sha256-{digest}"
        assert "set-cookie" not in answer.headers


def test_nothing_of_a_person_or_of_the_corpus_may_be_kept(opened, desk_client):
    member = opened.member("owner")
    client = desk_client("owner")
    texts = [one.text for one in opened.work.store.find(Passage)]
    foreign = [*texts, member.id, member.name, client.headers["x-csrf-token"]]
    for path in kept(client):
        assert not any(one in client.get(path).text for one in foreign)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_without_a_network_exists_in_every_language(desk_client, language):
    shown = desk_client().get(f"/offline/{language}").text
    direction = "rtl" if language == "ar" else "ltr"
    assert f'<html lang="{language}" dir="{direction}">' in shown
    assert shown == desk_client("expert").get(f"/offline/{language}").text


def test_there_is_no_such_page_in_a_language_that_the_desk_does_not_speak(desk_client):
    assert desk_client().get("/offline/de").status_code == 404


def test_a_file_of_this_version_is_asked_for_once(desk_client):
    client = desk_client()
    (path,) = {one for one in kept(client) if one.endswith("/desk.css")}
    assert "immutable" in client.get(path).headers["cache-control"]


def test_a_page_of_an_older_version_gets_what_there_is_now(desk_client):
    client = desk_client()
    answer = client.get("/static/0123456789abcdef/desk.css")
    assert answer.content == client.get("/static/desk.css").content
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/", "/me", "/task/system", "/sign-in"])
def test_every_file_that_a_page_names_is_one_that_is_kept(desk_client, path):
    caller = None if path == "/sign-in" else "owner"
    shown = desk_client(caller).get(path).text
    named = re.findall(r'(?:src|href)="(/static/[^"]+)"', shown)
    assert named
    assert set(named) <= set(kept(desk_client()))
