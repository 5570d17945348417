# SPDX-License-Identifier: Apache-2.0
"""Whatever experts answer, a person can settle it: taken from one, or better."""

import shutil

import pytest
from tests.app.desk.builders import OpenDesk
from tests.app.desk.pages import an_answer
from tests.browser.builders import a_cards_project

from maalem.app import loop
from maalem.app.steps.settled import settled
from maalem.errors import DataError
from maalem.experts.naming import identified
from maalem.records import Adjudication, Item, Span, digest_of

NO_LABELS = {"labels": ()}


@pytest.fixture(scope="module")
def kinds_folder(tmp_path_factory):
    return a_cards_project(tmp_path_factory.mktemp("kinds") / "fleet", count=2)


@pytest.fixture
def kinds(kinds_folder, tmp_path):
    folder = shutil.copytree(kinds_folder, tmp_path / "fleet")
    with loop.open_workspace(folder) as work:
        yield OpenDesk(work)


def an_item_of(opened, task):
    """The first item, in the project's order, whose text has no tags."""
    return next(
        one for one in opened.work.store.find(Item, task) if "<" not in one.text
    )


def mark(item, start, end):
    return Span(start=start, end=end, quote=item.text[start:end])


def said_of(task, item):
    """Two answers of each kind that differ."""
    marks = [{"spans": (mark(item, *place),)} for place in ((0, 9), (20, 31))]
    return {
        "tree": [{"labels": ("Part 1",)}, {"labels": ("Operator",)}],
        "several": [{"labels": ("Engine", "Hydraulics")}, {"labels": ("Engine",)}],
        "compare": [{"labels": ("first",)}, {"labels": ("neither",)}],
        "rate": [
            {"ratings": (("Correct", 5), ("Clear", 0))},
            {"ratings": (("Correct", 1), ("Clear", 3))},
        ],
        "rank": [{"ranking": (0, 1, 2)}, {"ranking": (2, 1, 0)}],
        "mark": marks,
        "correct": [{"text": "The filter is blocked."}, {"text": "It is full."}],
        "write": [{"text": "The filter."}, {"text": "The pump."}],
    }[task]


def own_words(item):
    """A form with a better answer of each kind, and what it says."""
    return {
        "tree": ({"choice": "label:Part 2"}, {"labels": ("Part 2",)}),
        "several": (
            {"choice": "labels", "labels": ["Electrical", "Hydraulics"]},
            {"labels": ("Hydraulics", "Electrical")},
        ),
        "compare": ({"choice": "label:both"}, {"labels": ("both",)}),
        "rate": (
            {"choice": "scores", "score.1": "3", "score.2": "0"},
            {"ratings": (("Correct", 3), ("Clear", 0))},
        ),
        "rank": (
            {"choice": "order", "place.1": "1", "place.2": "2", "place.3": "0"},
            {"ranking": (1, 2, 0)},
        ),
        "mark": (
            {
                "choice": "marks",
                "span.20.31": "yes",
                "quotes": f"{item.text[2:7].strip()}\n",
            },
            {"spans": (mark(item, *_place(item)), mark(item, 20, 31))},
        ),
        "correct": ({"choice": "text", "text": " Blocked. "}, {"text": "Blocked."}),
        "write": ({"choice": "text", "text": "Both."}, {"text": "Both."}),
    }


def _place(item):
    quote = item.text[2:7].strip()
    start = item.text.index(quote)
    return start, start + len(quote)


TASKS = ("tree", "several", "compare", "rate", "rank", "mark", "correct", "write")
EVERY = pytest.mark.parametrize("task", TASKS)
FIELDS = ("labels", "text", "spans", "ratings", "ranking")


def content(record):
    return {name: value for name in FIELDS if (value := getattr(record, name))}


def dispute(opened, task):
    item = an_item_of(opened, task)
    answers = [
        an_answer(item, opened.member(role).id, **{**NO_LABELS, **said})
        for role, said in zip(("expert", "curator"), said_of(task, item), strict=True)
    ]
    opened.work.store.append("annotation.import", answers)
    return item


def decide(client, task, item, **form):
    data = {"seen": "", "reason": "so says the manual", **form}
    return client.post(f"/resolve/{task}/{item.id}", data=data)


def decisions(opened, task):
    return list(opened.work.store.find(Adjudication, task))


def gold(opened, task):
    found = settled(opened.work, opened.work.task(task))
    return {one.item: (one.rule, content(one)) for one in found.golds}


@EVERY
def test_an_expert_s_answer_can_be_taken_as_it_is(kinds, task):
    item = dispute(kinds, task)
    client = kinds.client("owner")
    shown = client.get(f"/resolve/{task}").text
    assert kinds.member("expert").name not in shown
    assert kinds.member("expert").id not in shown
    seen = shown.split('name="seen" value="')[1].split('"')[0]
    answer = decide(client, task, item, choice="opinion:1", seen=seen)
    assert answer.status_code == 303
    (decision,) = decisions(kinds, task)
    said = [{k: v for k, v in one.items() if v} for one in said_of(task, item)]
    assert content(decision) in said
    assert identified(decision) == decision
    assert kinds.member("expert").name in client.get(answer.headers["location"]).text
    if task not in ("tree", "compare"):
        assert gold(kinds, task) == {item.id: ("adjudicated", content(decision))}


