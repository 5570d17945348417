# SPDX-License-Identifier: Apache-2.0
"""Disagreements: blind until settled, never without a reason, never twice."""

import pytest
from tests.app.desk.pages import an_answer, give

from maalem.app.desk.docket import confused
from maalem.experts.naming import identified
from maalem.records import Adjudication, Item


@pytest.fixture
def disputed(opened):
    """An item on which two people of the project differ."""
    item = next(opened.work.store.find(Item, "system"))
    first, second = opened.member("expert"), opened.member("curator")
    give(
        opened,
        [
            an_answer(item, first.id, labels=("Engine",), note="it will not start"),
            an_answer(item, second.id, labels=("Electrical",)),
        ],
    )
    return item


def decide(client, item, **form):
    seen = " ".join(form.pop("seen", ()))
    return client.post(f"/resolve/system/{item.id}", data={"seen": seen, **form})


def decisions(opened):
    return list(opened.work.store.find(Adjudication, "system"))


def test_answers_are_shown_with_reasons_and_without_names(
    opened, disputed, desk_client
):
    shown = desk_client("owner").get("/resolve/system").text
    assert disputed.text in shown
    assert "it will not start" in shown
    for role in ("expert", "curator"):
        assert opened.member(role).name not in shown
        assert opened.member(role).id not in shown


def test_names_are_shown_after_settling(opened, disputed, desk_client):
    client = desk_client("owner")
    page = client.get("/resolve/system").text
    seen = page.split('name="seen" value="')[1].split('"')[0].split()
    answer = decide(
        client,
        disputed,
        seen=seen,
        choice="label:Engine",
        reason="the engine is what stands still",
    )
    assert answer.status_code == 303
    shown = client.get(answer.headers["location"]).text
    assert opened.member("expert").name in shown
    (decision,) = decisions(opened)
    assert decision.labels == ("Engine",)
    assert decision.reason == "the engine is what stands still"
    assert set(decision.considered) == set(seen)
    assert decision.adjudicator == opened.member("owner").id
    assert identified(decision) == decision


def test_names_of_what_is_not_settled_cannot_be_asked_for(
    opened, disputed, desk_client
):
    shown = desk_client("owner").get(f"/resolve/system?settled={disputed.id}").text
    assert opened.member("expert").name not in shown


@pytest.mark.parametrize(
    "form",
    [
        {"choice": "label:Engine", "reason": "  "},
        {"choice": "label:Gearbox", "reason": "because"},
        {"choice": "opinion:7", "reason": "because"},
        {"reason": "because"},
    ],
)
def test_nothing_is_settled_without_a_reason_and_a_known_label(
    opened, disputed, desk_client, form
):
    answer = decide(desk_client("owner"), disputed, **form)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text or "aria-invalid" in answer.text
    assert decisions(opened) == []


def test_what_was_written_is_still_there_after_a_refusal(disputed, desk_client):
    answer = decide(desk_client("owner"), disputed, reason="a long thought <b>")
    assert "a long thought &lt;b&gt;" in answer.text


def test_an_opinion_may_be_taken_as_it_is(opened, disputed, desk_client):
    client = desk_client("owner")
    decide(client, disputed, choice="opinion:0", reason="the first is right")
    assert decisions(opened)[0].labels in {("Engine",), ("Electrical",)}


def test_an_unclear_guideline_settles_nothing_and_is_noted(
    opened, disputed, desk_client
):
    client = desk_client("owner")
    answer = decide(client, disputed, choice="unclear", reason="both are said")
    (decision,) = decisions(opened)
    assert decision.is_guideline_unclear
    assert decision.labels == ()
    assert "Mend the guideline" in client.get(answer.headers["location"]).text


def test_a_settled_item_is_settled_once(opened, disputed, desk_client):
    client = desk_client("owner")
    form = {"choice": "label:Engine", "reason": "because"}
    assert decide(client, disputed, **form).status_code == 303
    assert decide(client, disputed, **form).status_code == 409
    assert len(decisions(opened)) == 1


def test_a_text_settles_no_question_of_labels(opened, disputed, desk_client):
    form = {"choice": "text", "text": "Gearbox", "reason": "because"}
    assert decide(desk_client("owner"), disputed, **form).status_code == 422
    assert decisions(opened) == []


def test_annotations_that_nobody_saw_are_not_named(opened, disputed, desk_client):
    decide(
        desk_client("owner"),
        disputed,
        seen=["sha256:" + "1" * 64],
        choice="label:Engine",
        reason="because",
    )
    assert decisions(opened)[0].considered == ()


def test_pairs_are_counted_by_items(opened):
    first, second, third, *_ = opened.work.store.find(Item, "system")
    answers = [
        an_answer(item, who, labels=(label,))
        for item in (first, second)
        for who, label in (("a", "Engine"), ("b", "Electrical"), ("c", "Engine"))
    ]
    answers.append(an_answer(third, "a", labels=("Hydraulics",)))
    assert confused(answers) == (("Electrical", "Engine", 2),)


def test_an_expert_sees_no_disagreements(desk_client):
    assert desk_client("expert").get("/resolve").status_code == 403
