# SPDX-License-Identifier: Apache-2.0
"""The adjudicator sees answers without names, and what matters most first."""

from tests.experts.builders import an_answer, an_item

from maalem.experts import settle
from maalem.experts.disputes import disputes
from maalem.records import Span


def queue_of(answers, **given):
    _, still_open = settle(answers, critical=given.get("critical", ()))
    return disputes(still_open, answers, **given)


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


def test_written_and_marked_answers_differ_by_what_they_say():
    item = an_item()
    span = Span(start=0, end=3, quote="oil")
    answers = [
        an_answer(item, None, annotator="expert:1", spans=(span,)),
        an_answer(item, None, annotator="expert:2", text="an oil leak"),
        an_answer(item, None, annotator="expert:3", text="an oil leak"),
    ]
    (dispute,) = queue_of(answers)
    assert [(one.text, one.spans, one.count) for one in dispute.opinions] == [
        ("an oil leak", (), 2),
        (None, (span,), 1),
    ]


def test_critical_comes_first_then_the_exam_then_what_most_are_involved_in():
    answers = [
        *answers_to(0, "Bucket", "Cab"),
        *answers_to(1, "Bucket", "Cab", "Hoist", "Hoist", "Cab"),
        *answers_to(2, "Bucket", "Cab"),
        *answers_to(3, "Engine", "Engine"),
    ]
    queue = queue_of(answers, critical={"Engine"}, exam={an_item(number=2).id})
    numbers = {an_item(number=n).id: n for n in range(4)}
    assert [numbers[one.item] for one in queue] == [3, 2, 1, 0]
    assert (queue[0].is_critical, queue[0].reason) == (True, "critical label")
    assert queue[1].is_exam


def test_what_waits_for_something_else_is_not_in_the_queue():
    critical = answers_to(0, "Engine")
    alone = answers_to(1, None, outcome="bad-question")
    together = answers_to(2, None, None, outcome="bad-question")
    queue = queue_of([*critical, *alone, *together], critical={"Engine"})
    assert [one.item for one in queue] == [an_item(number=2).id]
    assert queue[0].opinions[0].outcome == "bad-question"


def test_what_is_considered_are_the_answers_that_count():
    answers = answers_to(0, "Engine", "Bucket", "Cab", "Cab")
    _, still_open = settle(answers, held={"expert:3"})
    (dispute,) = disputes(still_open, answers)
    assert dispute.considered == tuple(sorted(one.id for one in answers[:3]))
    assert dispute.annotators == 3
