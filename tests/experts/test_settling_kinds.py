# SPDX-License-Identifier: Apache-2.0
"""Answers of every kind are settled where they agree, and by a person where not."""

from random import Random

import pytest
from tests.experts.builders import (
    a_task,
    an_adjudication,
    an_answer,
    an_item,
    changed,
)

from maalem.experts.comparing import comparing
from maalem.experts.settling_kinds import settle_kind
from maalem.records import Span
from maalem.tasks import LabelDefinition
from maalem.tasks.labels import Criterion

TASKS = {
    "choose-several": changed(a_task(), answer="choose-several"),
    "mark": changed(a_task(), answer="mark", kind="search"),
    "rank": changed(
        a_task(), answer="rank", kind="generate", option_fields=("a", "b", "c")
    ),
    "rate": changed(
        a_task(),
        answer="rate",
        kind="generate",
        criteria=(Criterion(name="true"), Criterion(name="clear")),
    ),
    "write": changed(a_task(), answer="write", kind="generate"),
    "correct": changed(
        a_task(), answer="correct", kind="generate", draft_field="draft"
    ),
}


def marks(*places):
    text = "oil leak at the boom cylinder"
    return tuple(Span(start=a, end=b, quote=text[a:b]) for a, b in places)


SAID = {
    "choose-several": (
        {"labels": ("Bucket", "Engine")},
        {"labels": ("Engine",)},
        {"labels": ("Bucket",)},
    ),
    "mark": (
        {"spans": marks((0, 8))},
        {"spans": marks((0, 8), (16, 20))},
        {"spans": marks((21, 29))},
    ),
    "rank": ({"ranking": (0, 1, 2)}, {"ranking": (1, 0, 2)}, {"ranking": (2, 1, 0)}),
    "rate": (
        {"ratings": (("true", 5), ("clear", 1))},
        {"ratings": (("true", 2), ("clear", 1))},
        {"ratings": (("true", 5), ("clear", 5))},
    ),
    "write": ({"text": "a leak"}, {"text": "an oil leak"}, {"text": "oil"}),
    "correct": ({"text": "a leak"}, {"text": "an oil leak"}, {"text": "oil"}),
}
EVERY = pytest.mark.parametrize("answer", TASKS)


def answers(*said, item=None):
    return [
        an_answer(item or an_item(), None, annotator=f"expert:{n}", **one)
        for n, one in enumerate(said)
    ]


def settled(answer, annotations, **given):
    return settle_kind(annotations, comparing(TASKS[answer]), **given)


def content(one):
    fields = ("labels", "text", "spans", "ratings", "ranking")
    found = {name: getattr(one, name) for name in fields}
    return {name: value for name, value in found.items() if value}


@EVERY
def test_one_answer_settles_as_single_and_equal_ones_as_unanimous(answer):
    first = SAID[answer][0]
    (single,), _ = settled(answer, answers(first))
    (unanimous,), _ = settled(answer, answers(first, first))
    assert (single.rule, unanimous.rule) == ("single", "unanimous")
    assert content(single) == content(unanimous) == first
    assert single.label == ""


@EVERY
def test_more_than_half_settle_and_less_leave_it_to_a_person(answer):
    first, second, third = SAID[answer]
    (majority,), _ = settled(answer, answers(first, second, first))
    assert (majority.rule, content(majority)) == ("majority", first)
    golds, (still_open,) = settled(answer, answers(first, second))
    assert (golds, still_open.reason) == ((), "answers differ")
    assert len(still_open.annotations) == 2
    _, (open_three,) = settled(answer, answers(first, second, third))
    assert open_three.reason == "answers differ"


@EVERY
def test_a_person_s_word_stands_above_all(answer):
    first, second, third = SAID[answer]
    word = an_adjudication(an_item(), None, **third)
    for said in (answers(first, second), answers(first, first)):
        (gold,), still_open = settled(answer, said, adjudications=[word])
        assert (gold.rule, content(gold), still_open) == ("adjudicated", third, ())
        assert gold.annotations == tuple(one.id for one in said)


