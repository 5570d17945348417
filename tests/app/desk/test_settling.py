# SPDX-License-Identifier: Apache-2.0
"""What a dataset is frozen from: every word that counts, and a count of the others."""

import dataclasses

import pytest
from tests.app.desk.deals import set_asking
from tests.app.desk.pages import an_answer

from maalem.app import loop
from maalem.app.desk.docket import docket_of
from maalem.app.steps.datasets import freeze_with_notes
from maalem.app.steps.settled import exam_items, settled
from maalem.dataset.folder import dataset_folder
from maalem.errors import DataError
from maalem.experts.influence import InfluenceCap
from maalem.experts.naming import identified
from maalem.records import (
    Adjudication,
    Digest,
    GoldCard,
    Hold,
    Item,
    TaskVersion,
    digest_of,
)

AT = "2026-11-24T10:00:00+00:00"
CHECKED = """
[[labels]]
name = "Brakes"
description = "Whatever stops it."
critical = true
"""


def items_of(work, *, is_exam):
    every = list(work.store.find(Item, "system"))
    exam = exam_items(work, every)
    return [one for one in every if (one.id in exam) is is_exam]


def give(work, *records):
    work.store.append("test.records", records)


def a_decision(item, label, *, guideline=""):
    return identified(
        Adjudication(
            id=Digest(""),
            item=item.id,
            task="system",
            adjudicator="expert:judge",
            labels=(label,),
            reason="it stands in the manual",
            considered=(),
            at=AT,
            guideline=guideline or Digest("sha256:" + "0" * 64),
        )
    )


def a_card(item, label, *, by="expert:judge"):
    return GoldCard(
        id=digest_of({"item": item.id}),
        task="system",
        item=item.id,
        labels=(label,),
        by=by,
        at=AT,
    )


def a_hold(annotator, *, is_lifted=False):
    return Hold(
        id=digest_of({"of": annotator, "is_lifted": is_lifted}),
        task="system",
        annotator=annotator,
        is_lifted=is_lifted,
        reason="all alike",
        evidence=(),
        by="expert:owner",
        at=AT,
    )


def a_version(work, number, *, again=(), id_=""):
    return TaskVersion(
        id=id_ or digest_of({"number": number}),
        task="system",
        number=number,
        toml="",
        by="expert:owner",
        at=AT,
        ask_again=again,
    )


def found(work):
    return settled(work, work.task("system"))


def labels(work):
    return {one.item: (one.label, one.rule) for one in found(work).golds}


def test_an_adjudication_settles_what_votes_do_not(work):
    item = items_of(work, is_exam=False)[0]
    give(work, an_answer(item, "a"), an_answer(item, "b", labels=("Electrical",)))
    assert dict(found(work).left_out) == {"not settled: tie": 1}
    give(work, a_decision(item, "Electrical"))
    assert labels(work) == {item.id: ("Electrical", "adjudicated")}
    assert found(work).left_out == ()


def test_who_is_held_does_not_count_and_is_counted(work):
    item = items_of(work, is_exam=False)[0]
    give(work, an_answer(item, "a"), an_answer(item, "b", labels=("Electrical",)))
    give(work, a_hold("b"))
    assert labels(work) == {item.id: ("Engine", "single")}
    assert dict(found(work).left_out) == {"answers on hold": 1}
    give(work, a_hold("b", is_lifted=True))
    assert dict(found(work).left_out) == {"not settled: tie": 1}


def test_a_gold_card_is_never_learned_from(work):
    item = items_of(work, is_exam=False)[0]
    give(work, an_answer(item, "a"), a_card(item, "Engine"))
    assert labels(work) == {}
    assert dict(found(work).left_out) == {"gold card, kept to measure experts": 1}


def test_an_item_of_the_exam_wants_two_experts_of_the_desk(work):
    item, other = items_of(work, is_exam=True)[:2]
    teaching = items_of(work, is_exam=False)[0]
    give(work, *(an_answer(one, "a") for one in (item, teaching)))
    give(work, an_answer(other, "import:old", source="old.csv"))
    assert set(labels(work)) == {other.id, teaching.id}
    assert dict(found(work).left_out) == {"not settled: too few answers": 1}
    give(work, an_answer(item, "b"))
    assert labels(work)[item.id] == ("Engine", "unanimous")


def test_how_many_experts_an_exam_wants_is_the_tasks(work):
    set_asking(work, exam_answers=3)
    item = items_of(work, is_exam=True)[0]
    give(work, an_answer(item, "a"), an_answer(item, "b"))
    assert dict(found(work).left_out) == {"not settled: too few answers": 1}


def test_a_critical_label_waits_for_a_person(work):
    path = work.folder / "tasks" / "system.toml"
    path.write_text(path.read_text("utf-8") + CHECKED, "utf-8")
    item = items_of(work, is_exam=False)[0]
    give(work, *(an_answer(item, who, labels=("Brakes",)) for who in "ab"))
    assert dict(found(work).left_out) == {"not settled: critical label": 1}


