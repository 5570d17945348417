# SPDX-License-Identifier: Apache-2.0
"""Requests as OpenTelemetry's spans, by its GenAI conventions; no text is in them."""

from collections.abc import Iterator
from types import MappingProxyType

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, ParentBased
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from maalem.serving.occurrences import SHADOW, Occurrence

OPERATIONS = MappingProxyType({"embed": "embeddings"})
"""What the conventions call an operation otherwise; they leave other names free."""
_UNTOLD = frozenset({"", "read"})  # no model is asked there
_NANO = 1_000_000_000


class Spans:
    """Makes a span of each request once it is over, in the trace of its caller.

    The settings of this process alone say what happens: whether a caller's trace is
    sampled decides for its span, and without a caller's trace each request has one.

    Source:
        OpenTelemetry semantic conventions 1.37, "Generative AI", spans and attributes
        (status: development); W3C Trace Context, level 1.
    """

    def __init__(self, processor: SpanProcessor, *, name: str) -> None:
        """Begin.

        Args:
            processor: Takes the spans.
            name: Name of the project.
        """
        resource = Resource({"service.name": "maalem", "service.namespace": name})
        self._provider = TracerProvider(
            sampler=ParentBased(ALWAYS_ON), resource=resource, shutdown_on_exit=False
        )
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("maalem.serving")
        self._traces = TraceContextTextMapPropagator()

    def tell(self, told: Occurrence) -> None:
        """Make the span of a request; none of a shadow, or where no model is asked."""
        if told.operation in _UNTOLD or told.arm == SHADOW:
            return
        operation = OPERATIONS.get(told.operation, told.operation)
        begin = int(told.at * _NANO)
        span = self._tracer.start_span(
            f"{operation} {told.task}".rstrip(),
            context=self._traces.extract({"traceparent": told.trace}, Context()),
            kind=SpanKind.SERVER,
            attributes=dict(_attributes(told, operation)),
            start_time=begin,
        )
        if told.code:
            span.set_status(Status(StatusCode.ERROR))
        span.end(begin + int(told.seconds * _NANO))

    def close(self) -> None:
        """Hand over what was made, and end."""
        self._provider.shutdown()


def spans_for(address: str, *, name: str) -> Spans:
    """Send spans to a collector, in a thread of their own.

    Args:
        address: Where it takes OTLP over HTTP.
        name: Name of the project.
    """
    return Spans(BatchSpanProcessor(OTLPSpanExporter(endpoint=address)), name=name)


def _attributes(told: Occurrence, operation: str) -> Iterator[tuple[str, str | int]]:
    yield "gen_ai.operation.name", operation
    _, is_elsewhere, upstream = told.model.partition("@")
    yield "gen_ai.provider.name", upstream if is_elsewhere else "maalem"
    yield "http.response.status_code", told.status
    known: tuple[tuple[str, str | int | None], ...] = (
        ("gen_ai.request.model", told.task or None),
        ("gen_ai.response.id", told.request),
        ("gen_ai.response.model", told.model or None),
        ("gen_ai.usage.input_tokens", told.tokens_in),
        ("gen_ai.usage.output_tokens", told.tokens_out),
        ("error.type", told.code or None),
        ("maalem.release", told.release or None),
        ("maalem.arm", told.arm if told.release else None),
    )
    yield from ((name, value) for name, value in known if value is not None)
    if told.decisions:
        yield "maalem.texts", len(told.decisions)
        yield "maalem.needs_expert", sum(bool(one.reason) for one in told.decisions)
