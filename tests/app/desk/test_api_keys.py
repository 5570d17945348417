# SPDX-License-Identifier: Apache-2.0
"""A program's key opens what its scopes name, until it expires or is revoked."""

import re

import pytest
from fastapi import Request
from tests.app.desk.builders import OpenDesk, a_desk_project

from maalem.app import loop
from maalem.app.desk import api_keys, application
from maalem.app.desk.desk import person_of
from maalem.app.desk.refusals import RefusedError
from maalem.app.desk.routes import RouteTable
from maalem.serving.allowances import Allowance
from maalem.serving.counters import PLACE, Counters
from maalem.serving.limits import month_of

PROBE = RouteTable()


@PROBE.api("GET", "/api/v1/probe", permission="read")
def read_probe(request: Request) -> dict[str, str]:
    return {"id": person_of(request).id, "role": person_of(request).role}


@PROBE.api("POST", "/api/v1/probe", permission="answer")
def write_probe(request: Request) -> dict[str, str]:
    return {"id": person_of(request).id}


@pytest.fixture
def probed(work, monkeypatch):
    """A desk with two routes more, so that keys can be tried on the API alone."""
    tables = (*application.TABLES, PROBE)
    monkeypatch.setattr(application, "TABLES", tables)
    return OpenDesk(work)


def a_key(opened, *scopes, days=30):
    return api_keys.create(
        opened.work.store,
        "nightly",
        scopes=scopes or ("read",),
        days=days,
        now=opened.clock(),
        by="test",
    )


def call(opened, key, method="GET", **more):
    headers = {"authorization": f"Bearer {key}"}
    return opened.client().request(method, "/api/v1/probe", headers=headers, **more)


def test_a_key_opens_what_its_scopes_name(probed):
    key = a_key(probed, "read")
    assert re.fullmatch(r"mlm_[0-9a-f]{12}_[\w-]{43}", key)
    answer = call(probed, key)
    assert answer.json() == {"id": f"key:{key[4:16]}", "role": "service"}
    assert call(probed, key, "POST").status_code == 403
    both = a_key(probed, "read", "answer")
    assert call(probed, both, "POST").status_code == 200  # and no token of a session


def test_a_wrong_an_expired_and_a_revoked_key_look_the_same(probed):
    expired, revoked, good = (a_key(probed, days=days) for days in (1, 30, 30))
    store = probed.work.store
    api_keys.revoke(store, revoked[4:16], now=probed.clock(), by="test")
    probed.clock.now += 86400
    bad = (
        expired,
        revoked,
        f"{good[:-1]}{'A' if good[-1] != 'A' else 'B'}",
        f"mlm_{'0' * 12}_{good[17:]}",
        good.lower() if good.lower() != good else good.upper(),
        good[:-1],
        "",
        "x" * 10_000,
        "' OR '1'='1",
        "mlm_' UNION SELECT 1,2,3,4,5,6,7,8 --_x",
    )
    answers = [call(probed, key) for key in bad]
    assert {one.status_code for one in answers} == {401}
    assert len({one.text for one in answers}) == 1
    assert call(probed, good).status_code == 200


def test_another_projects_key_opens_nothing(probed, desk_folder, tmp_path):
    with loop.open_workspace(a_desk_project(tmp_path / "other")) as other:
        key = a_key(OpenDesk(other))
    assert call(probed, key).status_code == 401


def test_a_key_in_the_address_opens_nothing(probed):
    key = a_key(probed)
    for name in ("key", "api_key", "access_token", "token"):
        assert probed.client().get(f"/api/v1/probe?{name}={key}").status_code == 401
    assert call(probed, key, params={"api_key": key}).status_code == 400


def test_no_cookie_counts_beside_a_key(probed):
    client = probed.client("owner")
    assert client.get("/api/v1/probe").json()["role"] == "owner"
    wrong = {"authorization": "Bearer mlm_wrong"}
    assert client.get("/api/v1/probe", headers=wrong).status_code == 401
    right = {"authorization": f"Bearer {a_key(probed)}"}
    assert client.get("/api/v1/probe", headers=right).json()["role"] == "service"


def test_another_scheme_is_left_to_the_proxy_in_front(probed):
    headers = {"authorization": "Basic b3duZXI6b3duZXI="}
    assert probed.client().get("/api/v1/probe", headers=headers).status_code == 401
    answer = probed.client("owner").get("/api/v1/probe", headers=headers)
    assert answer.json()["role"] == "owner"


def test_a_key_opens_no_page(probed):
    headers = {"authorization": f"Bearer {a_key(probed, 'read', 'answer')}"}
    for path in ("/people", "/me", "/sign-in"):
        assert probed.client().get(path, headers=headers).status_code != 200


def test_the_store_keeps_no_key_and_the_ledger_no_name(probed):
    key = a_key(probed)
    call(probed, key)
    [kept] = api_keys.everyone(probed.work.store)
    assert kept.last_used == probed.clock()
    assert key[17:] not in str(kept)
    entries = str(list(probed.work.store.entries("key.create")))
    assert key[4:16] in entries
    assert key[17:] not in entries
    assert "nightly" not in entries


def test_an_owner_makes_a_key_that_is_shown_once(probed):
    owner = probed.client("owner")
    form = {"name": "nightly <b>", "scope": ["read", "answer"], "days": "5"}
    shown = owner.post("/people/keys", data=form)
    key = re.search(r"mlm_[0-9a-f]{12}_[\w-]{43}", shown.text)[0]
    assert "nightly &lt;b&gt;" in shown.text
    assert call(probed, key).status_code == 200
    assert key not in owner.get("/people").text
    assert owner.post("/people/keys/revoke", data={"key": key[4:16]}).is_redirect
    assert call(probed, key).status_code == 401


@pytest.mark.parametrize(
    "wrong",
    [
        {"scopes": ()},
        {"scopes": ("people",)},
        {"scopes": ("read", "open")},
        {"days": 0},
        {"days": 367},
        {"name": ""},
        {"name": "a\nb"},
    ],
)
def test_a_key_without_bounds_is_refused(opened, wrong):
    given = {"name": "k", "scopes": ("read",), "days": 1, **wrong}
    with pytest.raises(RefusedError, match="a key"):
        api_keys.create(
            opened.work.store,
            given["name"],
            scopes=given["scopes"],
            days=given["days"],
            now=0.0,
            by="test",
        )
    assert api_keys.everyone(opened.work.store) == []


def test_an_owner_bounds_a_key_and_sees_what_it_used(opened):
    owner = opened.client("owner")
    form = {
        "name": "bounded",
        "scope": ["predict"],
        "days": "5",
        "task": ["system"],
        "limit": ["60", "", "1000", "0"],
    }
    assert owner.post("/people/keys", data=form).status_code == 200
    [kept] = api_keys.everyone(opened.work.store)
    assert kept.bounds.tasks == {"system"}
    assert kept.bounds.allowance == Allowance(
        requests_per_minute=60, texts_per_month=1000, tokens_per_month=0
    )
    counters = Counters(opened.work.folder / PLACE)

    def use(used):
        used.month, used.texts, used.last = month_of(opened.clock()), 17, 1.0

    counters.change(kept.id, use)
    counters.close()
    shown = re.sub(r"</?bdi>|[\u2066-\u2069]", "", owner.get("/people").text)
    assert "17 texts this month" in shown
    assert "Requests a minute: 60" in shown
    assert "last used" in shown
    refused = owner.post("/people/keys", data={**form, "limit": ["many"]})
    assert refused.status_code == 422
    assert len(api_keys.everyone(opened.work.store)) == 1
