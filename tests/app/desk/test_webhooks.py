# SPDX-License-Identifier: Apache-2.0
"""Webhooks: signed, bounded, led nowhere they may not go, and waited for by nobody."""

import datetime as dt
import hashlib
import hmac
import json
import logging
import shutil
import socket
import ssl
import threading
from contextlib import contextmanager
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.app.builders import caller
from tests.app.desk.builders import Clock, OpenDesk
from tests.app.desk.pages import an_answer, give
from tests.app.desk.receiver import a_receiver, a_webhook

from maalem.app import loop
from maalem.app.desk import webhooks
from maalem.app.desk.courier import MOST_WAITING, Courier
from maalem.app.desk.webhook_address import is_public, target_of
from maalem.app.desk.webhook_notices import tell_missed
from maalem.app.desk.webhook_post import post
from maalem.errors import MaalemError
from maalem.records import Item

pytestmark = pytest.mark.usefixtures("loopback")
PAUSES = (0.01, 0.01)


@contextmanager
def a_courier(*hooks, limit=5.0, pauses=PAUSES):
    courier = Courier(hooks, clock=Clock(), pauses=pauses, limit=limit)
    try:
        yield courier
    finally:
        courier.close()


def threads():
    return [one for one in threading.enumerate() if one.name == "webhooks"]


def refused(hook, limit=5.0):
    with pytest.raises(MaalemError) as caught:
        post(hook, b"{}", at=1.0, limit=limit)
    return caught.value.code


def test_a_receiver_can_check_who_sent_a_notice_and_when():
    with a_receiver() as receiver, a_courier(a_webhook(receiver.url)) as courier:
        courier.tell("annotation", b'{"id":"1"}')
        headers, body = receiver.next()
    assert body == b'{"id":"1"}'
    time, _, mark = headers["x-maalem-signature"].partition(",v1=")
    assert time == f"t={int(Clock().now)}"
    signed = f"{int(Clock().now)}.".encode() + body
    assert mark == hmac.digest(b"secret of a", signed, hashlib.sha256).hex()
    assert headers["content-type"] == "application/json"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_no_success_and_is_not_followed(status):
    with a_receiver([status]) as receiver:
        assert refused(a_webhook(receiver.url)) == "webhooks.answer"
        assert receiver.came.qsize() == 1


def test_a_notice_is_sent_again_until_it_is_taken(caplog):
    with a_receiver([500, 404]) as receiver:
        secret = f"{receiver.url}?token=zanzibar-7731"
        with a_courier(a_webhook(secret)) as courier:
            courier.tell("annotation", b"1")
            courier.tell("annotation", b"2")
            came = [receiver.next()[1] for _ in range(4)]
    assert came == [b"1", b"1", b"1", b"2"]
    assert "webhook a: webhooks.answer, 2 failed" in caplog.text
    assert "zanzibar" not in caplog.text


def test_what_is_never_taken_is_given_up_and_the_next_is_sent(caplog):
    with (
        a_receiver([500] * 3) as receiver,
        a_courier(a_webhook(receiver.url)) as courier,
    ):
        courier.tell("annotation", b"1")
        courier.tell("annotation", b"2")
        assert [receiver.next()[1] for _ in range(4)] == [b"1", b"1", b"1", b"2"]
    assert caplog.text.count("given up") == 1


def test_only_those_are_told_who_asked_for_the_event():
    with a_receiver() as first, a_receiver() as second:
        hooks = (
            a_webhook(first.url, events=("dispute",)),
            a_webhook(second.url, name="b"),
        )
        with a_courier(*hooks) as courier:
            courier.tell("annotation", b"1")
            courier.tell("release", b"2")
            courier.tell("dispute", b"3")
            assert first.next()[1] == b"3"
            assert second.next()[1] == b"1"
        assert first.came.empty()
        assert second.came.empty()


