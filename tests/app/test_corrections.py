# SPDX-License-Identifier: Apache-2.0
"""What the gateway is not sure of, and what callers say, comes home to the experts."""

import dataclasses
import sqlite3
from contextlib import contextmanager

import pytest
from tests.serving import builders as serving_builders
from tests.serving.builders import ask
from tests.serving.corrections.builders import log

from maalem.app import loop
from maalem.app.desk import api_keys
from maalem.app.gateway.corrections import attach_corrections, taking_home
from maalem.app.gateway.intake import Intake
from maalem.app.gateway.opening import open_gateway
from maalem.app.steps.cases import CaseMaker
from maalem.app.steps.corrections import (
    audit_error,
    corrections,
    drift,
    hear_experts,
    traffic_file,
)
from maalem.app.steps.feedback import FeedbackFiler
from maalem.app.steps.runs import dataset_folder
from maalem.app.steps.settled import exam_items, settled
from maalem.dataset import read_split
from maalem.errors import IntegrityError
from maalem.experts.annotations import UNNAMED, named
from maalem.experts.naming import identified
from maalem.experts.vigilance import held_now
from maalem.records import Annotation, Document, Hold, Item, Passage, Release
from maalem.serving.corrections.book import AUDIT, CASE, Book
from maalem.serving.corrections.collector import Found, Sieve
from maalem.serving.corrections.links import LinkDoor, Linker
from maalem.serving.corrections.reading import (
    audited_items,
    counts,
    find_taken,
    questions,
)
from maalem.serving.corrections.spool import Spool
from maalem.serving.keys import Caller

NOW = 2_000_000_000.0
SURE = "the compressor belt squeals when cold"
LONG = (
    "the compressor belt squeals when the morning is cold and the yard is wet and it "
    "stops once the engine has run for ten minutes or the driver has tightened it"
)


@pytest.fixture
def work(copied):
    """A project with a release, opened."""
    with loop.open_workspace(copied) as opened:
        yield opened


def a_found(text, request="r1", **told):
    given = {"task": "system", "release": "", "at": NOW, "label": "Engine"} | told
    return Found(request=request, place=0, text=text, **given)


def an_intake(work, *, share=1.0, **settings):
    changed = dataclasses.replace(
        work.project.corrections, audit_share=share, **settings
    )
    project = dataclasses.replace(work.project, corrections=changed)
    work = dataclasses.replace(work, project=project)
    book, maker = Book(traffic_file(work)), CaseMaker(work)
    return Intake(
        work,
        book,
        maker=maker,
        filer=FeedbackFiler(work, book, maker=maker, clock=lambda: NOW),
        sieve=Sieve(b"secret", share=share),
    )


def taken(work, request="r1"):
    return find_taken(traffic_file(work), request, 0)


def expert_says(work, item, label, who="expert:1"):
    answer = Annotation(
        id=UNNAMED, item=item, task="system", annotator=who, labels=(label,)
    )
    work.store.append("annotation.desk", [named(answer)])


def test_a_case_becomes_a_question_that_teaches_and_never_examines(work):
    intake = an_intake(work)
    texts = [f"gearbox number {n} of the {n}th loader whines" for n in range(25)]
    intake.take(a_found(text, f"r{n}") for n, text in enumerate(texts))
    items = questions(traffic_file(work), "system")
    assert len(items) >= 20
    everything = tuple(work.store.find(Item, "system"))
    assert not exam_items(work, everything) & set(items)
    found = work.store.get(Item, taken(work, "r0").item)
    assert (found.text, found.language) == (texts[0], "en")
    document = work.store.get(Document, work.store.get(Passage, found.passage).document)
    assert (document.source, document.place) == ("gateway", "request r0, text 0")


