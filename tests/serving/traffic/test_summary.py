# SPDX-License-Identifier: Apache-2.0
"""A summary counts what the file has, and nothing twice."""

import numpy as np
import pytest
from tests.serving.traffic.builders import a_decision, a_refusal, an_occurrence, written

from maalem.serving.traffic.summary import (
    DAY,
    HOUR,
    ModelTraffic,
    Slot,
    summarise,
    tasks_asked,
)
from maalem.serving.traffic.tables import connect

BELOW = a_decision(place=1, reason="below")
ALL = {"task": None, "since": 0.0, "until": 2 * HOUR}


def test_texts_and_requests_are_counted_apart_and_by_task(tmp_path):
    path = written(
        tmp_path,
        an_occurrence(a_decision(), BELOW),
        an_occurrence(task="urgency"),
        a_refusal(),
    )
    whole = summarise(path, **ALL)
    assert (whole.requests, whole.texts, whole.automatic) == (3, 3, 2)
    one = summarise(path, **ALL | {"task": "system"})
    assert (one.requests, one.texts, one.automatic, one.share) == (1, 2, 1, 0.5)
    assert tasks_asked(path, since=0.0, until=HOUR) == ("", "system", "urgency")


@pytest.mark.parametrize("number", [1, 2, 7, 100, 1000])
def test_a_percentile_is_the_time_of_an_answer_by_nearest_rank(tmp_path, number):
    seconds = np.random.default_rng(number).exponential(0.02, number)
    path = written(tmp_path, *(an_occurrence(seconds=float(one)) for one in seconds))
    found = summarise(path, **ALL)
    wanted = np.percentile(seconds, (50, 95, 99), method="inverted_cdf")
    assert (found.p50, found.p95, found.p99) == tuple(wanted)


def test_refusals_are_no_answers_whose_time_counts(tmp_path):
    path = written(
        tmp_path,
        a_refusal("gateway.full", seconds=9.0),
        a_refusal("gateway.full"),
        a_refusal("gateway.key"),
        an_occurrence(seconds=0.5),
    )
    found = summarise(path, **ALL)
    assert (found.p50, found.p99) == (0.5, 0.5)
    assert found.refused == (("gateway.full", 2), ("gateway.key", 1))


def test_what_only_reads_or_corrects_is_no_traffic_of_a_task(tmp_path):
    path = written(
        tmp_path,
        an_occurrence(seconds=0.5),
        *(
            an_occurrence(operation="feedback", decisions=(), seconds=9.0)
            for _ in range(3)
        ),
        an_occurrence(operation="read", code="gateway.tool", seconds=9.0),
    )
    found = summarise(path, **ALL | {"task": "system"})
    assert (found.requests, found.p50, found.p99) == (2, 0.5, 0.5)
    assert found.refused == (("gateway.tool", 1),)


def test_a_refusal_that_is_sent_with_200_is_no_answer(tmp_path):
    refused = a_refusal("gateway.failed", status=200, task="system", seconds=9.0)
    path = written(tmp_path, an_occurrence(seconds=0.5), refused)
    found = summarise(path, **ALL | {"task": "system"})
    assert (found.requests, found.p50, found.p99) == (2, 0.5, 0.5)


def test_what_a_shadow_said_counts_for_its_model_alone(tmp_path):
    first = an_occurrence(a_decision(), BELOW, seconds=0.5)
    shadow = an_occurrence(
        request=f"{first.request}.shadow", arm="shadow", model="new", seconds=9.0
    )
    canary = an_occurrence(BELOW, arm="canary", model="new", seconds=0.7)
    path = written(tmp_path, shadow, canary, first)
    found = summarise(path, **ALL)
    assert (found.requests, found.texts, found.p99) == (2, 3, 0.7)
    assert found.by_model == (
        ModelTraffic(
            model="sha256:model", arm="champion", texts=2, automatic=1, p50=0.5
        ),
        ModelTraffic(model="new", arm="canary", texts=1, automatic=0, p50=0.7),
        ModelTraffic(model="new", arm="shadow", texts=1, automatic=1, p50=9.0),
    )


def test_hours_in_which_nothing_came_are_there_too(tmp_path):
    path = written(
        tmp_path, an_occurrence(at=HOUR + 1), an_occurrence(BELOW, at=3 * HOUR - 1)
    )
    found = summarise(path, task=None, since=30.0, until=3.5 * HOUR)
    assert found.by_hour == (
        Slot(start=0.0),
        Slot(start=HOUR, requests=1, texts=1, automatic=1),
        Slot(start=2 * HOUR, requests=1, texts=1),
        Slot(start=3 * HOUR),
    )


def test_a_long_span_has_a_slot_for_each_day(tmp_path):
    path = written(tmp_path, an_occurrence(at=1.5 * DAY))
    found = summarise(path, task=None, since=0.0, until=365 * DAY)
    assert (found.slot, len(found.by_hour)) == (DAY, 365)
    assert found.by_hour[1].requests == 1


def test_the_end_of_a_span_is_not_in_it(tmp_path):
    path = written(tmp_path, an_occurrence(at=100.0), an_occurrence(at=200.0))
    assert summarise(path, task=None, since=100.0, until=200.0).requests == 1


def test_without_a_file_or_rows_nothing_was_asked_and_nothing_is_known(tmp_path):
    path = tmp_path / "traffic.sqlite"
    missing = summarise(path, **ALL)
    connect(path).close()
    for found in (missing, summarise(path, **ALL)):
        assert (found.requests, found.p50, found.share) == (0, None, None)
        assert len(found.by_hour) == 2
        assert not found.by_model
    assert tasks_asked(path, since=0.0, until=HOUR) == ()
