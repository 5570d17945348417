# SPDX-License-Identifier: Apache-2.0
"""An owner decides on the desk which release answers, and everybody sees why."""

import shutil
from datetime import UTC, datetime

import pytest
from tests.app.desk.builders import OpenDesk, a_person
from tests.app.desk.pages import fields
from tests.app.desk.traffic import a_request, judge, write

from maalem.app import loop
from maalem.app.steps.routing import Change, change_route, state_of
from maalem.records import Release


@pytest.fixture(scope="module")
def two_releases(journey, tmp_path_factory):
    """A project with two releases of a task; never change it."""
    folder = tmp_path_factory.mktemp("two") / "fleet"
    shutil.copytree(journey.folder, folder)
    with loop.open_workspace(folder) as work:
        dataset = loop.latest_dataset(work, "system")
        loop.release(work, loop.examine(work, loop.train(work, dataset)))
        for role in ("owner", "releaser", "auditor"):
            a_person(work, role)
    return folder


@pytest.fixture
def two(two_releases, tmp_path):
    """The desk of a copy of it, where the first release answers."""
    folder = shutil.copytree(two_releases, tmp_path / "fleet")
    with loop.open_workspace(folder) as work:
        decide(work, "promote", release="system-1")
        yield OpenDesk(work)


def decide(work, deed, **more):
    change_route(work, Change(task="system", deed=deed, by="owner", why="w", **more))


def press(desk, deed, *, role="owner", **form):
    """Press a button of the page as it is shown now."""
    client = desk.client(role)
    shown = fields(client.get("/traffic/system").text)
    sent = {"deed": deed, "why": "more right", "seen": shown.get("seen", ""), **form}
    return client.post("/traffic/system/route", data=sent)


def test_a_canary_is_tried_promoted_and_rolled_back(two):
    answer = press(two, "canary", release="system-2", share="12,5")
    assert (answer.status_code, answer.headers["location"]) == (303, "/traffic/system")
    state = state_of(two.work, "system")
    assert (state.champion, state.canary, state.share) == (
        *("system-1", "system-2"),
        0.125,
    )
    press(two, "promote", release="system-2", confirm=" system-2 ")
    assert state_of(two.work, "system").champion == "system-2"
    press(two, "roll-back")
    assert state_of(two.work, "system").champion == "system-1"


def test_a_decision_stands_on_the_page_with_who_made_it_and_why(two):
    press(two, "canary", release="system-2", share="10", why="<b>fewer</b> errors")
    page = two.client("auditor").get("/traffic/system").text
    assert "<bdi>Owner One</bdi> decided so" in page
    assert "&lt;b&gt;fewer&lt;/b&gt; errors" in page
    assert "<bdi>10%</bdi> of the requests" in page


def test_a_decision_is_an_entry_of_the_ledger_under_a_pseudonym(two):
    press(two, "canary", release="system-2", share="10")
    last = [*two.work.store.entries("route.change")][-1]
    assert last.details["by"] == two.member("owner").id
    assert last.details["why"] == "more right"


@pytest.mark.parametrize("role", ["releaser", "auditor"])
def test_who_is_no_owner_decides_nothing(two, role):
    before = state_of(two.work, "system")
    assert press(two, "roll-back", role=role).status_code == 403
    assert state_of(two.work, "system") == before
    page = two.client(role).get("/traffic/system").text
    assert 'action="/traffic/system/route"' not in page


@pytest.mark.parametrize(
    ("deed", "form", "code"),
    [
        ("roll-back", {"why": " "}, "desk.route"),
        ("roll-back", {"why": "x" * 501}, "desk.route"),
        ("stop", {}, "desk.route"),
        ("", {}, "desk.route"),
        ("promote", {"release": "system-2"}, "desk.route-unconfirmed"),
        ("promote", {"release": "", "confirm": ""}, "desk.route-unconfirmed"),
        (
            "promote",
            {"release": "system-2", "confirm": "system-1"},
            "desk.route-unconfirmed",
        ),
        ("roll-back", {"seen": ""}, "desk.route-changed"),
        ("canary", {"release": "system-2", "share": "51"}, "route.share"),
        ("canary", {"release": "system-2", "share": "much"}, "route.share"),
        ("canary", {"release": "system-2", "share": "nan"}, "route.share"),
        ("canary", {"release": "system-7", "share": "10"}, "route.release"),
    ],
)
def test_what_is_not_meant_or_makes_no_sense_changes_nothing(two, deed, form, code):
    before = state_of(two.work, "system")
    answer = press(two, deed, **form)
    assert 400 <= answer.status_code < 500
    assert code in answer.text
    assert state_of(two.work, "system") == before


def test_a_form_without_its_token_is_refused(two):
    client = two.client("owner")
    del client.headers["x-csrf-token"]
    form = {"deed": "roll-back", "why": "w"}
    answer = client.post("/traffic/system/route", data=form)
    assert answer.status_code == 403
    assert state_of(two.work, "system").champion == "system-1"


def test_of_two_who_decide_on_the_same_page_the_second_is_told(two):
    client = two.client("owner")
    seen = fields(client.get("/traffic/system").text)["seen"]
    form = {"deed": "roll-back", "why": "w", "seen": seen}
    assert client.post("/traffic/system/route", data=form).status_code == 303
    assert client.post("/traffic/system/route", data=form).status_code == 409
    assert state_of(two.work, "system").champion == "system-2"


def test_what_the_gateway_decided_by_itself_is_said_so(two):
    gateway = Change(task="system", deed="roll-back", by="gateway", why="it errs more")
    change_route(two.work, gateway)
    page = two.client("auditor").get("/traffic/system").text
    assert "The gateway decided so by itself" in page


def test_a_release_that_answers_is_decided_on_even_where_its_task_is_gone(two):
    (two.work.folder / "tasks" / "system.toml").unlink()
    assert press(two, "roll-back").status_code == 303
    assert state_of(two.work, "system").champion == "system-2"


def test_a_release_that_the_settings_name_leaves_nothing_to_decide(
    two_releases, tmp_path
):
    folder = shutil.copytree(two_releases, tmp_path / "fixed")
    with (folder / "maalem.toml").open("a", encoding="utf-8") as settings:
        settings.write('\n[gateway]\nreleases = ["system-1"]\n')
    with loop.open_workspace(folder) as work:
        desk = OpenDesk(work)
        page = desk.client("owner").get("/traffic/system").text
        assert "there is nothing to decide here" in page
        assert 'action="/traffic/system/route"' not in page
        answer = press(desk, "canary", release="system-2", share="10")
        assert "route.named" in answer.text


def test_what_is_known_of_a_canary_stands_on_the_page(two):
    decide(two.work, "canary", release="system-2", share=0.1)
    releases = {one.number: one.id for one in two.work.store.find(Release, "system")}
    now = datetime.now(UTC).timestamp() + 60  # after the canary began
    two.clock.now = now + 60
    several = [
        a_request(at=now, id=f"{number} {at}", release=name)
        for number, name in releases.items()
        for at in range(30)
    ]
    write(two.work.folder, several)
    page = two.client("auditor").get("/traffic/system").text
    assert "None of its answers was judged yet." in page
    judge(
        two.work.folder,
        at=now,
        drawn=[(request["id"], 0.5) for request, _ in several],
        corrections=[
            (request["id"], request["release"] == releases[1], "audit", now)
            for request, _ in several
        ],
    )
    page = two.client("auditor").get("/traffic/system").text
    assert "Judged: <bdi>30</bdi> of its answers, <bdi>30</bdi> of the" in page
    assert '<bdi dir="ltr">+100</bdi>' in page
    assert "worse: roll back" in page
