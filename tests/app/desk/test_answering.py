# SPDX-License-Identifier: Apache-2.0
"""Laws of answering: what is kept, once, and what is refused with which words."""

import dataclasses
import json
import threading
from uuid import uuid4

import pytest
from tests.app.desk.deals import TASK, set_asking

from maalem.app.desk.answering import Card, Sent, to_annotation, withdrawal
from maalem.app.desk.dealing_shown import Shown, read_shown
from maalem.errors import DataError
from maalem.records import Annotation, GoldCard, Item, Span, digest_of
from maalem.tasks import LabelDefinition, TaskDefinition
from maalem.tasks.labels import Criterion

API = f"/api/v1/tasks/{TASK}"
MIXED = "الضغط 12 bar في pump 7"
AT = "2026-11-25T10:00:00.000+00:00"


@pytest.fixture
def expert(desk_client):
    return Caller(desk_client("expert"))


class Caller:
    """An expert who calls the HTTP API."""

    def __init__(self, client):
        self.client = client

    def post(self, path, **body):
        headers = {"content-type": "application/json"}
        return self.client.post(
            f"{API}/{path}", content=json.dumps(body), headers=headers
        )

    def get(self, path=""):
        return self.client.get(f"{API}{path}")

    def card(self):
        return self.post("cards", most=1).json()["cards"][0]

    def answer(self, item, **body):
        body = {"key": str(uuid4()), "seconds": 3.5, "labels": ["Engine"], **body}
        return self.post("answers", item=item, **body)


def code(response):
    return response.status_code, response.json()["error"]["code"]


def kept(opened):
    return list(opened.work.store.find(Annotation, TASK))


def test_an_answer_is_kept_as_given(expert, opened):
    card = expert.card()
    told = expert.answer(card["item"], note="pump 7").json()
    (answer,) = kept(opened)
    assert answer.id == told["id"]
    assert (answer.labels, answer.seconds, answer.note) == (("Engine",), 3.5, "pump 7")
    assert answer.annotator == opened.member("expert").id
    assert answer.guideline == opened.work.task(TASK).version
    assert (answer.source, answer.suggestion_shown) == ("desk", False)
    assert (told["duplicate"], told["answered_today"], told["left"]) == (False, 1, 29)


def test_an_answer_sent_twice_is_one(expert, opened):
    item, key = expert.card()["item"], str(uuid4())
    first = expert.answer(item, key=key).json()
    again = expert.answer(item, key=key).json()
    assert again == {**first, "duplicate": True}
    assert len(kept(opened)) == 1


def test_an_answer_sent_twice_at_once_is_one(opened):
    clients = [Caller(opened.client("expert")) for _ in range(6)]
    item, key, answers = clients[0].card()["item"], str(uuid4()), []
    start = threading.Barrier(len(clients))

    def send(caller):
        start.wait()
        answers.append(caller.answer(item, key=key))

    threads = [threading.Thread(target=send, args=(one,)) for one in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {one.status_code for one in answers} == {200}
    assert sum(not one.json()["duplicate"] for one in answers) == 1
    assert len(kept(opened)) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"labels": ["Hydraulics"]},
        {"seconds": 9.0},
        {"note": "else"},
        {"labels": None, "outcome": "unknown"},
    ],
)
def test_a_key_stands_for_one_answer_alone(expert, opened, other):
    item, key = expert.card()["item"], str(uuid4())
    expert.answer(item, key=key)
    assert code(expert.answer(item, key=key, **other)) == (409, "desk.key-used")
    assert len(kept(opened)) == 1


def test_a_key_of_an_answer_stands_for_no_other_card(expert):
    first, key = expert.card()["item"], str(uuid4())
    expert.answer(first, key=key)
    second = expert.card()["item"]
    assert code(expert.answer(second, key=key)) == (409, "desk.key-used")