def test_what_is_nearly_a_question_from_the_gateway_and_comes_later_joins_its_group(
    work, tmp_path
):
    an_intake(work).take([a_found(LONG)])
    table = tmp_path / "later.csv"
    table.write_text(f"text,system,asset\n{LONG} today,Engine,x\n", "utf-8")
    loop.add(work, [table])
    loop.ask(work, "system")
    first = work.store.get(Item, taken(work).item)
    (later,) = (one for one in work.store.find(Passage) if one.text.endswith("today"))
    assert later.near == (first.passage,)
    assert later.group == first.group


def test_the_same_text_is_one_question_and_is_counted_each_time(work):
    intake = an_intake(work)
    before = work.store.count(Item, "system")
    intake.take([a_found(SURE, "r1"), a_found(SURE, "r2"), a_found(SURE, "r1")])
    assert work.store.count(Item, "system") == before + 1
    assert taken(work, "r1").item == taken(work, "r2").item
    assert counts(traffic_file(work), "system") == {CASE: {"new": 1, "again": 1}}


def test_a_text_of_the_exam_is_counted_and_not_asked(work):
    items = tuple(work.store.find(Item, "system"))
    examined = exam_items(work, items)
    one = next(item for item in items if item.id in examined)
    before = (work.store.count(Passage), work.store.count(Item, "system"))
    an_intake(work).take([a_found(one.text), a_found(f"{one.text}!", "r2")])
    assert taken(work).outcome == "exam"
    assert taken(work, "r2").outcome == "exam"
    assert (work.store.count(Passage), work.store.count(Item, "system")) == before
    assert questions(traffic_file(work), "system") == ()


def test_an_empty_text_and_a_task_that_is_gone_are_counted(work):
    intake = an_intake(work)
    intake.take([a_found("\u200b "), a_found("x", "r2", task="gone")])
    assert (taken(work).outcome, taken(work, "r2").outcome) == ("empty", "no-task")


def test_what_is_over_the_bounds_is_counted_and_not_asked(work):
    intake = an_intake(work, most_a_day=2)
    texts = ["belt torn at dawn", "mirror cracked twice", "seat spring creaks"]
    intake.take(a_found(text, f"r{n}") for n, text in enumerate(texts))
    assert [taken(work, f"r{n}").outcome for n in range(3)] == ["new", "new", "over"]
    intake.take([a_found(texts[0], "r4")])
    assert taken(work, "r4").outcome == "again"


def test_personal_data_is_replaced_as_in_the_corpus(work):
    replaced = dataclasses.replace(work.project.corpus, personal="replace")
    project = dataclasses.replace(work.project, corpus=replaced)
    work = dataclasses.replace(work, project=project)
    an_intake(work).take([a_found("mail amina@example.org about the winch drum")])
    item = work.store.get(Item, taken(work).item)
    assert "amina" not in item.text
    assert "[email-" in item.text


def test_what_a_kill_left_in_the_log_is_made_up_for(work):
    path = traffic_file(work)
    log(path, "r1", "winch drum slips in rain", at=NOW, reason="below", probability=0.3)
    log(path, "r2", "boom sways at rest", at=NOW, reason="below", keeps=False)
    log(path, "r3", "cab door rattles loudly", at=NOW, probability=0.81)
    log(path, "r4", "never sent", at=NOW, reason="below", arm="shadow")
    intake = an_intake(work)
    intake.do_chores(NOW + 1000.0)
    intake.do_chores(NOW + 1000.0)
    assert taken(work).outcome == "new"
    assert (taken(work, "r2").outcome, taken(work, "r2").item) == ("lost", None)
    assert (taken(work, "r3").kind, taken(work, "r3").outcome) == (AUDIT, "new")
    assert taken(work, "r4") is None


