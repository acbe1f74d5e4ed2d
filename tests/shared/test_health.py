"""What the probes say, and that a process does what it is there for whatever was away when it began."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from structlog.testing import capture_logs

from deploy.local.process import free_ports
from shared.events.registration import MemberChanged, MemberJoined
from shared.health import health_routes
from shared.messaging import Delivery, PermanentError, emit, emit_new, lock, subscribe
from shared.messaging.broker import client_arguments
from shared.process import running
from shared.service import Runtime, Service
from shared.web import build_app
from tests.backends import TestKafka, eventually
from tests.faults.proxy import Proxy
from tests.shared.test_inbox import joined

RuntimeOf = Callable[..., Awaitable[Runtime]]


class Reader:
    """A service that notes whom it heard of, refuses the one it is told to, and waits while told to."""

    def __init__(self) -> None:
        self.heard: list[UUID] = []
        self.refused: UUID | None = None
        self.away = False
        handlers = [subscribe("example.note", self.note, MemberJoined, MemberChanged)]
        self.service = Service(name="example", package="shared", handlers=handlers, gauges=self.gauges)

    async def note(self, _: AsyncSession, event: MemberJoined | MemberChanged, __: Delivery) -> None:
        """Remember the member."""
        if self.away:
            raise ConnectionResetError
        if event.member_id == self.refused:
            raise PermanentError
        self.heard.append(event.member_id)

    async def gauges(self, _: AsyncSession) -> dict[str, float]:
        """A number of the service's own."""
        return {"heard": len(self.heard)}


@pytest.fixture
def reader() -> Reader:
    return Reader()


async def tell(runtime: Runtime, *events: MemberJoined) -> None:
    async with runtime.transaction() as session:
        await emit_new(session, list(events) or [joined()])


def figures(page: str) -> dict[str, Any]:
    """Figures of a page for Prometheus without its prefix: a number, or numbers by what they are of."""
    values: dict[str, Any] = {"inbox_lag_events": {}, "events_removed_unread": {}}
    for family in text_string_to_metric_families(page):
        name = family.name.removeprefix("panel_")
        for sample in family.samples:
            if "of" in sample.labels:
                values.setdefault(name, {})[sample.labels["of"]] = sample.value
            else:
                values[name] = sample.value
    return values


@asynccontextmanager
async def probes(runtime: Runtime) -> AsyncIterator[Callable[[str], Awaitable[tuple[int, dict[str, Any]]]]]:
    """Ask an address below ``/-/``."""
    transport = httpx.ASGITransport(app=build_app(runtime, health_routes(runtime), None))
    async with httpx.AsyncClient(transport=transport, base_url="http://inside") as client:

        async def ask(name: str) -> tuple[int, dict[str, Any]]:
            answer = await client.get(f"/-/{name}")
            return answer.status_code, answer.json() if name != "metrics" else figures(answer.text)

        yield ask


async def test_the_metrics_tell_what_is_behind_and_what_waits(
    runtime_of: RuntimeOf, kafka: TestKafka, reader: Reader
) -> None:
    runtime = await runtime_of(reader.service, **kafka.settings())
    member = joined()
    reader.refused = member.member_id
    async with probes(runtime) as ask:
        await tell(runtime, member)
        _, before = await ask("metrics")
        assert (before["outbox_events"], before["outbox_age_seconds"] > 0) == (1, True)
        async with running(runtime):

            async def gauge(name: str) -> Any:
                return (await ask("metrics"))[1][name]

            async def is_(name: str, value: Any) -> bool:
                return bool(await gauge(name) == value)

            async def is_not(name: str, value: Any) -> bool:
                return bool(await gauge(name) != value)

            await eventually(lambda: is_("dead_letters_open", 1))
            async with runtime.transaction() as session:
                await lock(session, member.member_id)
                await emit(session, MemberChanged(**member.model_dump()))
            await eventually(lambda: is_("subjects_waiting", 1))
            await tell(runtime)
            await eventually(lambda: is_("heard", 1))
            await eventually(lambda: is_("inbox_lag_events", {"registration": 0}))
            assert await gauge("outbox_events") == 0

            reader.away = True
            await tell(runtime, *(joined() for _ in range(7)))
            await eventually(lambda: is_("inbox_lag_events", {"registration": 7}))
            await eventually(partial(is_not, "inbox_stuck_seconds", 0))
            reader.away = False
            await eventually(lambda: is_("inbox_lag_events", {"registration": 0}))
            await eventually(lambda: is_("inbox_stuck_seconds", 0))
            assert await gauge("events_removed_unread") == {}


async def test_what_the_broker_removed_before_it_was_read_is_an_alarm(
    runtime_of: RuntimeOf, kafka: TestKafka, reader: Reader
) -> None:
    runtime = await runtime_of(reader.service, **kafka.settings())
    member = joined()

    async def told_again(times: int) -> None:
        async with runtime.transaction() as session:
            await lock(session, member.member_id)
            await emit(session, *(MemberChanged(**member.model_dump()) for _ in range(times)))

    async with running(runtime):
        await tell(runtime, member)
        await eventually(lambda: len(reader.heard) == 1)
    # While the reader is away, four more events come and three of them are removed.
    runtime = await runtime_of(Service(name="example", package="shared"), **kafka.settings())
    await tell(runtime, member)
    async with running(runtime):
        await told_again(3)
        records = await kafka.read("registration", 5)
    place = TopicPartition(records[0].topic, records[0].partition)
    admin = AIOKafkaAdminClient(**client_arguments(runtime.settings))
    await admin.start()
    await admin.delete_records({place: RecordsToDelete(4)})
    await admin.close()
    runtime = await runtime_of(reader.service, **kafka.settings())
    async with probes(runtime) as ask:
        with capture_logs() as logs:
            async with running(runtime):
                await eventually(lambda: len(reader.heard) == 2)

                async def stored() -> bool:
                    return bool((await ask("metrics"))[1]["events_removed_unread"] == {"registration": 3})

                await eventually(stored)
    alarms = [entry for entry in logs if entry["event"] == "messaging.events.removed_unread"]
    assert [(alarm["log_level"], alarm["events"]) for alarm in alarms] == [("error", 3)]


