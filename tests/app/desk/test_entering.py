# SPDX-License-Identifier: Apache-2.0
"""The desk is entered and left by its doors, and by nothing else."""

import threading

import pytest
from argon2 import PasswordHasher
from tests.app.desk.builders import PASSWORD, OpenDesk, a_person

from maalem.app.desk import people, people_deeds
from maalem.app.desk.attempts import Attempts, Door
from maalem.app.desk.passwords import Passwords
from maalem.app.desk.people import Newcomer
from maalem.app.desk.refusals import RefusedError
from maalem.app.desk.sessions import IDLE, LONGEST


def amina(opened, **more):
    return a_person(opened.work, "expert", name="Amina", password=PASSWORD, **more)


def knock(client, email, password=PASSWORD, **more):
    return client.post("/sign-in", data={"email": email, "password": password, **more})


def cookie_of(opened, answer):
    return answer.cookies.get(opened.guard.cookie)


def test_a_right_password_begins_a_session(opened):
    member = amina(opened)
    client = opened.client()
    answer = knock(client, member.email.upper(), next="/me")
    assert (answer.status_code, answer.headers["location"]) == (303, "/me")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "secure" not in cookie
    assert member.name in client.get("/me").text


def test_behind_https_a_cookie_is_never_sent_in_the_clear(opened, secured):
    answer = knock(secured.client(), amina(secured).email)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-maalem-")
    assert "Secure" in cookie
    assert "Domain" not in cookie
    assert "Path=/" in cookie


def test_the_store_keeps_no_token(opened):
    answer = knock(opened.client(), amina(opened).email)
    token = cookie_of(opened, answer)
    rows = opened.work.store.look(
        lambda tables: tables.execute("SELECT * FROM session").fetchall()
    )
    assert len(token) == 43
    assert token not in str(rows)
    assert PASSWORD not in str(people.everyone(opened.work.store))


def test_an_unknown_address_and_a_wrong_password_look_the_same(opened):
    member = amina(opened)
    closed = a_person(opened.work, "expert", name="Closed", password=PASSWORD)
    people_deeds.deactivate(opened.work.store, closed.id, by="test")
    client = opened.client()
    answers = [
        knock(client, member.email, "three blue hens run"),
        knock(client, "nobody@example.org"),
        knock(client, closed.email),
        knock(client, ""),
        knock(client, "' OR 1=1 --"),
    ]
    assert {one.status_code for one in answers} == {401}
    assert len({one.text for one in answers}) == 1
    assert not any("set-cookie" in one.headers for one in answers)


class CountingHasher(PasswordHasher):
    """A real hasher that counts what it was asked."""

    def __init__(self):
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.verified = []

    def verify(self, *given):
        self.verified.append(given)
        return super().verify(*given)


def test_a_guess_at_nobody_costs_the_same_hash():
    hasher = CountingHasher()
    passwords = Passwords(hasher)
    secret = passwords.hash(PASSWORD)
    assert passwords.is_right(PASSWORD, secret)
    assert not passwords.is_right("three blue hens run", secret)
    assert not passwords.is_right(PASSWORD, None)
    assert len(hasher.verified) == 3


@pytest.mark.parametrize("password", ["", "short", "x" * 1025, "x" * 1_000_000])
def test_a_password_of_another_length_is_never_hashed(password):
    hasher = CountingHasher()
    passwords = Passwords(hasher)
    with pytest.raises(RefusedError, match="10 to 1024 characters"):
        passwords.hash(password)
    secret = passwords.hash(PASSWORD)
    assert not passwords.is_right("x" * 1_000_000, secret)
    assert hasher.verified == []


def test_the_usual_hash_is_argon2id_of_64_mebibytes():
    secret = Passwords().hash("كلمة سر طويلة وسهلة")
    assert secret.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert Passwords().is_right("كلمة سر طويلة وسهلة", secret)


