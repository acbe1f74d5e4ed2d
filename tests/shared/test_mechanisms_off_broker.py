"""Why each mechanism around the broker is there: with it the rule holds, with the variant that lacks it it breaks.

The variants are classes of these tests, given where the real ones are; nothing in the product can be switched off.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from shared.events.registration import MemberChanged, MemberJoined
from shared.messaging import emit, emit_new, lock, subscribe
from shared.messaging.consumer import BatchConsumer
from shared.messaging.inbox import Inbox
from shared.messaging.relay import Relay
from shared.messaging.subscription import Routes
from shared.messaging.transport import Transport
from shared.service import Runtime, Service
from tests.backends import TestKafka, eventually, nothing_removed
from tests.shared.test_inbox import joined

RuntimeOf = Callable[..., Awaitable[Runtime]]
AT = datetime(2026, 11, 23, tzinfo=UTC)


class Forgetful(Relay):
    """Sends what has a higher id than the last it saw."""

    last = 0

    async def pending(self, connection: Any) -> Any:
        rows = [row for row in await super().pending(connection) or () if row["id"] > self.last]
        self.last = max([self.last, *(row["id"] for row in rows)])
        return rows


class Trusting(Relay):
    """Believes that the broker still has what it acknowledged."""

    async def _broker_is_whole(self, connection: Any, look_every: float) -> bool:
        return True


class AtOnce(Relay):
    """Fills an emptied broker as soon as it has noted it: no consumer of these tests is in the middle of reading."""

    settle = 0.0


@pytest.fixture
async def relay_of(runtime_of: RuntimeOf, kafka: TestKafka) -> AsyncIterator[Callable[..., Awaitable[Any]]]:
    relays: list[Relay] = []

    async def make(kind: type[Relay]) -> tuple[Runtime, Relay]:
        runtime = await runtime_of(Service(name="example", package="shared"), **kafka.settings())
        relays.append(kind(runtime.settings, "example", runtime.settings.service_database_url.get_secret_value()))
        return runtime, relays[-1]

    yield make
    for relay in relays:
        relay.close()


@pytest.mark.parametrize(("kind", "late"), [(Relay, 1), (Forgetful, 0)])
async def test_a_relay_that_remembers_the_last_id_loses_the_slower_transaction(
    relay_of: Callable[..., Awaitable[Any]], kind: type[Relay], late: int
) -> None:
    runtime, relay = await relay_of(kind)
    async with runtime.transaction() as slow:
        await emit_new(slow, [joined()])
        async with runtime.transaction() as quick:
            await emit_new(quick, [joined()])
        assert await relay.relay_once() == 1
    assert await relay.relay_once() == late


@pytest.mark.parametrize(("kind", "there"), [(AtOnce, 4), (Trusting, 1)])
async def test_without_the_look_at_the_broker_an_emptied_one_stays_without_what_it_acknowledged(
    relay_of: Callable[..., Awaitable[Any]], kafka: TestKafka, kind: type[Relay], there: int
) -> None:
    runtime, relay = await relay_of(kind)
    for count in (3, 1):
        async with runtime.transaction() as session:
            await emit_new(session, [joined() for _ in range(count)])
        await eventually(partial(sends, relay, count))
        if count == 3:
            await kafka.empty()
            relay.close()
    assert len(await kafka.read("registration", there)) == there


async def sends(relay: Relay, count: int) -> bool:
    """Whether one look at the outbox sends so many."""
    return await relay.relay_once() == count


async def test_an_emptied_broker_is_filled_again_though_nothing_new_is_said(
    relay_of: Callable[..., Awaitable[Any]], kafka: TestKafka
) -> None:
    runtime, relay = await relay_of(AtOnce)
    async with runtime.transaction() as session:
        await emit_new(session, [joined() for _ in range(3)])
    assert await relay.relay_once() == 3
    await kafka.empty()
    relay.close()
    assert [await relay.relay_once(), await relay.relay_once()] == [0, 0]
    assert len(await kafka.read("registration", 3)) == 3


class Leaving(BatchConsumer):
    """Gives a batch up after its first failure, as FastStream does under ``AckPolicy.MANUAL``."""

    async def _until_stored(self, step: Callable[[], Awaitable[Any]]) -> Any:
        return await step()


class FailsFirst:
    """A handler whose database is away the first time it is called."""

    def __init__(self) -> None:
        self.seen: list[UUID] = []
        self.failed = False

    async def apply(self, session: AsyncSession, event: Any, delivery: Any) -> None:
        if not self.failed:
            self.failed = True
            raise ConnectionResetError
        self.seen.append(event.member_id)


@pytest.mark.parametrize(("kind", "missing"), [(BatchConsumer, 0), (Leaving, 1)])
async def test_a_batch_that_is_left_is_passed_by_the_next_ones_commit(
    relay_of: Callable[..., Awaitable[Any]], kind: type[BatchConsumer], missing: int
) -> None:
    runtime, relay = await relay_of(Relay)
    handler = FailsFirst()
    routes = Routes([subscribe("example.record", handler.apply, MemberJoined, MemberChanged)])
    inbox = Inbox("example", routes, runtime.settings)
    taking = kind("example", "registration", routes, inbox, runtime.transaction, runtime.now)
    member = joined()

    async def publish(event: Any) -> None:
        async with runtime.transaction() as session:
            if isinstance(event, MemberJoined):
                await emit_new(session, [event])
            else:
                await lock(session, event.member_id)
                await emit(session, event)
        await relay.relay_once()

    @asynccontextmanager
    async def consuming() -> AsyncIterator[None]:
        running = asyncio.create_task(Transport(runtime.settings, "example", [taking], nothing_removed).run())
        try:
            yield
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

    later = MemberChanged(**member.model_dump())
    async with consuming():
        await publish(member)
        await eventually(lambda: handler.failed)
        await publish(later)
        await eventually(lambda: len(handler.seen) == 2 - missing)
    await publish(later)
    async with consuming():
        await eventually(lambda: len(handler.seen) == 3 - missing)