def test_experts_answers_to_the_audit_give_the_error_in_use(work):
    intake = an_intake(work)
    assert audit_error(work, "system", since=0.0).estimate is None
    texts = [f"ladder rung {n} bent near the {n}th step" for n in range(12)]
    intake.take(
        a_found(text, f"r{n}", chosen=0.5 if n % 2 else 1.0)
        for n, text in enumerate(texts)
    )
    path = traffic_file(work)
    asked = audited_items(path, "system")
    assert asked
    told = audit_error(work, "system", since=0.0)
    assert (told.drawn, told.answered, told.estimate) == (len(asked), 0, None)
    for number, item in enumerate(sorted(asked)):
        expert_says(work, item, "Hydraulics" if number == 0 else "Engine")
    hear_experts(work, Book(path), "system", heard={}, now=NOW)
    told = audit_error(work, "system", since=0.0)
    assert (told.answered, told.wrong) == (len(asked), 1)
    assert 0.0 < told.low < told.estimate < told.high < 1.0
    assert corrections(work, "system", now=NOW).open == 0


@contextmanager
def a_gateway(work, *scopes):
    key = api_keys.create(work.store, "app", scopes=scopes, days=1, now=NOW, by="owner")
    gateway = open_gateway(work, clock=lambda: NOW)
    yield gateway, key
    gateway.close()


def test_an_answer_below_the_threshold_is_in_the_queue_when_the_gateway_has_closed(
    work,
):
    with a_gateway(work, "predict") as (gateway, key):
        body = {"model": "system", "input": ["zzz qqq", "engine will not start"]}
        answer = ask(gateway, "/v1/classifications", json=body, key=key)
        assert answer.status_code == 200
        flags = answer.headers["x-maalem-needs-expert"].split(",")
    request = answer.headers["x-request-id"]
    for place, flag in enumerate(flags):
        found = find_taken(traffic_file(work), request, place)
        assert (found is not None and found.kind == CASE) == (flag == "true")


def feedback(gateway, key, **more):
    headers = more.pop("headers", {})
    return ask(gateway, "/v1/feedback", json=more, key=key, headers=headers)


def test_feedback_is_an_annotation_that_settles_nothing_by_itself(work):
    log(traffic_file(work), "r1", SURE, at=NOW)
    with a_gateway(work, "feedback") as (gateway, key):
        answer = feedback(
            gateway, key, request="r1", label="Hydraulics", comment="it is the pump"
        )
        assert answer.status_code == 200
        told = answer.json()
        assert (told["agrees"], told["status"]) == (False, "queued")
        again = feedback(
            gateway, key, request="r1", label="Hydraulics", comment="it is the pump"
        )
        assert (again.json()["id"], again.json()["status"]) == (told["id"], "known")
    said = work.store.get(Annotation, told["id"])
    assert said.annotator == f"feedback:{key.split('_')[1]}"
    assert (said.source, said.suggestion_shown) == ("feedback", True)
    assert "r1" in said.note
    assert said.reason == "it is the pump"
    assert said.annotator in held_now(work.store.find(Hold, "system"))
    golds = {one.item for one in settled(work, work.task("system")).golds}
    assert said.item not in golds
    assert questions(traffic_file(work), "system")[0] == said.item
    expert_says(work, said.item, "Electrical")
    golds = {one.item: one for one in settled(work, work.task("system")).golds}
    assert golds[said.item].label == "Electrical"
    assert golds[said.item].set_aside == (said.id,)


def test_who_says_only_that_an_answer_was_wrong_is_heard_too(work):
    log(traffic_file(work), "r1", SURE, at=NOW)
    with a_gateway(work, "feedback") as (gateway, key):
        told = feedback(gateway, key, request="r1", correct=False).json()
    assert (told["label"], told["agrees"], told["status"]) == (None, False, "queued")
    said = work.store.get(Annotation, told["id"])
    assert (said.labels, said.outcome) == ((), "unknown")
    assert questions(traffic_file(work), "system") == (said.item,)
    report = corrections(work, "system", now=NOW)
    assert (report.feedback, report.agreeing) == (1, 0)