@EVERY
def test_an_unclear_guideline_keeps_it_open_until_all_is_answered_anew(answer):
    first, second, _ = SAID[answer]
    old = answers(first, second)
    unclear = an_adjudication(
        an_item(),
        None,
        is_guideline_unclear=True,
        considered=tuple(one.id for one in old),
    )
    _, (still_open,) = settled(answer, old, adjudications=[unclear])
    assert still_open.reason == "guideline unclear"
    anew = [changed(one, id=f"{one.id}-anew", **first) for one in old]
    (gold,), _ = settled(answer, [*old, *anew], adjudications=[unclear])
    assert gold.rule == "unanimous"


@EVERY
def test_who_is_held_does_not_count_and_refusals_settle_nothing(answer):
    first, second, _ = SAID[answer]
    said = answers(first, second)
    (gold,), _ = settled(answer, said, held={"expert:1"})
    assert (gold.rule, gold.set_aside) == ("single", (said[1].id,))
    _, (still_open,) = settled(answer, said, held={"expert:0", "expert:1"})
    assert still_open.reason == "all held"
    refused = answers({"outcome": "unknown"}, {"outcome": "unknown"})
    _, (nobody,) = settled(answer, refused)
    assert nobody.reason == "no answer"
    _, (short,) = settled(answer, said[:1], needed={an_item().id: 2})
    assert short.reason == "too few answers"
    assert settled(answer, said, gold_items={an_item().id}) == ((), ())


@EVERY
def test_the_order_of_answers_changes_nothing(answer):
    several = [
        one
        for number in range(6)
        for one in answers(*SAID[answer], *SAID[answer], item=an_item(number=number))
    ]
    golds, still_open = settled(answer, several)
    shuffled = several.copy()
    Random(4).shuffle(shuffled)
    again, open_again = settled(answer, shuffled)
    assert {(one.item, one.rule) for one in golds} == {
        (one.item, one.rule) for one in again
    }
    assert {one.item for one in still_open} == {one.item for one in open_again}


def test_one_step_of_five_needs_no_person_and_two_do():
    near = answers(
        {"ratings": (("true", 4), ("clear", 3))},
        {"ratings": (("true", 5), ("clear", 3))},
    )
    (gold,), _ = settled("rate", near)
    assert (gold.rule, dict(gold.ratings)) == ("close", {"true": 4, "clear": 3})
    near.append(changed(near[1], annotator="expert:9", id="third"))
    (gold,), _ = settled("rate", near)
    assert (gold.rule, dict(gold.ratings)["true"]) == ("majority", 5)
    far = answers(
        {"ratings": (("true", 3), ("clear", 3))},
        {"ratings": (("true", 5), ("clear", 3))},
    )
    assert settled("rate", far)[1][0].reason == "answers differ"


def test_a_mark_that_differs_by_an_end_is_the_same_mark():
    near = answers({"spans": marks((0, 20))}, {"spans": marks((0, 19))})
    (gold,), _ = settled("mark", near)
    assert (gold.rule, gold.spans) == ("close", marks((0, 19)))
    far = answers({"spans": marks((0, 20))}, {"spans": marks((0, 15))})
    assert settled("mark", far)[1][0].reason == "answers differ"


def test_a_critical_label_among_several_is_always_adjudicated():
    task = changed(
        a_task(LabelDefinition(name="Fire", critical=True), "Engine"),
        answer="choose-several",
    )
    how = comparing(task)
    both = {"labels": ("Engine", "Fire")}
    _, (one,) = settle_kind(answers(both), how)
    _, (two,) = settle_kind(answers(both, both), how)
    assert (one.reason, two.reason) == ("too few answers", "critical label")
    word = an_adjudication(an_item(), labels=("Fire",))
    (gold,), _ = settle_kind(answers(both, both), how, adjudications=[word])
    assert (gold.rule, gold.labels) == ("adjudicated", ("Fire",))
