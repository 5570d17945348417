# SPDX-License-Identifier: Apache-2.0
"""Who answers gold cards wrongly is held, with the reason, until a person lifts it."""

import json
import shutil
from datetime import UTC, datetime

import pytest
from tests.app.desk.pages import an_answer

from maalem.app import loop
from maalem.app.desk.watcher import Watcher
from maalem.app.main import run
from maalem.app.steps.watching import watch
from maalem.errors import SettingsError
from maalem.records import Annotation, GoldCard, Hold, Item, digest_of

BEFORE, MADE, AFTER = (f"2026-11-24T{hour}:00:00+00:00" for hour in ("08", "09", "10"))
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def make_cards(work, *, by="expert:judge", count=12):
    items = list(work.store.find(Item, "system"))[:count]
    cards = [
        GoldCard(
            id=digest_of({"item": item.id}),
            task="system",
            item=item.id,
            labels=("Engine",),
            by=by,
            at=MADE,
        )
        for item in items
    ]
    work.store.append("gold", cards)
    return items


def answer(work, items, annotator, label, *, at=AFTER, **said):
    given = [
        an_answer(item, annotator, labels=(label,), at=at, seconds=9.0, **said)
        for item in items
    ]
    work.store.append("annotation.desk", given)


def nobody(records, *, index):
    """Hear of holds, and do nothing."""


def holds(work):
    return list(work.store.find(Hold, "system"))


def test_who_is_wrong_on_gold_cards_is_held_with_the_counts(work):
    items = make_cards(work)
    answer(work, items, "expert:bad", "Electrical")
    answer(work, items, "expert:good", "Engine")
    found = watch(work, "system", now=NOW)
    (hold,) = holds(work)
    assert (hold.annotator, hold.by, hold.is_lifted) == (
        "expert:bad",
        "vigilance",
        False,
    )
    assert ("gold", "0 of 12 right") in hold.evidence
    assert (found.annotators, found.answers, found.holds) == (2, 24, (hold,))
    (entry,) = work.store.entries("people.hold")
    assert entry.index == found.entry


def test_answers_of_who_is_held_are_still_there(work):
    items = make_cards(work)
    answer(work, items, "expert:bad", "Electrical")
    watch(work, "system", now=NOW)
    assert work.store.count(Annotation, "system") == 12


def test_looking_twice_holds_once(work):
    answer(work, make_cards(work), "expert:bad", "Electrical")
    watch(work, "system", now=NOW)
    assert watch(work, "system", now=NOW).holds == ()
    assert len(holds(work)) == 1


def test_a_look_without_keeping_holds_nobody(work):
    answer(work, make_cards(work), "expert:bad", "Electrical")
    found = watch(work, "system", now=NOW, keep=False)
    assert [one.annotator for one in found.holds] == ["expert:bad"]
    assert holds(work) == []


@pytest.mark.parametrize(
    ("annotator", "said"),
    [
        ("expert:bad", {"at": BEFORE}),
        ("expert:judge", {}),
        ("import:old", {"source": "old.csv"}),
    ],
)
def test_what_was_no_test_counts_for_and_against_nobody(work, annotator, said):
    answer(work, make_cards(work), annotator, "Electrical", **said)
    assert watch(work, "system", now=NOW).answers == 0
    assert holds(work) == []


def test_what_an_owner_lifted_stays_lifted(opened, desk_client):
    work = opened.work
    answer(work, make_cards(work), "expert:bad", "Electrical")
    watch(work, "system", now=NOW)
    form = {"annotator": "expert:bad", "do": "lift", "reason": "misread the guideline"}
    assert desk_client("owner").post("/team/system/hold", data=form).status_code == 303
    assert watch(work, "system", now=NOW).holds == ()
    assert [one.is_lifted for one in holds(work)] == [False, True]
    assert len(list(work.store.entries("people.hold"))) == 2


def test_whoever_answers_is_looked_at_every_so_often(opened):
    work, told = opened.work, []
    watcher = Watcher(
        work,
        clock=opened.clock,
        tell=lambda found, *, index: told.append((found, index)),
        every=12,
    )
    items = make_cards(work)
    for number, item in enumerate(items):
        answer(work, [item], "expert:bad", "Electrical")
        assert holds(work) == [] or number == 11
        watcher.heard("system", "expert:bad")
    watcher.close()
    (hold,) = holds(work)
    (entry,) = work.store.entries("people.hold")
    assert told == [((hold,), entry.index)]


def test_a_task_that_cannot_be_read_stops_no_watcher(opened, caplog):
    watcher = Watcher(opened.work, clock=opened.clock, tell=nobody, every=1)
    watcher.heard("no-such-task", "expert:a")
    answer(opened.work, make_cards(opened.work), "expert:bad", "Electrical")
    watcher.heard("system", "expert:bad")
    watcher.close()
    assert len(holds(opened.work)) == 1
    assert "no-such-task" in caplog.text


def test_a_look_rests_before_the_next(opened):
    work = opened.work

    def slow_clock():
        opened.clock.now += 1.0
        return opened.clock.now

    watcher = Watcher(work, clock=slow_clock, tell=nobody, every=1)
    watcher.look("system")
    answer(work, make_cards(work), "expert:bad", "Electrical")
    watcher.heard("system", "expert:bad")
    watcher.close()
    assert holds(work) == []


def test_the_command_checks_a_task_and_says_what_it_found(
    desk_folder, tmp_path, capsys
):
    folder = shutil.copytree(desk_folder, tmp_path / "fleet")
    with loop.open_workspace(folder) as work:
        answer(work, make_cards(work), "expert:bad", "Electrical")
    assert run(["-C", str(folder), "--json", "people", "check", "system", "-n"]) == 0
    dry = json.loads(capsys.readouterr().out)
    assert run(["-C", str(folder), "people", "check", "system"]) == 0
    said = capsys.readouterr()
    assert dry["holds"][0]["annotator"] == "expert:bad"
    assert "expert:bad" in said.out
    assert "0 of 12 gold cards are right" in said.err


def test_a_name_that_is_no_task_is_said_to_be_so(work):
    with pytest.raises(SettingsError, match="no task 'sytem'"):
        watch(work, "sytem", now=NOW)