def test_feedback_that_agrees_counts_and_persons_are_told_apart_without_their_names(
    work,
):
    log(traffic_file(work), "r1", SURE, at=NOW)
    with a_gateway(work, "feedback") as (gateway, key):
        one = feedback(gateway, key, request="r1", correct=True, by="Amina")
        two = feedback(gateway, key, request="r1", label="Engine", by="Bruno")
        blank = feedback(gateway, key, request="r1", label="", correct=True)
    assert one.json()["agrees"]
    assert two.json()["agrees"]
    assert blank.json()["agrees"]
    names = {
        work.store.get(Annotation, told.json()["id"]).annotator for told in (one, two)
    }
    assert len(names) == 2
    assert not any("mina" in name or "runo" in name for name in names)
    report = corrections(work, "system", now=NOW)
    assert (report.feedback, report.agreeing) == (3, 3)


def test_feedback_on_a_text_of_the_exam_is_counted_and_never_stands_there(work):
    items = tuple(work.store.find(Item, "system"))
    examined = exam_items(work, items)
    one = next(item for item in items if item.id in examined)
    log(traffic_file(work), "r1", one.text, at=NOW)
    before = work.store.count(Annotation, "system")
    with a_gateway(work, "feedback") as (gateway, key):
        answer = feedback(gateway, key, request="r1", correct=True)
    assert answer.json()["status"] == "noted"
    assert work.store.count(Annotation, "system") == before
    assert corrections(work, "system", now=NOW).feedback == 1


def test_a_text_that_was_not_kept_must_come_along_and_be_the_one_answered(work):
    log(traffic_file(work), "r1", SURE, at=NOW, keeps=False)
    with a_gateway(work, "feedback") as (gateway, key):
        bare = feedback(gateway, key, request="r1", correct=True)
        other = feedback(gateway, key, request="r1", correct=True, input="another")
        right = feedback(gateway, key, request="r1", correct=True, input=SURE)
    assert bare.json()["error"]["code"] == "gateway.feedback-input"
    assert (other.status_code, other.json()["error"]["param"]) == (400, "input")
    assert right.status_code == 200


def test_a_key_of_ones_own_stands_for_one_feedback(work):
    log(traffic_file(work), "r1", SURE, at=NOW)
    mine = {"idempotency-key": "abc"}
    with a_gateway(work, "feedback") as (gateway, key):
        feedback(gateway, key, request="r1", label="Engine", headers=mine)
        same = feedback(gateway, key, request="r1", label="Engine", headers=mine)
        other = feedback(gateway, key, request="r1", label="Electrical", headers=mine)
    assert (same.status_code, same.json()["status"]) == (200, "known")
    assert (other.status_code, other.json()["error"]["code"]) == (
        409,
        "gateway.feedback-key",
    )


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"request": "nobody", "correct": True}, 404),
        ({"request": "r1", "place": 1, "correct": True}, 404),
        ({"request": "r1", "label": "Brakes"}, 400),
        ({"request": "r1"}, 400),
        ({"correct": True}, 400),
        ({"request": "r1", "label": "Engine", "correct": True}, 400),
        ({"request": "r1", "correct": "yes"}, 400),
        ({"request": "r1", "correct": 1}, 400),
        ({"request": "r1", "label": ""}, 400),
        ({"request": "r1", "correct": True, "place": True}, 400),
        ({"request": "r1", "correct": True, "secret": 1}, 400),
        ({"request": "r1", "correct": True, "comment": "x" * 2001}, 400),
        ({"request": "r1", "text": "a better text"}, 400),
        ({"request": "r1", "correct": True, "input": 7}, 400),
    ],
)
def test_feedback_that_cannot_be_meant_is_refused_in_openais_form(work, body, status):
    log(traffic_file(work), "r1", SURE, at=NOW)
    with a_gateway(work, "feedback") as (gateway, key):
        answer = feedback(gateway, key, **body)
    assert answer.status_code == status
    assert answer.json()["error"]["message"]


def test_a_key_that_may_only_ask_may_not_correct(work):
    with a_gateway(work, "predict") as (gateway, key):
        answer = feedback(gateway, key, request="r1", correct=True)
    assert answer.status_code == 403