def test_more_hashes_than_cores_can_bear_are_sent_away():
    passwords = Passwords()
    refused = []

    def hash_once():
        try:
            passwords.hash(PASSWORD)
        except RefusedError as error:
            refused.append((error.status, dict(error.headers)))

    threads = [threading.Thread(target=hash_once) for _ in range(40)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert (429, {"retry-after": "1"}) in refused


def test_a_stranger_who_keeps_guessing_must_wait(opened):
    member = amina(opened)
    client = opened.client()
    answers = [knock(client, member.email, f"wrong guess {n}") for n in range(11)]
    assert [one.status_code for one in answers] == [401] * 10 + [429]
    assert int(answers[-1].headers["retry-after"]) == 600
    assert knock(client, member.email).status_code == 429
    opened.clock.now += 601
    assert knock(client, member.email).status_code == 303


def test_a_stranger_who_guesses_at_many_accounts_must_wait(opened):
    client = opened.client()
    codes = [knock(client, f"{n}@example.org").status_code for n in range(21)]
    assert codes == [401] * 20 + [429]


def test_one_stranger_does_not_lock_out_the_owner_of_the_account():
    door = Door()
    for _ in range(10):
        door.refuse_too_many("192.0.2.1", "amina@example.org", now=0.0)
    with pytest.raises(RefusedError):
        door.refuse_too_many("192.0.2.1", "amina@example.org", now=0.0)
    door.refuse_too_many("192.0.2.2", "amina@example.org", now=0.0)


def test_many_addresses_that_guess_at_one_account_must_wait():
    door = Door()
    for number in range(100):
        door.refuse_too_many(f"192.0.2.{number}", "amina@example.org", now=0.0)
    with pytest.raises(RefusedError):
        door.refuse_too_many("198.51.100.1", "amina@example.org", now=0.0)


def test_counting_attempts_takes_no_more_than_its_share_of_memory():
    attempts = Attempts(1, within=60.0)
    for number in range(30_000):
        attempts.wait(str(number), now=0.0)
    assert len(attempts._made) == 10_000


def test_a_session_ends_when_it_is_not_used(opened):
    client = opened.client("expert")
    opened.clock.now += IDLE
    assert client.get("/me").status_code == 200
    opened.clock.now += IDLE + 1
    assert client.get("/me").status_code == 303


def test_a_session_ends_in_any_case(opened):
    client = opened.client("expert")
    codes = []
    for _ in range(int(LONGEST // IDLE) + 1):
        codes.append(client.get("/me").status_code)
        opened.clock.now += IDLE - 1
    assert codes[:-1] == [200] * (len(codes) - 1)
    opened.clock.now += IDLE
    assert client.get("/me").status_code == 303


def test_a_session_outlives_the_process_that_began_it(opened):
    client = opened.client("expert")
    later = OpenDesk(opened.work)
    moved = later.client()
    moved.cookies = client.cookies
    assert moved.get("/me").status_code == 200


def test_a_session_from_the_future_is_over(opened):
    client = opened.client("expert")
    later = OpenDesk(opened.work)
    later.clock.now -= 86400.0  # started again after its clock was put back a day
    moved = later.client()
    moved.cookies = client.cookies
    assert moved.get("/me").status_code == 303


def test_sessions_that_are_over_are_swept_away(opened):
    opened.client("expert")
    opened.clock.now += IDLE + 1
    opened.client("owner")
    opened.guard.sessions.sweep(now=opened.clock())
    rows = opened.work.store.look(
        lambda tables: tables.execute("SELECT person FROM session").fetchall()
    )
    assert rows == [(opened.member("owner").id,)]


def test_a_cookie_from_before_signing_out_opens_nothing(opened):
    here, elsewhere = opened.client("expert"), opened.client("expert")
    cookies = dict(here.cookies)
    assert here.post("/sign-out").status_code == 303
    assert not here.cookies
    for client in (here, elsewhere):
        client.cookies.update(cookies)
        assert client.get("/me").status_code == 303
    assert opened.client("owner").get("/me").status_code == 200


def test_a_session_is_another_one_after_signing_in(opened):
    member = amina(opened)
    client = opened.client(member=member)
    before = client.cookies[opened.guard.cookie]
    assert knock(client, member.email).status_code == 303
    after = client.cookies[opened.guard.cookie]
    assert after != before
    client.cookies.clear()
    client.cookies.set(opened.guard.cookie, before, domain="127.0.0.1")
    assert client.get("/me").status_code == 303


def test_a_changed_password_ends_every_session_but_the_one_it_begins(opened):
    member = amina(opened)
    here, elsewhere = opened.client(member=member), opened.client(member=member)
    form = {"password": PASSWORD, "new_password": "four red hens sleep"}
    wrong = here.post("/me/password", data={**form, "password": "wrong wrong wrong"})
    assert wrong.status_code == 403
    assert elsewhere.get("/me").status_code == 200
    assert here.post("/me/password", data=form).status_code == 303
    assert here.get("/me").status_code == 200
    assert elsewhere.get("/me").status_code == 303
    assert knock(opened.client(), member.email).status_code == 401
    assert knock(opened.client(), member.email, "four red hens sleep").is_redirect


def test_whose_door_is_closed_is_out_at_once(opened):
    client = opened.client("expert")
    people_deeds.deactivate(opened.work.store, opened.member("expert").id, by="test")
    assert client.get("/me").status_code == 303


def test_a_session_that_ends_while_it_is_used_does_not_come_back(opened):
    """Reading and ending at the same moment leave nothing at hand."""
    sessions, member = opened.guard.sessions, opened.member("expert")
    for _ in range(50):
        token, _ = sessions.begin(member.id, now=opened.clock())
        reader = threading.Thread(
            target=lambda token=token: [
                sessions.find(token, now=opened.clock()) for _ in range(20)
            ]
        )
        reader.start()
        sessions.end_all(member.id)
        reader.join()
        assert sessions.find(token, now=opened.clock()) is None


@pytest.mark.parametrize(
    "wanted",
    ["https://evil.example", "//evil.example", "/\\evil.example", "evil", "\\\\e", ""],
)
def test_nobody_is_sent_to_another_site(opened, wanted):
    answer = knock(opened.client(), amina(opened).email, next=wanted)
    assert answer.headers["location"] == "/"
    form = {"language": "fr", "back": wanted}
    assert opened.client().post("/language", data=form).headers["location"] == "/"


def test_the_page_that_was_wanted_comes_after_signing_in(opened):
    answer = opened.client().get("/people")
    assert answer.headers["location"] == "/sign-in?next=/people"
    shown = opened.client().get(answer.headers["location"]).text
    assert '<input type="hidden" name="next" value="/people">' in shown


def test_a_language_is_a_persons_own(opened):
    client = opened.client("expert")
    assert 'lang="ar" dir="rtl"' in client.get("/me").text
    client.post("/language", data={"language": "fr", "back": "/me"})
    assert 'lang="fr" dir="ltr"' in client.get("/me").text
    assert people.find(opened.work.store, opened.member("expert").id).language == "fr"
    client.post("/language", data={"language": "tlh"})
    assert 'lang="fr" dir="ltr"' in client.get("/me").text


def test_a_stranger_reads_the_door_in_the_browsers_language(opened):
    client = opened.client()
    headers = {"accept-language": "ar-MA,ar;q=0.9"}
    assert 'dir="rtl"' in client.get("/sign-in", headers=headers).text
    client.post("/language", data={"language": "fr"})
    assert 'lang="fr"' in client.get("/sign-in", headers=headers).text


OWNER = {"name": "Olga", "email": "olga@example.org", "password": PASSWORD}


def test_a_project_without_people_waits_for_the_token(unowned):
    client = unowned.client()
    assert client.get("/sign-in").headers["location"] == "/set-up"
    assert client.get("/set-up").status_code == 200
    assert client.post("/set-up", data={**OWNER, "token": ""}).status_code == 403
    old, token = unowned.guard.new_set_up_token(), unowned.guard.new_set_up_token()
    assert client.post("/set-up", data={**OWNER, "token": old}).status_code == 403
    short = {**OWNER, "token": token, "password": "short"}
    answer = client.post("/set-up", data=short)
    assert answer.status_code == 422
    assert 'value="olga@example.org"' in answer.text
    assert people.everyone(unowned.work.store) == []
    assert client.post("/set-up", data={**OWNER, "token": token}).is_redirect
    assert client.get("/people").status_code == 200
    [owner] = people.everyone(unowned.work.store)
    assert (owner.role, owner.email) == ("owner", "olga@example.org")


def test_a_set_up_token_works_once(unowned):
    token = unowned.guard.new_set_up_token()
    form = {**OWNER, "token": token}
    assert unowned.client().post("/set-up", data=form).is_redirect
    again = {**form, "email": "other@example.org"}
    assert unowned.client().post("/set-up", data=again).status_code == 404
    assert unowned.client().get("/set-up").status_code == 404
    newcomer = Newcomer(name="B", email=None, language="en", role="owner")
    with pytest.raises(RefusedError, match="has an owner already"):
        people_deeds.create_first_owner(
            unowned.work.store, newcomer, secret="x", now=0.0
        )
