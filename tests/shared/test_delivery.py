"""The relay and the consumer on real Kafka: what is committed arrives once, whatever happens on the way."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
import sqlalchemy as sa

from shared.events.registration import MemberChanged, MemberJoined
from shared.ids import new_id
from shared.mechanism import mechanism
from shared.messaging import emit_new, subscribe
from shared.messaging.consumer import BatchConsumer
from shared.messaging.inbox import Inbox
from shared.messaging.relay import Relay
from shared.messaging.subscription import Routes
from shared.messaging.transport import Transport
from shared.service import Runtime, Service
from tests.backends import TestKafka, eventually, nothing_removed
from tests.shared.test_inbox import joined

RuntimeOf = Callable[..., Awaitable[Runtime]]


@pytest.fixture
async def runtime(runtime_of: RuntimeOf, kafka: TestKafka) -> Runtime:
    return await runtime_of(Service(name="example", package="shared"), **kafka.settings())


@pytest.fixture
async def relay(runtime: Runtime) -> AsyncIterator[Relay]:
    relay = Relay(runtime.settings, "example", runtime.settings.service_database_url.get_secret_value())
    yield relay
    relay.close()


async def publish(runtime: Runtime, count: int) -> list[MemberJoined]:
    events = [joined() for _ in range(count)]
    async with runtime.transaction() as session:
        await emit_new(session, events)
    return events


async def rows(runtime: Runtime, table: str) -> int:
    async with runtime.transaction() as session:
        return await session.scalar(sa.select(sa.func.count()).select_from(getattr(mechanism("example"), table))) or 0


async def test_what_is_committed_reaches_the_topic_and_rests_in_the_archive(
    runtime: Runtime, relay: Relay, kafka: TestKafka
) -> None:
    events = await publish(runtime, 50)
    assert await relay.relay_once() == 50
    assert await rows(runtime, "outbox") == 0
    assert await rows(runtime, "archive") == 50
    records = await kafka.read("registration", 50)
    assert {record.key.decode() for record in records} == {str(event.member_id) for event in events}
    headers = dict(records[0].headers)
    assert headers["ce_type"] == b"registration.member_joined.v1"
    assert headers["ce_source"] == b"urn:innbyggerpanel:3201:registration"
    assert headers["ce_sequence"] == b"1"


async def test_events_of_overlapping_transactions_are_not_missed(runtime: Runtime, relay: Relay) -> None:
    async with runtime.transaction() as slow:
        await emit_new(slow, [joined()])
        await publish(runtime, 1)
        assert await relay.relay_once() == 1
    assert await relay.relay_once() == 1


async def test_a_second_relay_does_nothing_while_the_first_works(runtime: Runtime, relay: Relay) -> None:
    await publish(runtime, 1)
    async with runtime.transaction() as session:
        await session.execute(sa.text("select pg_advisory_xact_lock(hashtextextended('example.relay', 0))"))
        assert await relay.relay_once() == 0
    assert await relay.relay_once() == 1


class Recorder:
    def __init__(self) -> None:
        self.seen: list[Any] = []
        self.failures = 0

    async def record(self, session: Any, event: Any, delivery: Any) -> None:
        if self.failures:
            self.failures -= 1
            raise ConnectionResetError
        self.seen.append(event.member_id)


async def test_events_travel_from_commit_to_handler_and_a_failing_batch_is_not_passed(
    runtime: Runtime, relay: Relay
) -> None:
    recorder = Recorder()
    recorder.failures = 3
    routes = Routes([subscribe("example.record", recorder.record, MemberJoined, MemberChanged)])
    inbox = Inbox("example", routes, runtime.settings)
    consumer = BatchConsumer("example", "registration", routes, inbox, runtime.transaction, runtime.now)
    transport = Transport(runtime.settings, "example", [consumer], nothing_removed)
    running = asyncio.create_task(transport.run())
    try:
        events = []
        for _ in range(3):
            events += await publish(runtime, 20)
            await relay.relay_once()
        await eventually(lambda: len(recorder.seen) >= 60)
        assert sorted(recorder.seen) == sorted(event.member_id for event in events)
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def test_an_event_over_the_limit_is_refused_where_it_is_made(runtime: Runtime) -> None:
    from shared.messaging import EventTooLarge

    large = joined(new_id()).model_copy(update={"purposes": ("x" * 80,) * 12_000})
    with pytest.raises(EventTooLarge):
        async with runtime.transaction() as session:
            await emit_new(session, [large])