def test_two_experts_may_use_the_same_key(opened, expert):
    curator, key = Caller(opened.client("curator")), str(uuid4())
    for caller in (expert, curator):
        assert caller.answer(caller.card()["item"], key=key).status_code == 200
    assert len(kept(opened)) == 2


def test_a_card_that_was_never_given_cannot_be_answered(expert, opened):
    curator = Caller(opened.client("curator"))
    assert code(curator.answer(expert.card()["item"])) == (403, "desk.not-leased")
    assert kept(opened) == []


def test_an_answer_after_the_lease_is_kept(expert, opened):
    set_asking(opened.work, lease_minutes=5.0)
    item = expert.card()["item"]
    opened.clock.now += 301
    assert expert.answer(item).status_code == 200


def test_an_unknown_task_and_an_item_of_another_are_not_found(expert):
    item = expert.card()["item"]
    assert code(expert.client.get("/api/v1/tasks/other")) == (404, "task.missing")
    assert code(expert.answer(digest_of("another task's"))) == (404, "desk.no-item")
    foreign = {"key": str(uuid4()), "item": item, "labels": ["Engine"]}
    sent = expert.client.post("/api/v1/tasks/other/answers", json=foreign)
    assert code(sent) == (404, "task.missing")


REFUSED = {
    "a label outside the scheme": {"labels": ["Paint"]},
    "no label": {"labels": []},
    "two labels where one is chosen": {"labels": ["Engine", "Electrical"]},
    "nothing": {"labels": None},
    "text where a label is chosen": {"labels": None, "text": "Engine"},
    "a label and a text": {"text": "Engine"},
    "an outcome and a label": {"outcome": "unknown"},
    "a bad question without a reason": {"labels": None, "outcome": "bad-question"},
    "a reason of spaces": {
        "labels": None,
        "outcome": "bad-question",
        "reason": " \u200b ",
    },
    "a long note": {"note": "x" * 2_001},
}
MALFORMED = {
    "an unknown outcome": {"labels": None, "outcome": "withdrawn"},
    "a key that is none": {"key": "1"},
    "negative seconds": {"seconds": -1.0},
    "more than a day": {"seconds": 86_401.0},
    "seconds in words": {"seconds": "soon"},
    "labels that are no list": {"labels": "Engine"},
    "a field that nobody knows": {"user__password": "x"},
    "a rating that is true": {"labels": None, "ratings": {"good": True}},
    "a lone surrogate": {"note": "\ud800"},
}


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED)
def test_an_answer_that_fits_neither_task_nor_item_is_refused(expert, opened, body):
    refused = expert.answer(expert.card()["item"], **body)
    assert code(refused) == (422, "desk.answer")
    assert kept(opened) == []


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_an_answer_of_another_form_is_refused(expert, opened, body):
    refused = expert.answer(expert.card()["item"], **body)
    assert code(refused) == (422, "desk.request")
    assert kept(opened) == []


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_time_that_is_no_number_is_refused(expert, opened, number):
    body = {"key": str(uuid4()), "item": expert.card()["item"], "labels": ["Engine"]}
    text = json.dumps({**body, "seconds": 0})
    text = text.replace('"seconds": 0', f'"seconds": {number}')
    headers = {"content-type": "application/json"}
    sent = expert.client.post(f"{API}/answers", content=text, headers=headers)
    assert code(sent) == (422, "desk.request")
    assert kept(opened) == []


def test_not_knowing_and_a_bad_question_are_kept_with_their_reason(expert, opened):
    expert.answer(expert.card()["item"], labels=None, outcome="unknown")
    reason = "two faults\u202e in one"
    expert.answer(
        expert.card()["item"], labels=None, outcome="bad-question", reason=reason
    )
    assert [(one.outcome, one.reason) for one in kept(opened)] == [
        ("unknown", None),
        ("bad-question", "two faults in one"),
    ]