def test_the_command_tells_what_came_home_and_the_status_too(copied, maalem):
    with loop.open_workspace(copied) as work:
        intake = an_intake(work)
        intake.take([a_found("winch drum slips in rain")])
        intake.take([a_found("cab door rattles loudly", "r2", chosen=0.5)])
        expert_says(work, taken(work, "r2").item, "Hydraulics")
    told = maalem(
        "-C", copied, "--json", "corrections", "system", "--since", "2020-1-1"
    )
    (task,) = told.json["tasks"]
    assert (task["task"], task["open"]) == ("system", 1)
    assert task["taken"] == [["audit", "new", 1], ["case", "new", 1]]
    assert (task["audit"]["answered"], task["audit"]["wrong"]) == (1, 1)
    assert {one["has_moved"] for one in task["drift"]} == {None}
    shown = maalem("-C", copied, "corrections")
    assert "error in use: unknown: none was drawn" in shown.out
    assert "length: unknown" in shown.out
    assert "1 of them came from the gateway" in maalem("-C", copied, "status").err


def test_without_a_gateway_nothing_came_home_and_nothing_fails(project, maalem):
    told = maalem("-C", project, "--json", "corrections")
    (task,) = told.json["tasks"]
    assert (task["open"], task["taken"], task["audit"]["estimate"]) == (0, [], None)


def test_other_texts_are_told_from_those_of_the_corpus(work):
    path = traffic_file(work)
    (release,) = (one.id for one in work.store.find(Release, "system"))
    for number in range(60):
        for week, text in (
            (0, "engine hot"),
            (9, "la pompe fuit encore une fois " * 9),
        ):
            log(
                path,
                f"w{week}n{number}",
                text,
                at=NOW + week * 604_800.0 + number,
                release=release,
                probability=(0.9 if week == 0 else 0.5) + number / 1000,
            )
    found = drift(work, "system", now=NOW + 9 * 604_800.0 + 100.0)
    assert {one.measure: one.has_moved for one in found} == {
        "length": True,
        "language": True,
        "confidence": True,
    }


def test_a_gateway_that_only_reads_leaves_everything_for_who_writes(copied):
    with loop.open_workspace(copied) as work:
        log(traffic_file(work), "r1", SURE, at=NOW)
    with loop.open_workspace(copied, read_only=True) as work:
        caller = Caller(id="app", scopes=frozenset({"feedback"}))
        gateway = serving_builders.a_gateway(check={"mlm_key": caller}.get)
        attach_corrections(gateway, work, lambda: NOW)
        key = serving_builders.KEY
        told = feedback(gateway, key, request="r1", label="Electrical")
        assert (told.status_code, told.json()["status"]) == (200, "queued")
        assert feedback(gateway, key, request="r1", label="Brakes").status_code == 400
        gateway.close()
        Spool(traffic_file(work)).put([a_found("winch drum slips in rain", "r2")])
    assert b"winch drum" in traffic_bytes(copied)
    with (
        loop.open_workspace(copied) as work,
        taking_home(work, lambda: NOW, gateway=None),
    ):
        pass
    with loop.open_workspace(copied, read_only=True) as work:
        said = work.store.get(Annotation, told.json()["id"])
        assert said.labels == ("Electrical",)
        assert taken(work, "r2").outcome == "new"
    assert b"winch drum" not in traffic_bytes(copied)


def traffic_bytes(folder):
    """Give all that lies in the file of the traffic, once its log was written back."""
    with sqlite3.connect(folder / "gateway" / "traffic.sqlite") as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return b"".join(one.read_bytes() for one in (folder / "gateway").iterdir())


def test_a_link_to_an_answer_is_made_for_who_may_correct(work):
    assert linking(work).status_code == 404
    changed = dataclasses.replace(work.project.corrections, link="https://desk.example")
    project = dataclasses.replace(work.project, corrections=changed)
    work = dataclasses.replace(work, project=project)
    unknown = linking(work)
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (
        404,
        "gateway.feedback-unknown",
    )
    log(traffic_file(work), "r1", SURE, at=NOW, place=2)
    told = linking(work).json()
    assert told["url"].startswith("https://desk.example/correct/r1.2.")
    assert told["expires_at"] == NOW + 14 * 86_400


