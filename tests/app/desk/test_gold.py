# SPDX-License-Identifier: Apache-2.0
"""Gold cards come from settled cases and from files, never from the exam."""

import json

import pytest
from tests.app.desk.deals import Room
from tests.app.desk.pages import an_answer, give
from tests.app.desk.test_settling import a_decision, items_of

from maalem.app.steps.gold import collect_gold
from maalem.app.steps.settled import settled
from maalem.errors import DataError
from maalem.records import Adjudication, Annotation, GoldCard


def cards(work):
    return list(work.store.find(GoldCard, "system"))


def dispute(opened, item):
    first, second = opened.member("expert"), opened.member("curator")
    give(
        opened,
        [an_answer(item, first.id), an_answer(item, second.id, labels=("Electrical",))],
    )


def settle(client, item):
    form = {"seen": "", "choice": "label:Engine", "reason": "it is the engine"}
    return client.post(f"/resolve/system/{item.id}", data=form).headers["location"]


def a_file(tmp_path, rows):
    path = tmp_path / "gold.jsonl"
    path.write_text(
        "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8"
    )
    return path


def a_row(item, label="Engine", **said):
    return {"text": item.text, "label": label, **said}


def test_a_settled_case_is_kept_as_a_gold_card(opened, desk_client):
    item = items_of(opened.work, is_exam=False)[0]
    dispute(opened, item)
    client = desk_client("owner")
    page = settle(client, item)
    way = f"/resolve/system/{item.id}/gold"
    assert way in client.get(page).text
    answer = client.post(way)
    assert (answer.status_code, answer.headers["location"]) == (303, page)
    (card,) = cards(opened.work)
    assert (card.item, card.labels) == (item.id, ("Engine",))
    assert card.by == opened.member("owner").id
    shown = client.get(page).text
    assert "gold card" in shown
    assert way not in shown
    found = settled(opened.work, opened.work.task("system"))
    assert item.id not in {one.item for one in found.golds}


def test_whoever_made_or_answered_a_gold_card_is_never_given_it(opened, desk_client):
    item = items_of(opened.work, is_exam=False)[0]
    dispute(opened, item)
    client = desk_client("owner")
    settle(client, item)
    client.post(f"/resolve/system/{item.id}/gold")
    room = Room(opened.work)
    for role in ("owner", "expert", "curator"):
        assert item.id not in room.items(opened.member(role).id, most=20)


def test_a_case_of_the_exam_becomes_no_gold_card(opened, desk_client):
    item = items_of(opened.work, is_exam=True)[0]
    dispute(opened, item)
    client = desk_client("owner")
    page = settle(client, item)
    assert "/gold" not in client.get(page).text
    assert client.post(f"/resolve/system/{item.id}/gold").status_code == 409
    assert cards(opened.work) == []


def test_what_nobody_has_settled_becomes_no_gold_card(opened, desk_client):
    item = items_of(opened.work, is_exam=False)[0]
    dispute(opened, item)
    answer = desk_client("owner").post(f"/resolve/system/{item.id}/gold")
    assert answer.status_code == 409
    assert "desk.not-settled" in answer.text
    assert opened.work.store.count(Adjudication) == len(cards(opened.work)) == 0


def test_rows_of_a_file_become_gold_cards_and_no_annotations(work, tmp_path):
    first, second = items_of(work, is_exam=False)[:2]
    path = a_file(
        tmp_path, [a_row(first), a_row(second, "Electrical", annotator="expert:7")]
    )
    report = collect_gold(work, "system", path)
    assert (report.read, report.new, report.known, report.refused) == (2, 2, 0, ())
    assert work.store.count(Annotation) == 0
    made = {card.item: card for card in cards(work)}
    assert made[second.id].by == "expert:7"
    assert made[second.id].labels == ("Electrical",)


def test_the_same_file_twice_makes_no_card_and_another_answer_a_new_one(work, tmp_path):
    item = items_of(work, is_exam=False)[0]
    path = a_file(tmp_path, [a_row(item)])
    collect_gold(work, "system", path)
    again = collect_gold(work, "system", path)
    assert (again.new, again.known) == (0, 1)
    collect_gold(work, "system", a_file(tmp_path, [a_row(item, "Hydraulics")]))
    assert [(one.number, one.labels) for one in cards(work)] == [
        (1, ("Engine",)),
        (2, ("Hydraulics",)),
    ]


def test_what_cannot_be_a_gold_card_is_counted_by_its_reason(work, tmp_path):
    known, torn = items_of(work, is_exam=False)[:2]
    exam = items_of(work, is_exam=True)[0]
    rows = [
        a_row(known),
        a_row(torn),
        a_row(torn, "Electrical"),
        a_row(exam),
        a_row(known, "Gearbox"),
        {"text": "nobody asks about this", "label": "Engine"},
    ]
    report = collect_gold(work, "system", a_file(tmp_path, rows))
    assert (report.read, report.new) == (6, 1)
    assert dict(report.refused) == {
        "desk.gold-exam": 1,
        "experts.gold-differs": 2,
        "experts.no-item": 1,
        "experts.unknown-label": 1,
    }


def test_a_rehearsal_makes_no_card(work, tmp_path):
    path = a_file(tmp_path, [a_row(items_of(work, is_exam=False)[0])])
    assert collect_gold(work, "system", path, keep=False).new == 1
    assert cards(work) == []


def test_a_task_without_labels_has_no_gold_cards(work, tmp_path):
    path = work.folder / "tasks" / "note.toml"
    path.write_text(
        'title = "Note"\nguideline = "Write it down."\nkind = "generate"\n'
        'answer = "write"\n',
        "utf-8",
    )
    with pytest.raises(DataError, match="write") as refused:
        collect_gold(work, "note", a_file(tmp_path, [{"text": "a", "label": "b"}]))
    assert refused.value.code == "experts.gold-kind"


def test_the_last_decision_is_what_becomes_known(opened, desk_client):
    item = items_of(opened.work, is_exam=False)[0]
    dispute(opened, item)
    opened.work.store.append("adjudicate", [a_decision(item, "Engine")])
    opened.work.store.append("adjudicate", [a_decision(item, "Hydraulics")])
    desk_client("curator").post(f"/resolve/system/{item.id}/gold")
    assert [one.labels for one in cards(opened.work)] == [("Hydraulics",)]