def test_undo_brings_the_card_back_and_both_stay_on_record(expert, opened):
    item, key = expert.card()["item"], str(uuid4())
    expert.answer(item, key=key)
    undo = {"key": str(uuid4()), "of": key}
    assert expert.post("withdraw", **undo).json() == {"item": item}
    assert expert.post("withdraw", **undo).json() == {"item": item}  # sent twice
    assert expert.card()["item"] == item
    assert [one.outcome for one in kept(opened)] == [None, "withdrawn"]
    assert expert.get("/answers").json() == []


def test_nobody_takes_back_what_another_said(expert, opened):
    curator, key = Caller(opened.client("curator")), str(uuid4())
    expert.answer(expert.card()["item"], key=key)
    undone = curator.post("withdraw", key=str(uuid4()), of=key)
    assert code(undone) == (404, "desk.no-answer")


def test_a_key_is_not_used_for_an_answer_and_for_taking_back(expert):
    first, second = str(uuid4()), str(uuid4())
    expert.answer(expert.card()["item"], key=first)
    expert.answer(expert.card()["item"], key=second)
    undone = expert.post("withdraw", key=first, of=second)
    assert code(undone) == (409, "desk.key-used")


def test_the_last_ten_answers_are_shown_the_newest_first(expert):
    items = []
    for _ in range(12):
        items.append(expert.card()["item"])
        expert.answer(items[-1])
    last = expert.get("/answers").json()
    assert [one["item"] for one in last] == items[:1:-1]
    assert last[0]["labels"] == ["Engine"]


def test_a_last_answer_is_shown_on_its_card_as_it_was_dealt(expert):
    card = expert.card()
    expert.answer(card["item"])
    (last,) = expert.get("/answers").json()
    assert last["card"] == card


def test_a_task_is_shown_in_the_language_of_who_asks(expert):
    told = expert.get().json()
    assert told["title"] == "أي نظام تعطل؟"
    assert told["labels"][0]["shown"] == "المحرك"
    assert (told["left"], told["answered"], told["has_read"]) == (30, 0, False)
    expert.post("guideline-read", version=told["guideline_version"])
    assert expert.get().json()["has_read"] is True


def test_only_the_guideline_in_force_can_be_read(expert):
    read = expert.post("guideline-read", version=digest_of("old"))
    assert code(read) == (409, "desk.guideline")


def test_tasks_are_listed_with_what_is_left(expert):
    (line,) = expert.client.get("/api/v1/tasks").json()["tasks"]
    assert (line["task"], line["left"], line["answered_today"]) == (TASK, 30, 0)


def test_the_document_around_a_card_is_shown_to_who_has_it(expert, opened):
    card = expert.card()
    path = f"/items/{card['item']}/context"
    told = expert.get(path).json()
    assert told["text"] == card["text"]
    assert told["source"] == card["source"]
    given = {one["item"] for one in expert.post("cards", most=20).json()["cards"]}
    items = {item.id for item in opened.work.store.find(Item, TASK)}
    other = min(items - given)
    assert code(expert.get(f"/items/{other}/context")) == (403, "desk.not-leased")


def test_a_request_for_too_many_cards_is_refused(expert):
    for most in (0, 21, "5", True):
        assert code(expert.post("cards", most=most)) == (422, "desk.request")


def test_gold_is_kept_by_curators_and_measured_on_by_nobody_who_made_it(opened):
    curator = Caller(opened.client("curator"))
    dealer = opened.application.state.dealers.of(TASK)
    item = next(i for i, c in dealer.deck.board.cases.items() if not c.is_exam)
    exam = next(i for i, c in dealer.deck.board.cases.items() if c.is_exam)
    for labels in (["Engine"], ["Hydraulics"], []):
        assert curator.post("gold", item=item, labels=labels).status_code == 200
    cards = list(opened.work.store.find(GoldCard, TASK))
    assert [(one.number, one.labels) for one in cards] == [
        (1, ("Engine",)),
        (2, ("Hydraulics",)),
        (3, ()),
    ]
    assert code(curator.post("gold", item=item, labels=["Paint"]))[0] == 422
    assert code(curator.post("gold", item=exam, labels=["Engine"]))[0] == 409
    expert = Caller(opened.client("expert"))
    assert code(expert.post("gold", item=item, labels=["Engine"]))[0] == 403
    assert item in dealer.deck.board.done[opened.member("curator").id]


