# SPDX-License-Identifier: Apache-2.0
"""A request becomes a span of its caller's trace, and no text leaves with it."""

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from tests.serving.traffic.builders import (
    a_decision,
    a_log,
    a_refusal,
    an_occurrence,
)

from maalem.serving.traffic.spans import Spans

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def spans_of(*told):
    exporter = InMemorySpanExporter()
    spans = Spans(SimpleSpanProcessor(exporter), name="orders")
    for one in told:
        spans.tell(one)
    spans.close()
    return exporter.get_finished_spans()


def test_a_span_says_by_the_conventions_who_answered_and_how_long_it_took():
    decisions = a_decision("zanzibar"), a_decision("zanzibar", 1, reason="below")
    told = an_occurrence(*decisions, at=1000.0, seconds=0.25, tokens_in=7)
    (span,) = spans_of(told)
    assert (span.name, span.kind) == ("classify system", SpanKind.SERVER)
    assert (span.start_time, span.end_time) == (
        1000 * 10**9,
        1000 * 10**9 + 250_000_000,
    )
    assert span.attributes == {
        "gen_ai.operation.name": "classify",
        "gen_ai.provider.name": "maalem",
        "gen_ai.request.model": "system",
        "gen_ai.response.id": told.request,
        "gen_ai.response.model": "sha256:model",
        "gen_ai.usage.input_tokens": 7,
        "http.response.status_code": 200,
        "maalem.release": "sha256:release",
        "maalem.arm": "champion",
        "maalem.texts": 2,
        "maalem.needs_expert": 1,
    }
    assert span.resource.attributes["service.name"] == "maalem"
    assert "zanzibar" not in span.to_json()


def test_the_trace_of_the_caller_goes_on():
    (span,) = spans_of(an_occurrence(trace=TRACE))
    assert f"{span.context.trace_id:032x}" == "0af7651916cd43dd8448eb211c80319c"
    assert f"{span.parent.span_id:016x}" == "b7ad6b7169203331"


def test_a_caller_that_does_not_sample_is_not_sampled():
    assert not spans_of(an_occurrence(trace=f"{TRACE[:-2]}00"))


@pytest.mark.parametrize("trace", ["", "00-xyz", "ff" * 1000, f"{TRACE}\x00"])
def test_a_trace_that_is_none_begins_a_new_one(trace):
    (span,) = spans_of(an_occurrence(trace=trace))
    assert span.parent is None


def test_a_refusal_is_an_error_with_its_code():
    (span,) = spans_of(a_refusal("gateway.full", status=429))
    assert span.name == "classify"
    assert span.status.status_code is StatusCode.ERROR
    assert span.attributes["error.type"] == "gateway.full"


def test_a_model_elsewhere_names_its_provider_and_embedding_its_operation():
    told = an_occurrence(operation="embed", model="bge@house", release="")
    (span,) = spans_of(told)
    assert span.attributes["gen_ai.operation.name"] == "embeddings"
    assert span.attributes["gen_ai.provider.name"] == "house"


def test_readings_and_shadows_have_no_span():
    assert not spans_of(an_occurrence(operation="read"), an_occurrence(arm="shadow"))


def test_the_log_tells_of_each_request_in_its_own_thread(tmp_path):
    exporter = InMemorySpanExporter()
    spans = Spans(SimpleSpanProcessor(exporter), name="orders")
    with a_log(tmp_path, followers=[spans.tell]) as log:
        log.note(an_occurrence())
    assert len(exporter.get_finished_spans()) == 1
