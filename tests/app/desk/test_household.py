# SPDX-License-Identifier: Apache-2.0
"""`maalem people` does from the command line what an owner does on the page."""

import re
import shutil

import pytest
from tests.app.builders import caller
from tests.app.desk.builders import PASSWORD, OpenDesk

from maalem.app import loop
from maalem.app.opening import GUESTS, _invited


@pytest.fixture
def folder(desk_folder, tmp_path):
    return shutil.copytree(desk_folder, tmp_path / "fleet")


@pytest.fixture
def call(folder, capsys):
    """Call `maalem people` in the project."""
    maalem = caller(capsys)
    return lambda *arguments: maalem("--json", "-C", folder, "people", *arguments)


def test_a_link_made_at_the_command_line_lets_somebody_in(folder, call):
    given = call("invite", "Amina", "--role", "curator", "--language", "ar").json
    path = re.fullmatch(r"http://127.0.0.1:8000(/invitation/[\w-]{43})", given["link"])
    with loop.open_workspace(folder) as work:
        desk = OpenDesk(work)
        desk.clock.now = 1.0  # long before it expires
        client = desk.client()
        form = {"name": "Amina", "email": "a@example.org", "password": PASSWORD}
        assert client.post(path[1], data=form).is_redirect
        assert "Amina" in client.get("/me").text
    roles = {one["name"]: one["role"] for one in call("list").json["people"]}
    assert roles["Amina"] == "curator"


def test_a_role_is_changed_and_a_door_closed(call):
    expert = next(one for one in call("list").json["people"] if one["role"] == "expert")
    assert call("role", expert["email"], "trainer").json["person"] == expert["id"]
    assert call("deactivate", expert["id"]).code == 0
    after = next(
        one for one in call("list").json["people"] if one["id"] == expert["id"]
    )
    assert (after["role"], after["door"]) == ("trainer", "closed")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("invite", "Amina", "--role", "service"), "people.value"),
        (("invite", "Amina", "--language", "tlh"), "people.value"),
        (("invite", ""), "people.value"),
        (("role", "nobody@example.org", "expert"), "people.missing"),
        (("role", "owner.one@example.org", "expert"), "people.last-owner"),
        (("role", "owner.one@example.org", "god"), "people.value"),
        (("deactivate", "owner.one@example.org"), "people.last-owner"),
    ],
)
def test_what_cannot_be_is_refused(call, arguments, code):
    answer = call(*arguments)
    assert answer.code == 2
    assert answer.error["code"] == code


def test_the_demo_invites_its_guests_until_they_have_come(folder):
    with loop.open_workspace(folder) as work:
        first = _invited(work)
        again = _invited(work)
        assert list(again) == [name for name, _ in GUESTS]
        assert set(first.values()).isdisjoint(again.values())
        desk = OpenDesk(work)
        desk.clock.now = 1.0
        client = desk.client()
        form = {"name": "Amina", "email": "a@example.org", "password": PASSWORD}
        old, new = (
            links["Amina"].removeprefix("http://127.0.0.1:8000")
            for links in (first, again)
        )
        assert client.get(old).status_code == 404
        assert 'lang="ar"' in client.get(new).text
        assert client.post(new, data=form).is_redirect
        assert list(_invited(work)) == ["Benoît", "Clara"]
