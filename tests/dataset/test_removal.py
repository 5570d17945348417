# SPDX-License-Identifier: Apache-2.0
"""What rows would say if one annotator had never answered."""

from tests.dataset.builders import an_example, an_opinion

from maalem.dataset.removal import without
from maalem.records import Adjudication, Digest, digest_of


def a_row(number, answers, **changes):
    return an_example(
        number, label="Engine", annotations=tuple(one.id for one in answers), **changes
    )


def removed(rows, answers, *, who="amina", **known):
    by_name = {one.id: one for one in answers}
    return without(who, rows, annotations=by_name, **known)


def a_judgement(number, by, label="Engine"):
    return Adjudication(
        id=digest_of({"judgement": number}),
        item=digest_of({"item": number}),
        task="system",
        adjudicator=by,
        labels=(label,),
        reason="the cause counts",
        considered=(),
        at="2026-01-01T00:00:00+00:00",
        guideline=Digest("g"),
    )


def test_a_row_that_they_did_not_answer_stays_as_it_is():
    other = an_opinion(0, "bruno")
    row = a_row(0, [other])
    found = removed([row], [other])
    assert found.rows == (row,)
    assert (found.touched, found.standing) == (0, {row.item})


def test_a_row_that_rests_on_them_alone_is_dropped():
    mine = an_opinion(0, "amina")
    row = a_row(0, [mine])
    found = removed([row], [mine])
    assert found.rows == ()
    assert (found.dropped, found.standing) == ({row.item}, set())


def test_a_row_that_others_say_too_keeps_its_label():
    answers = [an_opinion(0, "amina"), an_opinion(0, "bruno")]
    row = a_row(0, answers, rule="unanimous")
    found = removed([row], answers)
    assert [one.label for one in found.rows] == ["Engine"]
    assert found.standing == {row.item}


def test_a_row_that_they_had_outvoted_gets_the_label_of_the_others():
    answers = [
        an_opinion(0, "amina"),
        an_opinion(0, "chadi"),
        an_opinion(0, "bruno", labels=("Bucket",)),
    ]
    row = a_row(0, answers, rule="majority")
    found = removed([row], [*answers], who="chadi")
    assert found.dropped == {row.item}  # one against one settles nothing
    both = [an_opinion(1, "amina"), an_opinion(1, "bruno", labels=("Bucket",))]
    mine = a_row(1, both, rule="majority")
    found = removed([mine], both)
    assert [one.label for one in found.rows] == ["Bucket"]
    assert (found.changed, found.standing) == ({mine.item}, set())


def test_a_row_that_another_adjudicated_keeps_its_label_whoever_answered():
    mine = an_opinion(0, "amina", labels=("Bucket",))
    row = a_row(0, [mine], rule="adjudicated")
    found = removed([row], [mine], adjudications=[a_judgement(0, "chadi")])
    assert found.rows == (row,)
    assert (found.touched, found.standing) == (1, {row.item})


def test_a_row_that_they_adjudicated_goes_back_to_the_votes_of_the_others():
    votes = [
        an_opinion(0, "bruno", labels=("Bucket",)),
        an_opinion(0, "chadi", labels=("Bucket",)),
    ]
    row = a_row(0, votes, rule="adjudicated")
    found = removed([row], votes, adjudications=[a_judgement(0, "amina")])
    assert [one.label for one in found.rows] == ["Bucket"]
    strict = removed(
        [row], votes, adjudications=[a_judgement(0, "amina")], critical=["Bucket"]
    )
    assert strict.dropped == {row.item}


def test_an_adjudication_on_another_label_is_not_the_one_that_settled_the_row():
    votes = [an_opinion(0, "bruno")]
    row = a_row(0, votes, rule="adjudicated")
    judged = [a_judgement(0, "chadi"), a_judgement(0, "amina", label="Bucket")]
    assert removed([row], votes, adjudications=judged).touched == 0
