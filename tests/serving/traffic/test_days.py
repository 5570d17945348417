# SPDX-License-Identifier: Apache-2.0
"""A closed day has one digest, and whoever changes a row changes it."""

import pytest
from tests.serving.traffic.builders import a_decision, an_occurrence, rows_of, written

from maalem.serving.traffic import days
from maalem.serving.traffic.days import DAY, GRACE, day_of, days_to_close
from maalem.serving.traffic.looking import find, find_request, requests
from maalem.serving.traffic.tables import connect

FIRST = "1970-01-02"


def closed(path, day=FIRST):
    *_, found = day_of(path, day)
    return found


def told_at(at, *texts):
    decisions = (a_decision(text, place) for place, text in enumerate(texts))
    return an_occurrence(*decisions, at=at, request=f"r{at:.0f}")


@pytest.fixture
def path(tmp_path):
    """A file with two requests on one day and one on the next but one."""
    return written(
        tmp_path, told_at(DAY, "engine", "pump"), told_at(2 * DAY - 1), told_at(3 * DAY)
    )


def test_a_day_counts_its_requests_and_no_others(path):
    assert closed(path).requests == 2
    assert closed(path, "1970-01-03").requests == 0
    assert closed(path, "1970-01-04").requests == 1
    assert closed(path.with_name("missing")).requests == 0


@pytest.mark.parametrize(
    "deed",
    [
        "UPDATE decision SET label = 'Other' WHERE place = 1",
        "UPDATE decision SET probability = 0.5 WHERE place = 1",
        "UPDATE request SET caller = 'another'",
        "UPDATE request SET seconds = seconds + 1e-9",
        "DELETE FROM decision WHERE place = 1",
        "DELETE FROM request WHERE at = 86400",
        """INSERT INTO request SELECT 'new', at, seconds, operation, path, caller, task,
           "release", model, threshold, arm, status, code, tokens_in, tokens_out,
           texts, automatic, has_texts FROM request LIMIT 1""",
    ],
)
def test_whoever_changes_adds_or_takes_away_a_row_changes_the_digest(path, deed):
    before = closed(path)
    database = connect(path)
    database.execute(deed)
    database.close()
    assert closed(path).digest != before.digest


def test_a_text_that_leaves_changes_no_digest(path):
    before = closed(path)
    database = connect(path)
    database.execute("UPDATE decision SET text = NULL, digest = ''")
    database.execute("UPDATE request SET has_texts = 0")
    database.close()
    assert closed(path) == before


def test_a_day_is_closed_once_it_is_over_for_longer_than_an_answer_takes(path):
    def to_close(now, after=""):
        return [*days_to_close(path, after=after, now=now)]

    assert to_close(2 * DAY + GRACE - 1) == []
    assert to_close(2 * DAY + GRACE) == [FIRST]
    assert to_close(9 * DAY) == [FIRST, "1970-01-04"]
    assert to_close(9 * DAY, after=FIRST) == ["1970-01-04"]
    assert [*days_to_close(path.with_name("missing"), after="", now=9 * DAY)] == []


def test_a_long_day_is_read_in_pieces_with_one_digest(path, monkeypatch):
    whole = closed(path)
    monkeypatch.setattr(days, "_PIECE", 1)
    *pieces, last = day_of(path, FIRST)
    assert (last, len(pieces)) == (whole, 3)


def test_a_request_is_found_by_its_id_with_what_was_said(path):
    found = find_request(path, "r86400")
    assert (found.task, found.texts, found.automatic) == ("system", 2, 2)
    said = find(path, "r86400", 1)
    assert (said.label, said.text, said.probability) == ("Engine", "pump", 0.9)
    assert find(path, "r86400", 2) is None
    assert find(path, "missing", 0) is None
    assert find_request(path.with_name("missing"), "r86400") is None


def test_requests_come_in_the_order_of_their_time(path):
    def ids(**asked):
        return [one.request for one in requests(path, **asked)]

    assert ids(since=0.0, until=9 * DAY) == ["r86400", "r172799", "r259200"]
    assert ids(since=0.0, until=2 * DAY - 1) == ["r86400"]
    assert ids(since=0.0, until=9 * DAY, task="other") == []
    assert rows_of(path, "SELECT count(*) FROM request") == [(3,)]