async def test_a_service_that_starts_before_broker_and_database_works_when_they_come(
    runtime_of: RuntimeOf, kafka: TestKafka, reader: Reader, database_url: str
) -> None:
    ports = free_ports(2)
    address = urlsplit(database_url)
    credentials = address.netloc.rpartition("@")[0]
    database = Proxy(ports[0], address.port or 5432)
    broker = Proxy(ports[1], int(kafka.address.rpartition(":")[2]))
    settings = kafka.settings() | {
        "kafka": f"127.0.0.1:{ports[1]}",
        "service_database_url": SecretStr(urlunsplit(address._replace(netloc=f"{credentials}@127.0.0.1:{ports[0]}"))),
    }
    for proxy in (database, broker):
        await proxy.start()
    try:
        runtime = await runtime_of(reader.service, **settings)
        await runtime.database.close()
        database.refusing = broker.refusing = True
        database.cut()
        async with probes(runtime) as ask:
            with capture_logs() as logs:
                async with running(runtime):
                    await eventually(lambda: any(line["event"] == "service.database.awaited" for line in logs))
                    assert (await ask("live"))[0] == 200
                    staying = {"staying": True}
                    away = {"schema": False, "database": False, "broker": False}
                    assert await ask("ready") == (503, staying | away)
                    assert (await ask("metrics"))[1]["database_answers"] == 0

                    database.refusing = False
                    member = joined()
                    # Facts published while the broker is away are kept.
                    await tell(runtime, member)
                    await eventually(lambda: any(line["event"] == "messaging.broker.awaited" for line in logs))
                    assert await ask("ready") == (503, staying | {"schema": True, "database": True, "broker": False})

                    broker.refusing = False
                    await eventually(lambda: member.member_id in reader.heard)
                    assert await ask("ready") == (200, staying | {"schema": True, "database": True, "broker": True})

                    # The broker goes away once more, while everything runs.
                    database.refusing = True
                    database.cut()
                    await eventually(lambda: any(line["event"] == "service.job.failed" for line in logs))
                    database.refusing = False
                    await eventually(lambda: any(line["event"] == "service.job.went_on" for line in logs))
        events = [entry["event"] for entry in logs]
        # The relay may have gone on between the database's return and the first event it could not send.
        assert events.count("messaging.broker.awaited") == 1
        jobs = [entry["job"] for entry in logs if entry["event"] == "service.job.failed"]
        assert jobs == ["take_up_profile"], "a job that waits says so once"
        assert events.count("service.database.awaited") == 1
        assert events.count("messaging.relay.waits") in (1, 2)
    finally:
        for proxy in (database, broker):
            await proxy.stop()


STUCK = """
import asyncio, time
from shared.process import beat
from shared.service import Health

async def main():
    asyncio.create_task(beat(Health(), 0.5))
    await asyncio.sleep(0.1)
    print("stuck from here", flush=True)
    time.sleep(60)

asyncio.run(main())
"""


async def test_a_process_whose_loop_is_stuck_ends(tmp_path: Any) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", STUCK, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(30):
        out, words = await process.communicate()
    assert (process.returncode, out) == (1, b"stuck from here\n")
    assert b"Timeout" in words


async def test_nobody_outside_is_told_anything(runtime_of: RuntimeOf) -> None:
    """A gateway that lets every path through says for whom it asks."""
    runtime = await runtime_of(Service(name="example", package="shared"))
    transport = httpx.ASGITransport(app=build_app(runtime, health_routes(runtime), None))
    async with httpx.AsyncClient(transport=transport, base_url="http://inside") as client:
        for name in ("live", "ready", "metrics"):
            assert (await client.get(f"/-/{name}", headers={"x-forwarded-for": "192.0.2.1"})).status_code == 404
        assert (await client.get("/-/live")).status_code == 200


async def test_requests_are_timed_by_route_and_never_by_what_stands_in_it(runtime_of: RuntimeOf) -> None:
    async def shown(_: Request) -> PlainTextResponse:
        return PlainTextResponse("shown")

    runtime = await runtime_of(Service(name="example", package="shared"))
    routes = [*health_routes(runtime), Route("/things/{token}", shown)]
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=build_app(runtime, routes, None)), base_url=runtime.settings.public_url
    ) as client:
        await client.get("/things/s3cret")
        await client.get("/nothing-here")
        page = (await client.get("/-/metrics")).text
    assert 'route="/things/{token}"' in page
    assert 'route="unmatched"' in page
    assert "s3cret" not in page
    assert "nothing-here" not in page


async def test_readiness_does_not_wait_for_a_database_that_says_nothing(
    runtime_of: RuntimeOf, proxied: tuple[Proxy, SecretStr], kafka: TestKafka
) -> None:
    proxy, url = proxied
    runtime = await runtime_of(Service(name="example", package="shared"), service_database_url=url)
    async with runtime.transaction() as session:
        await session.execute(sa.text("select 1"))
    proxy.freeze()
    async with probes(runtime) as ask, asyncio.timeout(20):
        assert (await ask("ready"))[1]["database"] is False