def test_an_adjudication_that_a_newer_guideline_asks_again_settles_nothing(work):
    first, second, third = items_of(work, is_exam=False)[:3]
    old, new = a_version(work, 1), a_version(work, 2, again=("Engine",))
    for item in (first, second, third):
        give(work, an_answer(item, "a", guideline=new.id))
        give(work, an_answer(item, "b", labels=("Electrical",), guideline=old.id))
    give(work, a_decision(first, "Engine", guideline=old.id))
    give(work, a_decision(second, "Electrical", guideline=old.id))
    give(work, a_decision(third, "Engine", guideline=old.id))
    give(work, old, new)
    give(work, a_decision(third, "Electrical", guideline=new.id))
    assert labels(work) == {
        second.id: ("Electrical", "adjudicated"),
        third.id: ("Electrical", "adjudicated"),
    }
    assert dict(found(work).left_out) == {
        "not settled: tie": 1,
        "adjudications under an earlier guideline": 1,
    }
    disputes = docket_of_task(work).disputes
    assert [one.item for one in disputes] == [first.id]


def docket_of_task(work):
    from maalem.app.desk.desk import Desk

    return docket_of(Desk(work=work, clock=lambda: 0.0), work.task("system"))


def test_what_was_said_under_the_guideline_in_force_stands(work):
    item = items_of(work, is_exam=False)[0]
    here = work.task("system").version
    give(work, a_version(work, 1, id_=here), a_version(work, 2, again=("Engine",)))
    give(work, an_answer(item, "a", guideline=here))
    give(work, a_decision(item, "Engine", guideline=here))
    assert (found(work).overtaken, found(work).outdated) == (0, 0)


def test_answers_that_are_asked_again_stand_until_they_are_given_anew(work):
    item = items_of(work, is_exam=False)[0]
    give(work, a_version(work, 1), a_version(work, 2, again=("Engine",)))
    give(work, an_answer(item, "a"))
    assert found(work).outdated == 1
    assert labels(work) == {item.id: ("Engine", "single")}
    give(work, an_answer(item, "a", guideline=a_version(work, 2).id, at=AT))
    assert found(work).outdated == 0


def test_the_card_says_how_many_were_adjudicated(work):
    names = work.task("system").label_names
    for number, item in enumerate(work.store.find(Item, "system")):
        label = names[number % 3]
        give(work, *(an_answer(item, who, labels=(label,)) for who in "ab"))
        if number < 4:
            give(work, a_decision(item, label))
    dataset = loop.freeze(work, "system", drop_leaks=True)
    card = (
        dataset_folder(work.folder / "datasets", dataset.id) / "README.md"
    ).read_text("utf-8")
    assert "a person who adjudicated (4)" in card


def test_only_a_choice_of_one_label_is_frozen(work):
    path = work.folder / "tasks" / "system.toml"
    path.write_text('answer = "choose-several"\n' + path.read_text("utf-8"), "utf-8")
    with pytest.raises(DataError, match="choose-several") as refused:
        loop.freeze(work, "system")
    assert refused.value.code == "dataset.answer-kind"


def most_by_one(work):
    """Let one of three experts answer nearly everything."""
    names = work.task("system").label_names
    for number, item in enumerate(work.store.find(Item, "system")):
        who = "expert:" + ("abc"[number % 3] if number % 5 == 0 else "a")
        # Two pairs of eyes on what is examined, as the exam asks for.
        second = ["expert:b"] if item.id in exam_items(work, [item]) else []
        label = names[number % 3]
        give(work, *(an_answer(item, one, labels=(label,)) for one in {who, *second}))


def with_cap(work, **settings):
    cap = InfluenceCap(least_items=5, **settings)
    project = dataclasses.replace(work.project, influence=cap)
    return dataclasses.replace(work, project=project)


def test_a_class_that_rests_on_one_expert_is_told_at_freezing(work):
    most_by_one(work)
    dataset, notes = freeze_with_notes(with_cap(work), "system", drop_leaks=True)
    assert len(notes.influence) == 3
    assert "expert:a" not in "".join(notes.influence)
    folder = dataset_folder(work.folder / "datasets", dataset.id)
    assert "One expert stands behind" in (folder / "README.md").read_text("utf-8")


def test_a_class_that_rests_on_one_expert_is_refused_where_the_owner_says_so(work):
    most_by_one(work)
    with pytest.raises(DataError) as refused:
        freeze_with_notes(with_cap(work, enforce=True), "system", drop_leaks=True)
    assert refused.value.code == "dataset.influence"
    freeze_with_notes(with_cap(work, cap=1.0, enforce=True), "system", drop_leaks=True)


def test_the_page_of_the_team_names_who_stands_behind_too_much(opened, desk_client):
    work = opened.work
    member = opened.member("expert")
    items = list(work.store.find(Item, "system"))
    for number, item in enumerate(items):
        who = member.id if number < 26 else f"expert:{number}"
        seen = [who, "expert:x"] if item.id in exam_items(work, [item]) else [who]
        give(work, *(an_answer(item, one) for one in seen))
    shown = desk_client("owner").get("/team").text
    assert "settled items of" in shown
    assert member.name in shown.split("settled items of")[0]


def test_what_waits_for_answers_is_counted(work):
    first, second, third = items_of(work, is_exam=False)[:3]
    give(work, an_answer(first, "a"), an_answer(second, "b"), a_hold("b"))
    give(work, a_card(third, "Engine"))
    assert found(work).waiting == 30 - 2  # one is settled, one a gold card
