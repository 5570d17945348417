# SPDX-License-Identifier: Apache-2.0
"""My day: what waits, how long it takes, what came of it; how answers are counted."""

import dataclasses
from datetime import UTC, datetime

from tests.app.desk.pages import an_answer, give

from maalem.app.desk.day import brief, queues_of
from maalem.app.desk.desk import Person
from maalem.app.desk.standing import Standings, standing
from maalem.records import Hold, Item


def a_person(opened, role="expert"):
    member = opened.member(role)
    return Person(id=member.id, name=member.name, role=role, language="en")


def waiting(opened, person):
    return queues_of(
        opened.desk,
        person,
        standings=Standings(),
        dealers=opened.application.state.dealers,
    )


def test_a_newcomer_is_told_that_nothing_was_measured(desk_client):
    shown = desk_client("owner").get("/").text
    assert "30</bdi> cards left" in shown
    assert "was not measured yet" in shown
    assert "no model of this task was released" in shown


def test_an_expert_reads_arabic(desk_client):
    shown = desk_client("expert").get("/").text
    assert '<html lang="ar" dir="rtl">' in shown
    assert "أي نظام تعطل؟" in shown
    assert "Hello" not in shown


def test_minutes_come_from_measured_seconds(opened):
    person = a_person(opened)
    items = list(opened.work.store.find(Item, "system"))
    give(opened, [an_answer(one, person.id, seconds=20.0) for one in items[:10]])
    (queue,), broken = waiting(opened, person)
    assert (queue.left, queue.minutes, broken) == (20, 7, [])


def test_the_last_word_counts_once_and_a_withdrawn_one_never(opened):
    first, second, *_ = opened.work.store.find(Item, "system")
    told = standing(
        [
            an_answer(first, "expert:a", labels=("Engine",)),
            an_answer(first, "expert:a", labels=("Electrical",)),
            an_answer(second, "expert:a"),
            an_answer(second, "expert:a", labels=(), outcome="withdrawn"),
            an_answer(first, "expert:b", labels=(), outcome="unknown"),
        ]
    )
    assert (told.records, told.items) == (5, 1)
    assert told.of("expert:a").answers == 1
    assert (told.of("expert:b").answers, told.of("expert:b").refusals) == (0, 1)
    assert told.of("nobody").items == 0


def test_a_count_that_took_long_is_used_for_a_while(opened):
    ticks = iter((100.0, 101.0, 110.0, 122.0, 122.0, 122.0, 122.0))
    desk = dataclasses.replace(opened.desk, clock=lambda: next(ticks))
    item = next(opened.work.store.find(Item, "system"))
    standings = Standings()
    before = standings.of(desk, "system")
    give(opened, [an_answer(item, "expert:a")])
    assert standings.of(desk, "system") is before
    assert standings.of(desk, "system") is before  # and it is counted anew meanwhile
    standings._kept.settle()
    assert standings.of(desk, "system").records == 1


def test_a_held_expert_is_told_and_given_no_cards(opened, desk_client):
    member = opened.member("expert")
    held = Hold(
        id="sha256:" + "0" * 64,
        task="system",
        annotator=member.id,
        is_lifted=False,
        reason="too fast",
        evidence=(),
        by="vigilance",
        at="2026-01-01T00:00:00+00:00",
    )
    opened.work.store.append("hold", [held])
    shown = desk_client("expert").get("/").text
    assert "معلّقة" in shown
    assert "too fast" not in shown


def test_the_brief_has_three_sentences_at_most(opened):
    person = a_person(opened)
    item = next(opened.work.store.find(Item, "system"))
    give(opened, [an_answer(item, person.id, at="2026-11-25T08:00:00+00:00")])
    queues, _ = waiting(opened, person)
    on_the_day = datetime(2026, 11, 25, tzinfo=UTC)
    assert brief(queues, on_the_day) == [("today", 1), ("waiting", 29)]
    the_day_after = datetime(2026, 11, 26, tzinfo=UTC)
    assert brief(queues, the_day_after) == [("yesterday", 1), ("waiting", 29)]


def test_a_task_whose_file_is_refused_hides_no_other(opened, desk_client):
    (opened.work.folder / "tasks" / "broken.toml").write_text("title = 3")
    shown = desk_client("owner").get("/").text
    assert "Which system failed?" in shown
    assert "broken" in shown