def a_task(answer, **said):
    kinds = {"mark": "search", "rate": "search", "rank": "search"}
    labels = tuple(map(LabelDefinition, ())) if answer else ()
    kind = kinds.get(answer, "generate")
    return TaskDefinition(
        name="faults",
        title="Faults",
        guideline="Look.",
        labels=labels,
        kind=kind,
        answer=answer,
        **said,
    )


def a_card(task, *, order=(), suggestion=None, text=MIXED):
    item = Item(
        id=digest_of("item"),
        task=task.name,
        passage=digest_of("passage"),
        text=text,
        group="g",
        language="ar",
        options=tuple(f"option {number}" for number in range(len(order))),
    )
    shown = Shown(guideline=task.version, order=order, suggestion=suggestion)
    return Card(task=task, item=item, holder="expert:1", shown=shown)


def answered(card, **sent):
    return to_annotation(Sent(key=str(uuid4()), **sent), card, at=AT)


def refused(card, **sent):
    with pytest.raises(DataError) as error:
        answered(card, **sent)
    assert error.value.code == "desk.answer"
    return error.value.message


def a_span(quote, *, text=MIXED):
    start = text.index(quote)
    return Span(start=start, end=start + len(quote), quote=quote)


def test_spans_count_code_points_in_mixed_text_and_beyond_the_first_plane():
    text = f"😀 {MIXED} 😀"
    card = a_card(a_task("mark"), text=text)
    spans = (a_span("pump 7", text=text), a_span("الضغط 12", text=text))
    assert answered(card, spans=spans).spans == spans[::-1]
    utf_16 = Span(start=spans[0].start + 1, end=spans[0].end + 1, quote="pump 7")
    assert "quote" in refused(card, spans=(utf_16,))


@pytest.mark.parametrize(
    "span",
    [
        Span(start=-1, end=2, quote="ال"),
        Span(start=0, end=0, quote=""),
        Span(start=3, end=1, quote=""),
        Span(start=0, end=10_000, quote=MIXED),
        Span(start=len(MIXED), end=len(MIXED) + 1, quote="x"),
    ],
)
def test_a_span_outside_the_text_is_refused(span):
    assert "not inside" in refused(a_card(a_task("mark")), spans=(span,))


def test_spans_that_overlap_and_no_spans_are_refused():
    card = a_card(a_task("mark"))
    assert "another" in refused(card, spans=(a_span("12 bar"), a_span("bar")))
    assert "from 1" in refused(card, spans=())


def test_ratings_are_complete_and_within_their_range():
    criteria = (Criterion(name="true"), Criterion(name="short", lowest=0, highest=2))
    card = a_card(a_task("rate", criteria=criteria))
    rated = answered(card, ratings={"short": 0, "true": 5})
    assert rated.ratings == (("true", 5), ("short", 0))
    for wrong in ({"true": 5}, {"true": 5, "short": 3}, {"true": True, "short": 1}):
        refused(card, ratings=wrong)
    refused(card, ratings={"true": 5, "short": 1, "kind": 1})


def test_a_ranking_names_options_whatever_their_order_on_the_screen():
    card = a_card(a_task("rank", option_fields=("a", "b", "c")), order=(2, 0, 1))
    ranked = answered(card, ranking=(1, 2, 0))
    assert (ranked.ranking, ranked.order_shown) == ((0, 1, 2), (2, 0, 1))
    for wrong in ((0, 1), (0, 0, 1), (0, 1, 3), (-1, 0, 1)):
        refused(card, ranking=wrong)


