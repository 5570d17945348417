# SPDX-License-Identifier: Apache-2.0
"""Roles change, doors close, names are forgotten; the ledger knows pseudonyms alone."""

import shutil

import pytest
from tests.app.desk.builders import a_person

from maalem.app import loop
from maalem.app.desk import people, people_deeds
from maalem.app.desk.people import PERSON_ROLES, Newcomer
from maalem.app.desk.refusals import RefusedError


def told(work, action):
    return [dict(entry.details) for entry in work.store.entries(action)]


def test_a_change_of_role_is_an_entry_of_the_ledger(opened):
    owner, expert = opened.member("owner"), opened.member("expert")
    form = {"person": expert.id, "role": "curator"}
    assert opened.client("owner").post("/people/role", data=form).is_redirect
    assert people.find(opened.work.store, expert.id).role == "curator"
    assert told(opened.work, "people.role")[-1] == {
        "person": expert.id,
        "role": "curator",
        "by": owner.id,
    }


def test_a_new_role_counts_at_once(opened):
    client = opened.client("expert")
    assert client.get("/people").status_code == 403
    people_deeds.set_role(
        opened.work.store, opened.member("expert").id, "owner", by="test"
    )
    assert client.get("/people").status_code == 200


@pytest.mark.parametrize("role", ["service", "", "root", "Owner"])
def test_there_are_no_other_roles_for_people(opened, role):
    form = {"person": opened.member("expert").id, "role": role}
    assert opened.client("owner").post("/people/role", data=form).status_code == 422


def test_a_project_keeps_an_owner(opened):
    owner, client = opened.member("owner"), opened.client("owner")
    for path, form in (
        ("/people/role", {"role": "expert"}),
        ("/people/door", {"deed": "close"}),
        ("/people/door", {"deed": "erase"}),
    ):
        answer = client.post(path, data={"person": owner.id, **form})
        assert answer.status_code == 409
    assert people.has_owner(opened.work.store)
    other = a_person(opened.work, "owner", name="Other Owner")
    form = {"person": owner.id, "role": "expert"}
    assert opened.client(member=other).post("/people/role", data=form).is_redirect


def test_a_door_is_closed_and_opened_again(opened):
    expert, client = opened.member("expert"), opened.client("expert")
    owner = opened.client("owner")
    owner.post("/people/door", data={"person": expert.id, "deed": "close"})
    assert client.get("/me").status_code == 303
    assert "closed" in owner.get("/people").text
    owner.post("/people/door", data={"person": expert.id, "deed": "open"})
    assert client.get("/me").status_code == 303  # the old session stays ended
    assert opened.client("expert").get("/me").status_code == 200
    assert len(told(opened.work, "people.deactivate")) == 1
    assert len(told(opened.work, "people.activate")) == 1


def test_who_is_not_there_cannot_be_changed(opened):
    owner = opened.client("owner")
    assert (
        owner.post("/people/role", data={"person": "x", "role": "expert"}).status_code
        == 404
    )
    for deed in ("open", "close", "erase", "password", "promote"):
        form = {"person": "x", "deed": deed}
        assert owner.post("/people/door", data=form).status_code == 404
    form = {"person": opened.member("expert").id, "deed": "promote"}
    assert owner.post("/people/door", data=form).status_code == 422


def test_the_ledger_tells_no_name_and_no_address(opened):
    entries = str(list(opened.work.store.entries()))
    for member in people.everyone(opened.work.store):
        assert member.id in entries
        assert member.name not in entries
        assert member.email not in entries


def test_an_erased_name_is_nowhere_and_the_pseudonym_stays(desk_folder, tmp_path):
    folder = shutil.copytree(desk_folder, tmp_path / "fleet")
    with loop.open_workspace(folder) as work:
        member = a_person(work, "expert", name="Zubayda Tazarine")
        people_deeds.erase(work.store, member.id, by="test")
        assert people.find(work.store, member.id) is None
        assert told(work, "people.erase") == [{"person": member.id, "by": "test"}]
        assert told(work, "people.role")[-1]["person"] == member.id
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes().lower()
            assert b"zubayda" not in content
            assert b"tazarine" not in content


def test_names_are_shown_as_text(opened):
    name = "<script>alert(1)</script>"
    newcomer = Newcomer(name=name, email=None, language="en", role="expert")
    member = people.create(opened.work.store, newcomer, now=0.0, by="test")
    for client, path in (
        (opened.client("owner"), "/people"),
        (opened.client(member=member), "/me"),
    ):
        shown = client.get(path).text
        assert "<script>" not in shown
        assert "&lt;script&gt;" in shown


def test_an_address_belongs_to_one_person(opened):
    email = opened.member("owner").email.upper()
    newcomer = Newcomer(name="A", email=f" {email}", language="en", role="expert")
    with pytest.raises(RefusedError, match="belongs to somebody already"):
        people.create(opened.work.store, newcomer, now=0.0, by="test")
    assert len(people.everyone(opened.work.store)) == len(PERSON_ROLES)


def test_people_without_an_address_do_not_get_into_each_others_way(opened):
    for name in ("A", "B"):
        newcomer = Newcomer(name=name, email=None, language="en", role="expert")
        people.create(opened.work.store, newcomer, now=0.0, by="test")
    assert len(people.everyone(opened.work.store)) == len(PERSON_ROLES) + 2
    assert people.find_by_email(opened.work.store, "") is None