def test_a_key_bound_to_another_task_gets_no_link(work):
    log(traffic_file(work), "r1", SURE, at=NOW, place=2)
    caller = Caller(id="a", scopes=frozenset({"feedback"}), tasks=frozenset({"asset"}))
    gateway = serving_builders.a_gateway(check={"mlm_key": caller}.get)
    linker = Linker(b"secret", address="https://desk.example", days=1)
    gateway.doors.add(LinkDoor(linker, file=traffic_file(work), clock=lambda: NOW))
    body = {"request": "r1", "place": 2}
    key = serving_builders.KEY
    answer = ask(gateway, "/v1/feedback/links", json=body, key=key)
    assert (answer.status_code, "desk.example" in answer.text) == (403, False)
    gateway.close()


def linking(work):
    with a_gateway(work, "feedback") as (gateway, key):
        body = {"request": "r1", "place": 2}
        return ask(gateway, "/v1/feedback/links", json=body, key=key)


def test_what_was_forgotten_does_not_come_back_through_the_gateway(copied, maalem):
    with loop.open_workspace(copied) as work:
        an_intake(work).take([a_found(SURE), a_found("winch drum slips", "r2")])
    assert (
        maalem("-C", copied, "forget", "gateway request r1, text 0", "--yes").code == 0
    )
    with loop.open_workspace(copied) as work:
        an_intake(work).take([a_found(SURE, "r3"), a_found("winch drum slips", "r4")])
        assert taken(work, "r3").outcome == "erased"
        assert taken(work, "r4").outcome == "again"
        assert SURE not in {one.text for one in work.store.find(Passage)}


def test_answered_questions_are_frozen_into_the_teaching_split_alone(work):
    texts = [f"gearbox {n} of loader {n * 7} whines in gear {n % 5}" for n in range(9)]
    an_intake(work).take(a_found(text, f"r{n}") for n, text in enumerate(texts))
    items = questions(traffic_file(work), "system")
    for item in items:
        expert_says(work, item, "Hydraulics")
    dataset = loop.freeze(work, "system", drop_leaks=True)
    folder = dataset_folder(work, dataset)
    asked = frozenset(items)
    assert asked & {one.item for one in read_split(folder, "teaching")}
    for split in ("calibration", "exam"):
        assert not asked & {one.item for one in read_split(folder, split)}


def test_a_hold_that_an_owner_lifts_lets_feedback_settle(work):
    log(traffic_file(work), "r1", SURE, at=NOW)
    with a_gateway(work, "feedback") as (gateway, key):
        told = feedback(gateway, key, request="r1", label="Hydraulics").json()
        said = work.store.get(Annotation, told["id"])
        hold = next(work.store.find(Hold, "system"))
        lifted = dataclasses.replace(
            hold, id=UNNAMED, is_lifted=True, reason="she is our expert", by="owner"
        )
        work.store.append("people.hold", [identified(lifted)])
        log(traffic_file(work), "r2", "boom sways at rest", at=NOW)
        feedback(gateway, key, request="r2", label="Hydraulics")
    golds = {one.item: one.label for one in settled(work, work.task("system")).golds}
    assert golds[said.item] == "Hydraulics"
    assert golds[taken(work, "r2").item] == "Hydraulics"


def test_a_task_that_cannot_be_read_keeps_no_other_from_being_heard(work):
    intake = an_intake(work)
    intake.take([a_found(SURE, chosen=0.5), a_found(SURE, "r2", task="broken")])
    expert_says(work, taken(work).item, "Engine")
    (work.folder / "tasks" / "broken.toml").write_text("what = ", "utf-8")
    intake.do_chores(NOW)
    assert audit_error(work, "system", since=0.0).answered == 1


