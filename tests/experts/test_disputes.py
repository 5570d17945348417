# SPDX-License-Identifier: Apache-2.0
"""The adjudicator sees answers without names, and what matters most first."""

import pytest
from tests.experts.builders import a_task, an_answer, an_item, changed

from maalem.experts import settle
from maalem.experts.comparing import comparing
from maalem.experts.disputes import disputes
from maalem.experts.settling_kinds import settle_kind
from maalem.records import Span
from maalem.tasks import LabelDefinition

CHECKED = a_task(LabelDefinition(name="Engine", critical=True), "Bucket", "Cab")


def asked_for(answer):
    return changed(a_task(), answer=answer, kind="generate", **NEEDED.get(answer, {}))


NEEDED = {"correct": {"draft_field": "draft"}}


def queue_of(answers, **given):
    how = comparing(given.pop("task", a_task()))
    settle_any = settle_kind if not how.is_one_label else settle_labels
    _, still_open = settle_any(answers, how)
    return disputes(still_open, answers, how=how, **given)


def settle_labels(answers, how):
    return settle(answers, critical=how.critical)


def answers_to(number, *said, **fields):
    item = an_item(number=number)
    return [
        an_answer(item, label, annotator=f"expert:{who}", **fields)
        for who, label in enumerate(said)
    ]


def test_answers_stand_side_by_side_with_counts_and_reasons():
    item = an_item()
    answers = [
        an_answer(item, "Bucket", annotator="expert:1", note="it is the lip"),
        an_answer(item, "Engine", annotator="expert:2", reason="oil"),
        an_answer(item, "Bucket", annotator="expert:3", note="a tooth is broken"),
        an_answer(item, "Engine", annotator="expert:4", reason="oil"),
        an_answer(item, None, annotator="expert:5", outcome="unknown", note="torn"),
    ]
    (dispute,) = queue_of(answers)
    assert (dispute.reason, dispute.annotators) == ("tie", 5)
    assert [(one.labels, one.count, one.reasons) for one in dispute.opinions] == [
        (("Bucket",), 2, ("a tooth is broken", "it is the lip")),
        (("Engine",), 2, ("oil",)),
        ((), 1, ("torn",)),
    ]
    assert dispute.opinions[2].outcome == "unknown"


def test_nothing_in_the_queue_tells_who_answered():
    said = ("Engine", "Bucket", "Engine", "Bucket")
    forwards = queue_of(answers_to(0, *said))
    assert "expert" not in repr(forwards)
    assert queue_of(answers_to(0, *said)[::-1]) == forwards


def test_written_answers_differ_by_more_than_case_and_spaces():
    said = ("An oil leak", "an oil  leak", "a gas leak", "a leak")
    answers = [
        an_answer(an_item(), None, annotator=f"expert:{n}", text=text)
        for n, text in enumerate(said)
    ]
    (dispute,) = queue_of(answers, task=asked_for("correct"))
    assert [(one.text, one.count) for one in dispute.opinions] == [
        ("An oil leak", 2),
        ("a gas leak", 1),
        ("a leak", 1),
    ]
    assert dispute.apart == pytest.approx(5 / 6)


def test_marks_are_as_far_apart_as_the_characters_that_one_alone_marks():
    spans = [Span(start=0, end=end, quote="oil leak"[:end]) for end in (8, 4)]
    answers = [
        an_answer(an_item(), None, annotator=f"expert:{n}", spans=(span,))
        for n, span in enumerate(spans)
    ]
    task = changed(a_task(), answer="mark", kind="search")
    (dispute,) = queue_of(answers, task=task)
    assert dispute.apart == 0.5
    assert [one.spans for one in dispute.opinions] == [(spans[1],), (spans[0],)]


def test_of_the_same_weight_what_is_farthest_apart_comes_first():
    tree = a_task(
        "Oil",
        "Other",
        LabelDefinition(name="Leak", parent="Oil"),
        LabelDefinition(name="Low", parent="Oil"),
    )
    near, far = answers_to(0, "Leak", "Low"), answers_to(1, "Leak", "Other")
    queue = queue_of([*near, *far], task=tree)
    assert [one.item for one in queue] == [an_item(number=n).id for n in (1, 0)]


def test_critical_comes_first_then_the_exam_then_what_most_are_involved_in():
    answers = [
        *answers_to(0, "Bucket", "Cab"),
        *answers_to(1, "Bucket", "Cab", "Hoist", "Hoist", "Cab"),
        *answers_to(2, "Bucket", "Cab"),
        *answers_to(3, "Engine", "Engine"),
    ]
    queue = queue_of(answers, task=CHECKED, exam={an_item(number=2).id})
    numbers = {an_item(number=n).id: n for n in range(4)}
    assert [numbers[one.item] for one in queue] == [3, 2, 1, 0]
    assert (queue[0].is_critical, queue[0].reason) == (True, "critical label")
    assert queue[1].is_exam


def test_what_waits_for_something_else_is_not_in_the_queue():
    critical = answers_to(0, "Engine")
    alone = answers_to(1, None, outcome="bad-question")
    together = answers_to(2, None, None, outcome="bad-question")
    queue = queue_of([*critical, *alone, *together], task=CHECKED)
    assert [one.item for one in queue] == [an_item(number=2).id]
    assert queue[0].opinions[0].outcome == "bad-question"


def test_what_is_considered_are_the_answers_that_count():
    answers = answers_to(0, "Engine", "Bucket", "Cab", "Cab")
    _, still_open = settle(answers, held={"expert:3"})
    (dispute,) = disputes(still_open, answers)
    assert dispute.considered == tuple(sorted(one.id for one in answers[:3]))
    assert dispute.annotators == 3