@EVERY
def test_an_adjudicator_can_say_it_better(kinds, task):
    item = dispute(kinds, task)
    form, wanted = own_words(item)[task]
    assert decide(kinds.client("owner"), task, item, **form).status_code == 303
    (decision,) = decisions(kinds, task)
    assert content(decision) == wanted
    assert kinds.client("owner").get(f"/resolve/{task}").status_code == 200


@EVERY
def test_nothing_is_settled_without_a_reason_and_an_unclear_guideline_is_noted(
    kinds, task
):
    item = dispute(kinds, task)
    client = kinds.client("owner")
    form, _ = own_words(item)[task]
    assert decide(client, task, item, **{**form, "reason": " "}).status_code == 422
    assert decide(client, task, item, choice="").status_code == 422
    assert decisions(kinds, task) == []
    assert decide(client, task, item, choice="unclear").status_code == 303
    assert decisions(kinds, task)[0].is_guideline_unclear
    assert gold(kinds, task) == {}


WRONG = [
    ("tree", {"choice": "label:Machine"}),
    ("several", {"choice": "labels", "labels": ["Brakes"]}),
    ("several", {"choice": "labels"}),
    ("compare", {"choice": "label:third"}),
    ("rate", {"choice": "scores", "score.1": "3"}),
    ("rate", {"choice": "scores", "score.1": "3", "score.2": "4"}),
    ("rank", {"choice": "order", "place.1": "0", "place.2": "0", "place.3": "1"}),
    ("rank", {"choice": "order", "place.1": "0", "place.2": "1"}),
    ("mark", {"choice": "marks", "quotes": "not in the text"}),
    ("mark", {"choice": "marks", "span.0.9": "yes", "span.5.12": "yes"}),
    ("mark", {"choice": "marks", "span.0.99999": "yes"}),
    ("mark", {"choice": "marks"}),
    ("write", {"choice": "text", "text": "  "}),
    ("write", {"choice": "label:Engine"}),
]


@pytest.mark.parametrize(("task", "form"), WRONG, ids=str)
def test_what_no_card_would_take_settles_nothing(kinds, task, form):
    item = dispute(kinds, task)
    answer = decide(kinds.client("owner"), task, item, **form)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert decisions(kinds, task) == []


def test_words_that_stand_twice_in_a_text_mark_the_next_place(kinds):
    item = dispute(kinds, "mark")
    letter = next(
        one for one in item.text if one.isalpha() and item.text.count(one) > 1
    )
    first = item.text.index(letter)
    second = item.text.index(letter, first + 1)
    form = {"choice": "marks", "quotes": f"{letter}\n{letter}"}
    assert decide(kinds.client("owner"), "mark", item, **form).status_code == 303
    (decision,) = decisions(kinds, "mark")
    assert [one.start for one in decision.spans] == [first, second]


def test_what_experts_agree_on_is_no_dispute_and_settles(kinds):
    item = an_item_of(kinds, "several")
    same = {"labels": ("Engine", "Hydraulics")}
    answers = [an_answer(item, who, **same) for who in ("expert:a", "expert:b")]
    kinds.work.store.append("annotation.import", answers)
    assert gold(kinds, "several") == {item.id: ("unanimous", same)}
    assert "Nothing is in dispute" in kinds.client("owner").get("/resolve/several").text


def test_agreement_is_shown_for_every_kind(kinds):
    told = {
        "tree": "Labels under one heading",
        "several": "Sets of labels that overlap",
        "rate": "By criterion",
        "rank": "pairs of texts that they turn round",
        "mark": "character by character",
        "write": "but for case, spaces and diacritics",
        "compare": "B is better",
    }
    for task, words in told.items():
        dispute(kinds, task)
        assert words in kinds.client("owner").get(f"/resolve/{task}").text


def test_a_guideline_that_was_mended_lets_an_unclear_case_be_settled(kinds):
    item = dispute(kinds, "write")
    client = kinds.client("owner")
    decide(client, "write", item, choice="unclear")
    assert "Nothing is in dispute" in client.get("/resolve/write").text
    path = kinds.work.folder / "tasks" / "write.toml"
    text = path.read_text("utf-8").replace("**whole**", "whole, long")
    path.write_text(text, "utf-8")
    found = settled(kinds.work, kinds.work.task("write"))
    assert [one.reason for one in found.still_open] == ["answers differ"]


def test_freezing_another_kind_says_what_there_is_of_it(kinds):
    item = dispute(kinds, "rank")
    decide(kinds.client("owner"), "rank", item, choice="opinion:0")
    with pytest.raises(DataError) as refused:
        loop.freeze(kinds.work, "rank")
    assert refused.value.code == "dataset.answer-kind"
    assert "1 of 1 answered items are settled" in refused.value.why
    assert refused.value.hint == "maalem export rank rank.jsonl"


def test_a_name_from_before_other_kinds_were_settled_holds():
    old = {
        "item": "sha256:i",
        "task": "t",
        "adjudicator": "expert:1",
        "labels": ["A"],
        "reason": "so",
        "considered": [],
        "at": "2026-01-01T00:00:00+00:00",
        "guideline": "sha256:g",
        "text": None,
        "spans": [],
        "is_guideline_unclear": False,
    }
    made = Adjudication(
        id="",
        **{**old, "labels": ("A",), "considered": (), "spans": ()},
    )
    assert digest_of(old) == identified(made).id
