# SPDX-License-Identifier: Apache-2.0
"""A link lets one person in, once, for a while."""

import re
import threading

import pytest
from tests.app.desk.builders import PASSWORD, a_person

from maalem.app.desk import invitations, people
from maalem.app.desk.invitations import DAYS
from maalem.app.desk.people import Newcomer
from maalem.app.desk.refusals import RefusedError

FORM = {"name": "أمينة", "email": "Amina@Example.org", "password": PASSWORD}


def a_link(opened, *, role="expert", language="ar"):
    """Invite as an owner does, on the page; give the path of the link."""
    form = {"name": "Amina", "role": role, "language": language}
    shown = opened.client("owner").post("/people/invite", data=form).text
    return re.search(r"http://127\.0\.0\.1:8000(/invitation/[\w-]{43})", shown)[1]


def test_an_invitation_lets_somebody_in(opened):
    path = a_link(opened)
    client = opened.client()
    greeting = client.get(path).text
    assert 'lang="ar" dir="rtl"' in greeting
    assert 'value="Amina"' in greeting
    assert client.post(path, data=FORM).headers["location"] == "/"
    shown = client.get("/me").text
    assert "أمينة" in shown
    assert 'lang="ar" dir="rtl"' in shown
    member = people.find_by_email(opened.work.store, "amina@example.org")
    assert (member.role, member.language) == ("expert", "ar")


def test_a_guest_may_switch_the_language(opened):
    path = a_link(opened)
    client = opened.client()
    client.post("/language", data={"language": "fr", "back": path})
    assert 'lang="fr"' in client.get(path).text
    client.post(path, data=FORM)
    assert people.find_by_email(opened.work.store, FORM["email"]).language == "fr"


def test_the_role_is_the_invitations_and_not_the_guests(opened):
    path = a_link(opened)
    opened.client().post(path, data={**FORM, "role": "owner"})
    assert people.find_by_email(opened.work.store, FORM["email"]).role == "expert"


def test_a_used_an_old_and_an_unknown_link_look_the_same(opened):
    used, old = a_link(opened), a_link(opened)
    assert opened.client().post(used, data=FORM).is_redirect
    opened.clock.now += DAYS * 86400 + 1
    unknown = f"/invitation/{'x' * 43}"
    answers = [opened.client().get(path) for path in (used, old, unknown)]
    answers += [opened.client().post(path, data=FORM) for path in (used, old, unknown)]
    assert {one.status_code for one in answers} == {404}
    assert len({one.text.replace(path_of(one), "") for one in answers}) == 1


def path_of(answer):
    return answer.request.url.path


def test_a_link_that_two_use_at_once_lets_one_in(opened):
    store, now = opened.work.store, opened.clock()
    guest = Newcomer(name="A", email=None, language="en", role="expert")
    token = invitations.invite(store, guest, now=now, by="test")
    found = invitations.find(store, token, now=now)
    came, refused = [], []

    def enter(number):
        newcomer = Newcomer(
            name="A", email=f"{number}@example.org", language="en", role="expert"
        )
        try:
            came.append(
                invitations.join(store, found, newcomer, secret="x", now=now).id
            )
        except RefusedError as error:
            refused.append(error.code)

    threads = [threading.Thread(target=enter, args=(n,)) for n in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(came) == 1
    assert refused == ["people.invitation"] * 7


def test_a_taken_address_leaves_the_link_as_it_was(opened):
    path = a_link(opened)
    taken = {**FORM, "email": opened.member("owner").email}
    answer = opened.client().post(path, data=taken)
    assert answer.status_code == 409
    assert 'role="alert"' in answer.text
    assert opened.client().post(path, data=FORM).is_redirect


@pytest.mark.parametrize(
    "wrong",
    [
        {"password": "short"},
        {"email": "no-address"},
        {"email": "a b@c"},
        {"name": ""},
        {"name": "a\u0000b"},
        {"name": "a\u202eb"},
        {"name": "x" * 201},
    ],
)
def test_what_is_no_name_or_address_is_refused_and_the_link_stays(opened, wrong):
    path = a_link(opened)
    assert opened.client().post(path, data={**FORM, **wrong}).status_code == 422
    assert opened.client().post(path, data=FORM).is_redirect


def test_a_withdrawn_link_opens_nothing(opened):
    path = a_link(opened)
    [invitation] = invitations.pending(opened.work.store, now=opened.clock())
    form = {"invitation": invitation.key}
    assert opened.client("owner").post("/people/uninvite", data=form).is_redirect
    assert opened.client().get(path).status_code == 404


def test_a_forgotten_password_is_chosen_anew_by_a_link(opened):
    member = a_person(opened.work, "expert", name="Clara", password=PASSWORD)
    elsewhere = opened.client(member=member)
    form = {"person": member.id, "deed": "password"}
    shown = opened.client("owner").post("/people/door", data=form).text
    path = re.search(r"/invitation/[\w-]{43}", shown)[0]
    client = opened.client()
    assert "Clara" in client.get(path).text
    assert client.post(path, data={"password": "four red hens sleep"}).is_redirect
    assert "Clara" in client.get("/me").text
    assert elsewhere.get("/me").status_code == 303
    assert len(people.everyone(opened.work.store)) == 7
    assert opened.client().get(path).status_code == 404


def test_the_store_and_the_ledger_keep_no_link_and_the_ledger_no_name(opened):
    path = a_link(opened)
    token = path.rpartition("/")[2]
    rows = opened.work.store.look(
        lambda tables: tables.execute("SELECT * FROM invitation").fetchall()
    )
    opened.client().post(path, data=FORM)
    entries = str(list(opened.work.store.entries()))
    assert token not in str(rows) + entries
    assert "people.invite" in entries
    for told in ("Amina", "أمينة", "amina@example.org"):
        assert told not in entries