@contextmanager
def no_place_for(path):
    """Put a file where the folder of the traffic would be, as if the disk refused."""
    path.parent.rename(path.parent.with_name("aside"))
    path.parent.write_bytes(b"")
    yield
    path.parent.unlink()
    path.parent.with_name("aside").rename(path.parent)


def test_a_disk_that_refuses_at_the_start_keeps_no_correction_off_for_good(work):
    log(traffic_file(work), "r1", SURE, at=NOW)
    caller = Caller(id="app", scopes=frozenset({"feedback"}))
    gateway = serving_builders.a_gateway(check={"mlm_key": caller}.get)
    key = serving_builders.KEY
    with no_place_for(traffic_file(work)):
        attach_corrections(gateway, work, lambda: NOW)
        with taking_home(work, lambda: NOW, gateway=None):
            pass
    assert feedback(gateway, key, request="r1", correct=True).status_code == 200
    gateway.close()


@pytest.mark.parametrize("read_only", [True, False])
def test_feedback_that_the_disk_refuses_is_to_be_sent_again(copied, read_only):
    with loop.open_workspace(copied, read_only=read_only) as work:
        log(traffic_file(work), "r1", SURE, at=NOW)
        caller = Caller(id="app", scopes=frozenset({"feedback"}))
        gateway = serving_builders.a_gateway(check={"mlm_key": caller}.get)
        attach_corrections(gateway, work, lambda: NOW)
        holder = sqlite3.connect(traffic_file(work))
        holder.execute("BEGIN IMMEDIATE")
        told = feedback(gateway, serving_builders.KEY, request="r1", correct=True)
        assert (told.status_code, told.headers["retry-after"]) == (503, "60")
        assert told.json()["error"]["code"] == "gateway.feedback-unkept"
        holder.close()
        gateway.close()


def test_answers_that_the_disk_refuses_are_told_and_the_others_taken(work):
    log(traffic_file(work), "r1", SURE, at=NOW)
    intake = an_intake(work)
    with no_place_for(traffic_file(work)), pytest.raises(IntegrityError):
        intake.take([a_found(SURE)])
    intake.take([a_found(SURE)])
    assert taken(work).item is not None


def test_what_a_shadow_said_is_no_answer_that_feedback_could_name(work):
    log(traffic_file(work), "r1.shadow", SURE, at=NOW, arm="shadow")
    with a_gateway(work, "feedback") as (gateway, key):
        told = feedback(gateway, key, request="r1.shadow", correct=True)
    assert (told.status_code, told.json()["error"]["code"]) == (
        404,
        "gateway.feedback-unknown",
    )


def test_the_release_in_force_is_looked_at_and_no_newer_one(copied, maalem):
    assert maalem("-C", copied, "examine", "system").code in (0, 3)
    assert maalem("-C", copied, "release", "system", "--against-the-verdict").code == 0
    with loop.open_workspace(copied) as opened:
        gateway = dataclasses.replace(opened.project.gateway, releases=("system-1",))
        project = dataclasses.replace(opened.project, gateway=gateway)
        work = dataclasses.replace(opened, project=project)
        old, new = sorted(
            work.store.find(Release, "system"), key=lambda one: one.number
        )
        intake, path = an_intake(work), traffic_file(work)
        intake.take(
            [
                a_found("winch drum slips in rain", "a", release=old.id, chosen=1.0),
                a_found("boom sways at rest", "b", release=new.id, chosen=1.0),
                a_found("cab door rattles", "c", release=new.id, chosen=1.0),
            ]
        )
        assert audit_error(work, "system").drawn == 1
        for number in range(120):
            is_old = number < 60
            told = {"release": old.id} if is_old else {"release": new.id}
            told |= {"probability": (0.9 if is_old else 0.3) + number / 10_000}
            log(path, f"first{number}", SURE, at=NOW + number, **told)
            log(path, f"now{number}", SURE, at=NOW + 2_000_000.0 + number, **told)
        found = drift(work, "system", now=NOW + 2_000_200.0)
        (confidence,) = (one for one in found if one.measure == "confidence")
        assert confidence.has_moved is False
