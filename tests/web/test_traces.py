"""One trace leads from a page through outbox, Kafka and handler to the mail, and says nothing of whom it is about."""

import asyncio
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from uuid import UUID

import httpx
import pytest
from aiosmtpd.controller import Controller
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from pydantic import SecretStr, ValidationError

from deploy.local.process import free_ports
from services.registration.announcing import announce_installation
from shared.events.registration import MemberJoined
from shared.ids import new_id
from shared.messaging import subscribe
from shared.process import running
from shared.service import Runtime, Service
from shared.settings import Settings
from shared.telemetry import OtelSpans
from shared.testing import Deliverer, browser
from shared.trace import following, new_traceparent, record_with, traceparent
from shared.web import Route
from tests.backends import TestKafka, eventually
from tests.notifications.ground import Sink
from tests.registration.given import FORM, send
from tests.shared.test_inbox import joined

RuntimeOf = Callable[..., Awaitable[Runtime]]


class Collected:
    """What a collector would have got."""

    def __init__(self, traces_share: float = 1.0) -> None:
        self.exporter = InMemorySpanExporter()
        self.spans = OtelSpans(self.exporter, Settings(traces_share=traces_share), "registration")
        record_with(self.spans)

    def found(self) -> list[ReadableSpan]:
        """Until now."""
        self.spans.flush()
        return list(self.exporter.get_finished_spans())


@pytest.fixture
def collected() -> Iterator[Collected]:
    yield (collector := Collected())
    record_with(None)
    collector.spans.close()


async def test_a_trace_leads_from_the_form_to_the_mail_by_ids_alone(
    runtime_of: RuntimeOf, kafka: TestKafka, collected: Collected
) -> None:
    sink = Sink()
    (port,) = free_ports(1)
    server = Controller(sink, hostname="127.0.0.1", port=port)
    server.start()
    try:
        registration = await runtime_of("registration", **kafka.settings())
        mail = {"smtp_url": SecretStr(f"smtp://127.0.0.1:{port}")}
        notifications = await runtime_of("notifications", **kafka.settings(), **mail)
        await announce_installation(registration)
        async with running(registration), running(notifications), browser(registration) as client:
            assert (await send(client, registration)).status_code == 303
            await eventually(lambda: sink.mails, 60)
            spans = await eventually(lambda: _named(collected.found(), "mail confirm"), 60)
    finally:
        server.stop()
    trace = spans[0].context.trace_id
    whole = [span for span in collected.found() if span.context.trace_id == trace]
    by_id = {span.context.span_id: span for span in whole}
    way = [spans[0]]
    while way[0].parent is not None:
        way.insert(0, by_id[way[0].parent.span_id])
    assert [span.name for span in way] == ["POST /join", "notifications.write_about_membership", "mail confirm"]
    names = {span.name for span in whole if span.name.startswith("send ")}
    assert "send registration.confirmation_requested.v1" in names
    # A span holds a pattern or an id, and nothing that was typed.
    text = "\n".join(span.to_json() for span in collected.found())
    assert not [word for word in ("Kari", "kari@", FORM["postcode"]) if str(word) in text]
    assert set(whole[0].resource.attributes) == {"service.name", "service.namespace"}
    for span in whole:
        assert not span.events


def _named(spans: list[ReadableSpan], name: str) -> list[ReadableSpan]:
    return [span for span in spans if span.name == name]


async def test_what_fails_is_marked_and_not_quoted(runtime_of: RuntimeOf, collected: Collected) -> None:
    async def fail(request: object) -> None:
        raise ValueError("kari@example.org")

    rt = await runtime_of(Service("surveys", "services.surveys", pages=[Route("/surveys/{token}", fail)]))
    async with browser(rt) as client:
        with pytest.raises(ValueError, match="kari"):
            await client.get("/surveys/secret-token")
        await client.get("/-/live")
    (span,) = collected.found()
    assert span.status.status_code is StatusCode.ERROR
    assert "kari" not in span.to_json()
    assert "secret-token" not in span.to_json()


def test_a_share_of_the_traces_is_sent_and_the_rest_is_marked_so(collected: Collected) -> None:
    none = Collected(traces_share=0)
    with none.spans.begin(None, "GET /", "server", {}):
        flags = str(traceparent.get()).rpartition("-")[2]
        assert not int(flags, 16) & 1
        with following(traceparent.get(), "example.handle"):
            pass
    assert none.found() == []
    none.spans.close()


def test_a_fact_that_nobody_decided_to_send_is_refused(collected: Collected) -> None:
    with pytest.raises(KeyError), following(new_traceparent(), "example.handle", email="kari@example.org"):
        pass


def test_without_the_setting_no_library_is_loaded_and_the_context_goes_on() -> None:
    """Loading it costs time and memory; whoever does not want traces pays nothing."""
    program = (
        "import sys, importlib, shared.process\n"
        "for name in ('registration', 'surveys', 'notifications', 'meetings', 'results'):\n"
        "    importlib.import_module(f'services.{name}.app')\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    # FastStream looks whether these exist: two modules with nothing in them.
    assert result.stdout.strip() == "['opentelemetry', 'opentelemetry.semconv']"
    parent = new_traceparent()
    with following(parent, "example.handle", event_id=UUID(int=1)) as span:
        span.tell(failed=True)
        assert traceparent.get() == parent
    assert traceparent.get() is None


async def test_each_event_of_a_batch_is_handled_in_its_own_trace(runtime_of: RuntimeOf) -> None:
    """What its handler logs and publishes belongs to the act that caused it, and to no other of the batch."""
    parents: list[str | None] = []

    async def record(session: object, event: object, delivery: object) -> None:
        parents.append(traceparent.get())

    rt = await runtime_of(
        Service("surveys", "services.surveys", handlers=[subscribe("surveys.record", record, MemberJoined)])
    )
    deliver, traces = Deliverer(rt), [new_traceparent(), new_traceparent(), None]
    records = [deliver.record(joined(), new_id(), None, replay=False) for _ in traces]
    for message, trace in zip(records, traces, strict=True):
        message.headers = (*message.headers, *([("traceparent", trace.encode())] if trace else []))
    await deliver.consumers["registration"].take(records)
    assert parents == traces
    assert traceparent.get() is None


@pytest.mark.parametrize("wrong", ["collector:4318", "http://collector:4318", "ftp://collector/v1/traces"])
def test_an_address_without_scheme_or_path_is_refused(wrong: str) -> None:
    with pytest.raises(ValidationError, match="traces_url"):
        Settings(traces_url=wrong)


async def test_the_process_sends_to_the_collector_what_it_has_at_its_end(runtime_of: RuntimeOf) -> None:
    """By OTLP over HTTP, with the product's own exporter."""
    requests = asyncio.Queue[tuple[str, bytes]]()

    async def collect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = re.search(r"(?i)content-length: (\d+)", head)
        body = await reader.readexactly(int(length[1])) if length else b""
        requests.put_nowait((head.splitlines()[0], body))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(collect, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    rt = await runtime_of("results", traces_url=f"http://127.0.0.1:{port}/v1/traces", kafka="127.0.0.1:1")
    async with server:
        async with running(rt), browser(rt) as client:
            assert (await client.get("/results")).status_code == httpx.codes.OK
        line, body = await asyncio.wait_for(requests.get(), 60)
    assert line == "POST /v1/traces HTTP/1.1"
    assert body