@pytest.mark.parametrize(
    "number",
    [
        *("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
        *("100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "192.0.2.1"),
        *("::1", "::", "fe80::1%1", "fc00::1", "fd00:ec2::254", "ff02::1"),
        *("::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::a00:1", "2002:a00:1::1"),
        *("2001:0:1::1", "2001:db8::1"),
    ],
)
def test_an_address_that_is_not_of_the_public_internet_is_known(number):
    assert not is_public(number)


@pytest.mark.parametrize("number", ["1.1.1.1", "8.8.8.8", "2606:4700::1111"])
def test_an_address_of_the_public_internet_is_known(number):
    assert is_public(number)


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f000001"])
def test_a_name_that_leads_home_is_refused_when_it_is_looked_up(host):
    with a_receiver() as receiver:
        port = target_of(receiver.url).port
        hook = a_webhook(f"https://{host}:{port}/", may_be_private=False)
        assert refused(hook) == "webhooks.private"
        assert receiver.came.empty()


@pytest.mark.parametrize(
    "url",
    [
        *("", "hook", "ftp://example.org/", "http://example.org/", "https:///x"),
        *("https://u:p@example.org/", "https://example.org/#x", "http://8.8.8.8/"),
        *("https://example.org:0/", "https://example.org:70000/", "https://[::1/"),
        *("https://example.org/a b", "https://example.org/\r\nx: y", "https://é.org/"),
        *("https://example.org\\@127.0.0.1/", f"https://example.org/{'x' * 2000}"),
    ],
)
def test_what_is_no_address_of_a_webhook_is_refused(url):
    with pytest.raises(MaalemError) as caught:
        target_of(url)
    assert caught.value.code == "webhooks.url"


def test_nobody_waits_for_a_receiver_that_hangs(opened, desk_client):
    with a_receiver(hangs=True) as slow, a_receiver() as quick:
        hooks = (a_webhook(slow.url), a_webhook(quick.url, name="b"))
        with a_courier(*hooks, limit=0.2, pauses=(60.0,)) as courier:
            opened.application.state.courier = courier
            client = desk_client("expert")
            answers = [answer(client) for _ in range(3)]
            told = [json.loads(quick.next()[1]) for _ in answers]
            assert slow.came.qsize() == 1  # while it rests, it is not asked again
    assert [one["annotation"] for one in told] == [one["id"] for one in answers]


def test_a_receiver_that_answers_byte_by_byte_is_left():
    with socket.create_server(("127.0.0.1", 0)) as door:
        is_over = threading.Event()

        def drip():
            line, _ = door.accept()
            with line:
                while not is_over.wait(0.02):
                    try:
                        line.sendall(b"H")
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        hook = a_webhook(f"http://127.0.0.1:{door.getsockname()[1]}/")
        assert refused(hook, limit=0.2) == "webhooks.unreachable"
        is_over.set()
        thread.join()


def test_a_queue_that_is_full_takes_no_more(caplog):
    with (
        a_receiver(hangs=True) as receiver,
        a_courier(a_webhook(receiver.url)) as courier,
    ):
        for number in range(MOST_WAITING + 5):
            courier.tell("annotation", b"%d" % number)
        receiver.released.set()
    assert "4 dropped, too many wait" in caplog.text


def answer(client):
    card = client.post("/api/v1/tasks/system/cards", json={"most": 1}).json()["cards"]
    form = {"key": str(uuid4()), "item": card[0]["item"], "labels": ["Engine"]}
    form["note"] = "zanzibar-7731"
    path = "/api/v1/tasks/system/answers"
    given = client.post(path, json=form).json()
    assert client.post(path, json=form).json()["duplicate"]
    return {**given, "key": form["key"], "item": form["item"]}


def test_a_desk_without_webhooks_starts_no_thread(opened, desk_client):
    before = threads()
    answer(desk_client("expert"))
    assert threads() == before


def with_webhook(work, url, *events):
    return webhooks.create(
        work.store, url, events=events, may_be_private=True, now=1.0, by="test"
    )


def test_a_notice_names_records_and_counts_and_no_text_or_person(work):
    with a_receiver() as receiver:
        with_webhook(work, receiver.url, "annotation", "dispute")
        desk = OpenDesk(work)
        expert = desk.client("expert")
        given = answer(expert)
        form = {"key": str(uuid4()), "of": given["key"]}
        expert.post("/api/v1/tasks/system/withdraw", json=form)
        item = next(work.store.find(Item, "system"))
        people = [desk.member(role).id for role in ("curator", "trainer")]
        both = zip(people, ("Engine", "Electrical"), strict=True)
        give(desk, [an_answer(item, who, labels=(what,)) for who, what in both])
        settled = {"choice": "label:Engine", "reason": "zanzibar-7731", "seen": ""}
        desk.client("owner").post(f"/resolve/system/{item.id}", data=settled)
        came = [receiver.next()[1] for _ in range(3)]
        desk.application.state.courier.close()
    kept, taken, decided = map(json.loads, came)
    assert kept["annotation"] == taken["annotation"] == given["id"]
    assert (kept["is_withdrawal"], taken["is_withdrawal"]) == (False, True)
    assert (kept["item"], decided["item"]) == (given["item"], item.id)
    assert (kept["annotations"], taken["annotations"]) == (1, 2)
    assert (decided["event"], decided["adjudications"]) == ("dispute", 1)
    assert len({one["id"] for one in (kept, taken, decided)}) == 3
    text = b"".join(came).decode()
    for secret in ("zanzibar", "Engine", "expert:", "One"):
        assert secret not in text


def a_certificate(folder):
    """Make a certificate of `localhost`, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    day = dt.timedelta(days=1)
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder(name, name, key.public_key())
        .serial_number(1)
        .not_valid_before(now - day)
        .not_valid_after(now + day)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False
        )
    )
    pem = serialization.Encoding.PEM
    signed = builder.sign(key, hashes.SHA256()).public_bytes(pem)
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "localhost.pem"
    path.write_bytes(private + signed)
    return path


def test_a_certificate_must_be_trusted_and_name_the_host(tmp_path, monkeypatch):
    path = a_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    with a_receiver(context=context) as receiver:
        assert refused(a_webhook(receiver.url)) == "webhooks.unreachable"
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        post(a_webhook(receiver.url), b"{}", at=1.0)
        assert receiver.next()[1] == b"{}"
        other = receiver.url.replace("localhost", "127.0.0.1")
        assert refused(a_webhook(other)) == "webhooks.unreachable"


@pytest.fixture
def call(desk_folder, tmp_path, capsys):
    """Call `maalem webhooks` in a project."""
    folder = shutil.copytree(desk_folder, tmp_path / "fleet")
    maalem = caller(capsys)

    def call(*arguments):
        return maalem("--json", "-C", folder, "webhooks", *arguments)

    call.folder = folder
    return call


def test_an_owner_adds_lists_and_removes_webhooks(call):
    made = call("add", "https://example.org/a?k=1", "--event", "annotation").json
    assert len(made["secret"]) == 43
    (shown,) = call("list").json["webhooks"]
    assert shown == {
        "id": made["id"],
        "url": "https://example.org/a",
        "events": "annotation",
        "private": "refused",
    }
    assert call("remove", made["id"]).code == 0
    assert call("list").json["webhooks"] == []
    assert call("remove", made["id"]).error["code"] == "webhooks.missing"


def test_what_an_owner_allows_is_in_the_ledger_and_the_secret_is_not(call):
    wanted = ("--event", "dispute", "--event", "release")
    made = call("add", "https://10.0.0.7/zanzibar", *wanted, "--allow-private").json
    with loop.open_workspace(call.folder, read_only=True) as work:
        (entry,) = work.store.entries("webhook.add")
        (hook,) = webhooks.everyone(work.store)
    assert entry.details["may_be_private"] is True
    assert entry.details["events"] == ["dispute", "release"]
    assert hook.may_be_private
    assert made["secret"] not in str(entry)
    assert "zanzibar" not in str(entry)
    assert made["secret"] not in repr(hook)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("https://10.0.0.7/", "--event", "annotation"), "webhooks.private"),
        (("http://localhost:1/", "--event", "annotation"), "webhooks.private"),
        (("http://example.org/", "--event", "annotation"), "webhooks.url"),
        (("https://example.org/", "--event", "everything"), "webhooks.event"),
        (("https://example.org/",), "webhooks.event"),
    ],
)
def test_a_webhook_that_cannot_be_is_refused(call, arguments, code):
    answer = call("add", *arguments)
    assert (answer.code, answer.error["code"]) == (2, code)


def test_what_is_not_delivered_when_the_desk_closes_is_counted(caplog):
    caplog.set_level(logging.WARNING)
    with a_receiver([500]) as receiver:
        courier = Courier([a_webhook(receiver.url)], clock=Clock(), pauses=(60.0,))
        courier.tell("annotation", b"1")
        receiver.next()
        courier.close()
    assert "1 notices to webhooks were not delivered" in caplog.text
    courier.tell("annotation", b"2")
    assert receiver.came.empty()


def done_while_closed(work, *, number=1):
    """Do what the command line does while the desk is closed."""
    store = work.store
    store.append(
        "dataset.chosen",
        details={"task": "system", "dataset": f"d{number}", "drawn": 1},
    )
    store.append(
        "train.done", details={"task": "system", "runs": ["r1"], "reason": "zanzibar"}
    )
    release = {"task": "system", "release": f"sha256:{number}", "verdict": "ship"}
    store.append("release.sign", details={**release, "folder": "zanzibar-7731"})


def while_open(work, receiver, *, count):
    """Open the desk until so many notices have come; give them, and close it."""
    desk = OpenDesk(work)
    came = [json.loads(receiver.next()[1]) for _ in range(count)]
    desk.application.state.courier.close()
    return came


ALL_DONE = ("dataset", "training", "release")


def test_what_was_done_while_the_desk_was_closed_is_told_once_when_it_opens(work):
    with a_receiver() as receiver:
        with_webhook(work, receiver.url, *ALL_DONE)
        done_while_closed(work)
        first = while_open(work, receiver, count=3)
        assert while_open(work, receiver, count=0) == []
        done_while_closed(work, number=2)
        second = while_open(work, receiver, count=3)
        assert while_open(work, receiver, count=0) == []
        assert receiver.came.empty()
    assert [one["event"] for one in first] == [*ALL_DONE]
    assert (first[0]["dataset"], first[1]["runs"]) == ("d1", ["r1"])
    assert (first[2]["release"], first[2]["verdict"]) == ("sha256:1", "ship")
    assert [one["release"] for one in second[2:]] == ["sha256:2"]
    assert len({one["id"] for one in first + second}) == 6
    assert "zanzibar" not in json.dumps(first)
    told = [entry.details["entry"] for entry in work.store.entries("webhook.told")]
    assert told == [one["entry"] for one in first + second]


def test_an_entry_that_says_too_little_is_told_to_nobody(work):
    with a_receiver() as receiver:
        with_webhook(work, receiver.url, *ALL_DONE)
        work.store.append("train.done", details={"task": "system"})
        done_while_closed(work)
        assert len(while_open(work, receiver, count=3)) == 3
        assert receiver.came.empty()


def test_a_new_webhook_is_told_nothing_of_old(work):
    with a_receiver() as receiver:
        done_while_closed(work)
        with_webhook(work, receiver.url, *ALL_DONE)
        assert while_open(work, receiver, count=0) == []
        assert receiver.came.empty()


def test_each_webhook_is_told_for_itself_of_what_it_asked_for(work):
    with a_receiver() as early, a_receiver() as late:
        with_webhook(work, early.url, "release")
        done_while_closed(work)
        with_webhook(work, late.url, "release", "dataset")
        done_while_closed(work, number=2)
        desk = OpenDesk(work)
        ours = [json.loads(early.next()[1]) for _ in range(2)]
        theirs = [json.loads(late.next()[1]) for _ in range(2)]
        desk.application.state.courier.close()
        assert early.came.empty()
        assert late.came.empty()
    assert [one["release"] for one in ours] == ["sha256:1", "sha256:2"]
    assert [one["event"] for one in theirs] == ["dataset", "release"]
    assert ours[1]["id"] == theirs[1]["id"]


def test_what_was_not_taken_comes_again_under_the_same_name(work):
    with a_receiver([500]) as receiver:
        with_webhook(work, receiver.url, "release")
        done_while_closed(work)
        (first,) = while_open(work, receiver, count=1)
        (again,) = while_open(work, receiver, count=1)
        assert while_open(work, receiver, count=0) == []
    assert first == again


def test_what_was_given_up_does_not_hold_back_what_was_taken(work):
    with a_receiver([500]) as receiver:
        with_webhook(work, receiver.url, "release")
        done_while_closed(work)
        done_while_closed(work, number=2)
        hooks = webhooks.everyone(work.store)
        courier = Courier(hooks, clock=Clock(), pauses=())
        tell_missed(courier, work.store, hooks)
        came = [json.loads(receiver.next()[1])["release"] for _ in range(2)]
        courier.close()
        (again,) = while_open(work, receiver, count=1)
        assert receiver.came.empty()
    assert came == ["sha256:1", "sha256:2"]
    assert again["release"] == "sha256:1"


def test_a_desk_that_nobody_asks_about_the_ledger_writes_nothing_into_it(work):
    with a_receiver() as receiver:
        with_webhook(work, receiver.url, "annotation")
        done_while_closed(work)
        before = sum(1 for _ in work.store.entries())
        assert while_open(work, receiver, count=0) == []
        assert sum(1 for _ in work.store.entries()) == before