@pytest.mark.parametrize(
    ("order", "side", "kept_as"),
    [
        ((0, 1), "first", "first"),
        ((1, 0), "first", "second"),
        ((1, 0), "second", "first"),
        ((1, 0), "both", "both"),
    ],
)
def test_of_two_options_the_one_is_kept_that_stood_there(order, side, kept_as):
    card = a_card(a_task("compare", option_fields=("a", "b")), order=order)
    assert answered(card, labels=(side,)).labels == (kept_as,)
    refused(card, labels=("left",))


def test_written_text_is_cleaned_and_neither_empty_nor_endless():
    card = a_card(a_task("write"))
    assert answered(card, text="لا\u202e شيء\x00 \r\n").text == "لا شيء"
    assert answered(card, text="x" * 20_000).text is not None
    refused(card, text="x" * 20_001)
    refused(card, text=" \u200b\x07 ")


def test_a_label_that_has_cases_is_no_answer():
    labels = (
        LabelDefinition(name="Engine"),
        LabelDefinition(name="Cooling", parent="Engine"),
        LabelDefinition(name="Other"),
    )
    task = TaskDefinition(name="faults", title="F", guideline="Look.", labels=labels)
    card = a_card(task)
    assert answered(card, labels=("Cooling",)).labels == ("Cooling",)
    refused(card, labels=("Engine",))
    several = a_card(dataclasses.replace(task, answer="choose-several"))
    assert answered(several, labels=("Other", "Cooling")).labels == ("Cooling", "Other")
    refused(several, labels=("Other", "Other"))


def test_whether_a_suggestion_was_seen_is_told_by_the_lease():
    labels = (LabelDefinition(name="a"), LabelDefinition(name="b"))
    task = TaskDefinition(name="faults", title="F", guideline="Look.", labels=labels)
    for suggestion in (None, ("a", 0.7)):
        card = a_card(task, suggestion=suggestion)
        seen = answered(card, labels=("b",)).suggestion_shown
        assert seen is (suggestion is not None)


def test_what_was_shown_survives_its_way_through_the_table():
    shown = Shown(guideline=digest_of("g"), order=(1, 0), suggestion=("b\u202e", 0.25))
    assert read_shown(shown.to_text()) == shown


def test_a_withdrawal_names_its_answer_and_says_nothing_itself():
    card = a_card(a_task("write"))
    answer = answered(card, text="yes")
    mark = withdrawal(answer, key=str(uuid4()), at=AT)
    assert (mark.item, mark.annotator) == (answer.item, answer.annotator)
    assert (mark.outcome, mark.text, mark.is_answer) == ("withdrawn", None, False)


def test_an_answer_under_an_older_guideline_keeps_that_guideline(expert, opened):
    item, before = expert.card()["item"], opened.work.task(TASK).version
    path = opened.work.folder / "tasks" / f"{TASK}.toml"
    path.write_text(path.read_text("utf-8").replace("**repaired**", "mended"), "utf-8")
    opened.application.state.dealers.forget(TASK)
    expert.answer(item)
    (answer,) = kept(opened)
    assert answer.guideline == before != opened.work.task(TASK).version


def test_an_answer_that_was_kept_stays_acknowledged_when_the_task_changes(
    expert, opened
):
    item, key = expert.card()["item"], str(uuid4())
    expert.answer(item, key=key, labels=["Electrical"])
    path = opened.work.folder / "tasks" / f"{TASK}.toml"
    path.write_text(path.read_text("utf-8").replace('"Electrical"', '"Wires"'), "utf-8")
    opened.application.state.dealers.forget(TASK)
    again = expert.answer(item, key=key, labels=["Electrical"])
    assert (again.status_code, again.json()["duplicate"]) == (200, True)


def test_an_unqualified_expert_is_told_so(opened):
    set_asking(opened.work, qualification_cards=2)
    told = Caller(opened.client("expert")).post("cards", most=5).json()
    nothing = {"cards": [], "left": 0, "opens": None}
    assert told == {**nothing, "state": "unqualified"}
