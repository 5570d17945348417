# SPDX-License-Identifier: Apache-2.0
"""Who taught rows, from which documents, under which guideline."""

from tests.dataset.builders import an_example, an_opinion

from maalem.dataset.lineage import lineage_of
from maalem.records import digest_of

OLD, NEW = digest_of({"version": 1}), digest_of({"version": 2})


def told(examples, answers, documents=None):
    return lineage_of(examples, {one.id: one for one in answers}, documents or {})


def a_row(number, answers, **changes):
    names = tuple(one.id for one in answers)
    return an_example(number, annotations=names, **changes)


def test_whoever_gave_most_answers_stands_first():
    a, b, c = (
        an_opinion(0, "amina"),
        an_opinion(1, "bruno"),
        an_opinion(2, "bruno"),
    )
    rows = [a_row(number, [one]) for number, one in enumerate((a, b, c))]
    found = told(rows, [a, b, c]).contributions
    assert [(one.annotator, one.answers) for one in found] == [
        ("bruno", 2),
        ("amina", 1),
    ]


def test_an_answer_agrees_only_where_it_says_the_settled_label():
    yes, no = an_opinion(0, "amina"), an_opinion(0, "bruno", labels=("Bucket",))
    by_name = {
        one.annotator: one
        for one in told([a_row(0, [yes, no])], [yes, no]).contributions
    }
    assert (by_name["amina"].agreeing, by_name["bruno"].agreeing) == (1, 0)


def test_a_row_rests_on_one_annotator_alone_only_if_nobody_else_answered():
    mine, shared = an_opinion(0, "amina"), an_opinion(1, "amina")
    other = an_opinion(1, "bruno")
    rows = [a_row(0, [mine]), a_row(1, [shared, other])]
    found = {
        one.annotator: one.alone
        for one in told(rows, [mine, shared, other]).contributions
    }
    assert found == {"amina": 1, "bruno": 0}


def test_time_is_said_only_where_every_answer_was_timed():
    timed, untimed = an_opinion(0, "amina", seconds=4.0), an_opinion(1, "amina")
    assert told([a_row(0, [timed])], [timed]).contributions[0].seconds == 4.0
    both = told([a_row(0, [timed]), a_row(1, [untimed])], [timed, untimed])
    assert both.contributions[0].seconds is None


def test_guidelines_and_documents_are_counted_and_what_is_unknown_is_said():
    one = an_opinion(0, "amina", guideline=OLD)
    two = an_opinion(1, "amina", guideline=NEW)
    three = an_opinion(2, "amina")
    rows = [a_row(number, [said]) for number, said in enumerate((one, two, three))]
    document = digest_of({"document": 1})
    places = {rows[0].passage: document, rows[1].passage: document}
    found = told(rows, [one, two, three], places)
    assert dict(found.guidelines) == {OLD: 1, NEW: 1, None: 1}
    assert found.documents == ((document, 2),)
    assert found.unplaced == 1


def test_an_answer_that_nobody_knows_is_counted_for_nobody():
    assert told([an_example(0)], []).contributions == ()
