"""Spans for a collector by OpenTelemetry; loaded only where PANEL_TRACES_URL is set.

Its own ways to record an exception are not used: they would send what the exception says, which may quote a row.
"""

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags
from opentelemetry.trace import Span as OtelSpan
from opentelemetry.trace.propagation import set_span_in_context

from shared.settings import Settings
from shared.trace import Fact, Kind, Span, traceparent

_KINDS = {
    "server": SpanKind.SERVER,
    "producer": SpanKind.PRODUCER,
    "consumer": SpanKind.CONSUMER,
    "client": SpanKind.CLIENT,
}
#: The only attributes a span may have.
_SENT = {
    "method": "http.request.method",
    "route": "http.route",
    "status": "http.response.status_code",
    "topic": "messaging.destination.name",
    "event_id": "messaging.message.id",
    "message_id": "panel.mail_id",
}
_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
#: Seconds the collector may take; spans of a moment are no reason to wait longer.
_LONGEST_EXPORT = 5


class OtelSpans:
    """Spans of one process, handed to ``exporter`` by a thread of its own."""

    def __init__(self, exporter: SpanExporter, settings: Settings, service: str) -> None:
        names = {"service.name": f"{settings.prefix}-{service}", "service.namespace": settings.prefix}
        sampler = ParentBased(TraceIdRatioBased(settings.traces_share))
        self._provider = TracerProvider(sampler=sampler, resource=Resource(names), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("innbyggerpanel")

    @contextmanager
    def _running(self, parent: str | None, name: str, kind: Kind, facts: dict[str, Fact]) -> Iterator[Span]:
        span = self._tracer.start_span(name, _context(parent), _KINDS[kind], _attributes(facts))
        before = traceparent.set(_as_traceparent(span))
        try:
            yield _Open(span)
        except BaseException as error:
            span.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise
        finally:
            traceparent.reset(before)
            span.end()

    def begin(self, parent: str | None, name: str, kind: Kind, facts: dict[str, Fact]) -> AbstractContextManager[Span]:
        """See ``shared.trace.Spans``."""
        return self._running(parent, name, kind, facts)

    def add(self, parent: str, name: str, kind: Kind, began: datetime, facts: dict[str, Fact]) -> None:
        """See ``shared.trace.Spans``."""
        start = int(began.timestamp() * 1e9)
        self._tracer.start_span(name, _context(parent), _KINDS[kind], _attributes(facts), start_time=start).end()

    def flush(self) -> None:
        """Hand over what has ended until now; to be called from a thread."""
        self._provider.force_flush()

    def close(self) -> None:
        """Hand over what is left; to be called from a thread."""
        self._provider.shutdown()


class _Open:
    def __init__(self, span: OtelSpan) -> None:
        self._span = span

    def tell(self, name: str = "", /, *, failed: bool = False, **facts: Fact) -> None:
        if name:
            self._span.update_name(name)
        if failed:
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.set_attributes(_attributes(facts))


def spans_to_collector(settings: Settings, service: str) -> OtelSpans:
    """Spans sent to PANEL_TRACES_URL by OTLP over HTTP."""
    exporter = OTLPSpanExporter(endpoint=settings.traces_url, timeout=_LONGEST_EXPORT)
    return OtelSpans(exporter, settings, service)


def _attributes(facts: dict[str, Fact]) -> dict[str, str | int]:
    """By OpenTelemetry's names; KeyError for what nobody has decided to send."""
    return {_SENT[name]: value if isinstance(value, int) else str(value) for name, value in facts.items()}


def _context(parent: str | None) -> Context:
    """An empty context begins a trace; what cannot be read does so too."""
    match = _TRACEPARENT.fullmatch(parent or "")
    if match is None:
        return Context()
    trace, span, flags = (int(part, 16) for part in match.groups())
    return set_span_in_context(NonRecordingSpan(SpanContext(trace, span, True, TraceFlags(flags))), Context())


def _as_traceparent(span: OtelSpan) -> str:
    context = span.get_span_context()
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"
