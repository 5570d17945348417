# SPDX-License-Identifier: Apache-2.0
"""What Prometheus reads is what was answered, by labels that no caller can write."""

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.serving.builders import BLIND, KEY, a_gateway, ask, scopes_of
from tests.serving.traffic.builders import (
    a_decision,
    a_log,
    a_refusal,
    an_occurrence,
    written,
)

from maalem.serving.keys import Caller
from maalem.serving.traffic.counting import SECONDS, Counts, count
from maalem.serving.traffic.counting import written as labels_of
from maalem.serving.traffic.metrics import MetricsDoor, expose


def samples(text):
    """Read what is exposed as Prometheus does; give the value of each series."""
    return {
        (one.name, frozenset(one.labels.items())): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


BOUND = "mlm_bound"


def whose(key):
    """Tell whose key it is: one of them may ask for one task alone."""
    bound = Caller(id=key, scopes=frozenset({"predict"}), tasks=frozenset({"system"}))
    return bound if key == BOUND else scopes_of(key)


def scraped(path, gauges=None, key=KEY, **door):
    gateway = a_gateway(check=whose)
    gateway.doors.add(MetricsDoor(file=path, gauges=gauges or {}, **door))
    reply = ask(gateway, "/metrics", key=key)
    gateway.close()
    return reply


def series(name, **labels):
    return name, frozenset(labels.items())


def test_what_was_answered_is_counted_by_path_task_release_and_status(tmp_path):
    path = written(
        tmp_path,
        an_occurrence(a_decision(), a_decision(place=1, reason="below"), seconds=0.004),
        an_occurrence(arm="canary", seconds=70.0, tokens_in=3, tokens_out=4),
        a_refusal("gateway.full", status=429),
    )
    reply = scraped(path, {"maalem_waiting_texts": ("Texts.", lambda: 7)})
    assert reply.headers["content-type"].startswith("text/plain; version=0.0.4")
    found = samples(reply.text)
    mine = {
        "path": "/v1/classifications",
        "task": "system",
        "release": "system-1",
        "status": "2xx",
    }
    assert found[series("maalem_request_seconds_bucket", le="0.0025", **mine)] == 0
    assert found[series("maalem_request_seconds_bucket", le="0.005", **mine)] == 1
    assert found[series("maalem_request_seconds_bucket", le="60.0", **mine)] == 1
    assert found[series("maalem_request_seconds_bucket", le="+Inf", **mine)] == 2
    assert found[series("maalem_request_seconds_sum", **mine)] == pytest.approx(70.004)
    assert found[series("maalem_request_seconds_count", **mine)] == 2
    assert found[series("maalem_refused_total", code="gateway.full")] == 1
    for arm, by, number in (
        ("champion", "model", 1),
        ("champion", "person", 1),
        ("canary", "model", 1),
    ):
        of = {"task": "system", "arm": arm, "decided_by": by}
        assert found[series("maalem_texts_total", **of)] == number
    of = {"task": "system", "direction": "out"}
    assert found[series("maalem_tokens_total", **of)] == 4
    assert found[series("maalem_waiting_texts")] == 7


def test_all_processes_count_together_and_a_restart_loses_no_count(tmp_path):
    with a_log(tmp_path) as first, a_log(tmp_path) as second:
        first.note(an_occurrence())
        second.note(an_occurrence())
    path = written(tmp_path, an_occurrence())
    found = samples(scraped(path).text)
    counted = {key: value for key, value in found.items() if key[0].endswith("_count")}
    assert [*counted.values()] == [3]


def test_a_scrape_needs_a_key_unless_the_settings_open_it(tmp_path):
    path = written(tmp_path)
    assert scraped(path, key="").status_code == 401
    assert scraped(path, key=BLIND).status_code == 403
    assert scraped(path, key="", is_open=True).status_code == 200


def test_a_key_that_is_bound_to_a_task_does_not_see_the_others(tmp_path):
    path = written(tmp_path, an_occurrence(task="secret"))
    reply = scraped(path, key=BOUND)
    assert reply.status_code == 403
    assert reply.json()["error"]["code"] == "gateway.task"
    assert "secret" not in reply.text


def test_before_the_first_request_there_is_a_valid_page(tmp_path):
    reply = scraped(tmp_path / "missing.sqlite")
    assert reply.status_code == 200
    assert samples(reply.text) == {}


def test_a_shadow_is_no_request_but_its_texts_count_as_a_shadows():
    counts = count([an_occurrence(arm="shadow")], named=str)
    assert {name for name, _, _ in counts} == {"maalem_texts_total"}


def test_signs_in_a_label_are_read_back_as_they_were(tmp_path):
    hostile = 'a"b\\c\nd}'
    counts = Counts({(SECONDS, labels_of(("task", hostile)), "0.5"): 1})
    found = samples("\n".join((*expose(counts), "")))
    assert series("maalem_request_seconds_count", task=hostile) in found
