"""Why each mechanism is there: with it the rule holds, with the variant that lacks it the rule breaks.

The variants are classes of these tests, given where the real ones are; nothing in the product can be switched off.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from shared.events.registration import MemberChanged, MemberJoined, MemberLeft
from shared.events.surveys import AnswerStrata, ResponseSubmitted
from shared.ids import new_id, random_id
from shared.messaging import PermanentError, Subscription, emit, emit_new, lock, subscribe
from shared.messaging.consumer import BatchConsumer
from shared.messaging.dead_letters import Redrive
from shared.messaging.inbox import Claim, Inbox, Lane
from shared.messaging.relay import Relay
from shared.messaging.subscription import Routes
from shared.messaging.transport import Transport
from shared.service import Runtime, Service
from shared.testing import Deliverer, TestRecord, outbox
from tests.backends import TestKafka, eventually
from tests.shared.test_inbox import joined

RuntimeOf = Callable[..., Awaitable[Runtime]]
AT = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
async def runtime(runtime_of: RuntimeOf) -> Runtime:
    return await runtime_of(Service(name="example", package="shared"))


class Applied:
    """A handler that keeps what it applied and fails for the subjects it is told to."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.failing: set[UUID] = set()

    async def apply(self, session: AsyncSession, event: Any, delivery: Any) -> None:
        if getattr(event, "member_id", None) in self.failing:
            raise PermanentError
        self.events.append(event)


def consumer(runtime: Runtime, kind: type[Inbox], topic: str, *subscriptions: Subscription) -> BatchConsumer:
    routes = Routes(subscriptions)
    return BatchConsumer(
        "example", topic, routes, kind("example", routes, runtime.settings), runtime.transaction, runtime.now
    )


def record(runtime: Runtime, event: Any, sequence: int | None) -> TestRecord:
    return Deliverer(runtime)._record(event, random_id(), sequence, False)


class NoClaims(Inbox):
    """Takes whatever comes."""

    async def _take(self, session: AsyncSession, claims: Sequence[Claim]) -> list[Claim]:
        return list(claims)


@pytest.mark.parametrize(("kind", "times"), [(Inbox, 1), (NoClaims, 2)])
async def test_without_the_inbox_a_redelivered_answer_counts_twice(
    runtime: Runtime, kind: type[Inbox], times: int
) -> None:
    applied = Applied()
    taking = consumer(runtime, kind, "surveys.responses", subscribe("example.count", applied.apply, ResponseSubmitted))
    answer = ResponseSubmitted(
        response_id=random_id(), survey_id=new_id(), answers={}, strata=AnswerStrata(gender=None, bands=None)
    )
    arrived = record(runtime, answer, None)
    await taking.take([arrived])
    await taking.take([arrived])
    assert len(applied.events) == times


class NoStaleCheck(Inbox):
    """Forgets how far each subject has come."""

    async def _last_sequences(self, session: AsyncSession, lanes: Sequence[Lane]) -> dict[Lane, int]:
        return {}


@pytest.mark.parametrize(("kind", "last"), [(Inbox, "paused"), (NoStaleCheck, "active")])
async def test_without_the_stale_check_an_older_state_replaces_a_newer_one(
    runtime: Runtime, kind: type[Inbox], last: str
) -> None:
    applied = Applied()
    taking = consumer(
        runtime, kind, "registration", subscribe("example.keep", applied.apply, MemberJoined, MemberChanged)
    )
    member = joined()
    newer = MemberChanged(**(member.model_dump() | {"status": "paused"}))
    await taking.take([record(runtime, newer, 2)])
    await taking.take([record(runtime, member, 1)])
    assert applied.events[-1].status == last


class NoWaiting(Inbox):
    """Lets events pass a dead letter of their subject."""

    async def _blocked(self, session: AsyncSession, lanes: Sequence[Lane]) -> dict[Lane, int]:
        return {}


@pytest.mark.parametrize(
    ("kind", "kinds"), [(Inbox, [MemberJoined, MemberLeft]), (NoWaiting, [MemberLeft])], ids=["with", "without"]
)
async def test_without_waiting_subjects_an_event_that_is_mended_is_lost(
    runtime: Runtime, kind: type[Inbox], kinds: list[type[Any]]
) -> None:
    applied = Applied()
    subscription = subscribe("example.record", applied.apply, MemberJoined, MemberLeft)
    taking, routes = consumer(runtime, kind, "registration", subscription), Routes([subscription])
    member = joined()
    applied.failing.add(member.member_id)
    await taking.take([record(runtime, member, 1)])
    applied.failing.clear()
    await taking.take([record(runtime, MemberLeft(member_id=member.member_id, left_at=AT), 2)])
    redrive = Redrive("example", routes, kind("example", routes, runtime.settings), runtime.transaction)
    await redrive.all(AT)
    assert [type(event) for event in applied.events] == kinds


async def real_lock(session: AsyncSession, subject: UUID) -> None:
    await lock(session, subject)


async def no_lock(session: AsyncSession, subject: UUID) -> None:
    session.info["locked"].add(subject)


@pytest.mark.parametrize(("locking", "agree"), [(real_lock, True), (no_lock, False)])
async def test_without_the_row_lock_the_last_event_is_not_the_last_state(
    runtime: Runtime, locking: Callable[[AsyncSession, UUID], Awaitable[None]], agree: bool
) -> None:
    member = joined()
    async with runtime.transaction() as session:
        await emit_new(session, [member])
        await session.execute(sa.text("create table example.entity (status text)"))
        await session.execute(sa.text("grant all on example.entity to public"))
        await session.execute(sa.text("insert into example.entity values ('active')"))
    try:
        read, paused = asyncio.Event(), asyncio.Event()

        async def touch() -> None:
            """Publishes the state it reads, a while later."""
            async with runtime.transaction() as session:
                await locking(session, member.member_id)
                status = await session.scalar(sa.text("select status from example.entity"))
                read.set()
                if not agree:
                    await paused.wait()
                await emit(session, MemberChanged(**(member.model_dump() | {"status": status})))

        async def pause() -> None:
            await read.wait()
            async with runtime.transaction() as session:
                await locking(session, member.member_id)
                await session.execute(sa.text("update example.entity set status = 'paused'"))
                await emit(session, MemberChanged(**(member.model_dump() | {"status": "paused"})))
            paused.set()

        await asyncio.gather(touch(), pause())
        (*_, last) = await outbox(runtime, MemberChanged)
        assert isinstance(last, MemberChanged)
        assert (last.status == "paused") is agree
    finally:
        async with runtime.transaction() as session:
            await session.execute(sa.text("drop table example.entity"))


class Forgetful(Relay):
    """Sends what has a higher id than the last it saw."""

    last = 0

    async def _pending(self, connection: Any) -> Any:
        rows = [row for row in await super()._pending(connection) if row["id"] > self.last]
        self.last = max([self.last, *(row["id"] for row in rows)])
        return rows


class Trusting(Relay):
    """Believes that the broker still has what it acknowledged."""

    async def _heal_emptied_broker(self, connection: Any, look_every: float) -> None:
        return


@pytest.fixture
async def relay_of(runtime_of: RuntimeOf, kafka: TestKafka) -> AsyncIterator[Callable[..., Awaitable[Any]]]:
    made: list[Relay] = []

    async def make(kind: type[Relay]) -> tuple[Runtime, Relay]:
        runtime = await runtime_of(Service(name="example", package="shared"), **kafka.settings())
        made.append(kind(runtime.settings, "example", runtime.settings.service_database_url.get_secret_value()))
        return runtime, made[-1]

    yield make
    for relay in made:
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


@pytest.mark.parametrize(("kind", "there"), [(Relay, 4), (Trusting, 1)])
async def test_without_the_look_at_the_broker_an_emptied_one_stays_without_what_it_acknowledged(
    relay_of: Callable[..., Awaitable[Any]], kafka: TestKafka, kind: type[Relay], there: int
) -> None:
    runtime, relay = await relay_of(kind)
    for count in (3, 1):
        async with runtime.transaction() as session:
            await emit_new(session, [joined() for _ in range(count)])
        assert await relay.relay_once() == count
        if count == 3:
            await kafka.empty()
            relay.forget_broker()
    assert len(await kafka.read("registration", there)) == there


async def test_an_emptied_broker_is_filled_again_though_nothing_new_is_said(
    relay_of: Callable[..., Awaitable[Any]], kafka: TestKafka
) -> None:
    runtime, relay = await relay_of(Relay)
    async with runtime.transaction() as session:
        await emit_new(session, [joined() for _ in range(3)])
    assert await relay.relay_once() == 3
    await kafka.empty()
    relay.forget_broker()
    assert await relay.relay_once() == 0
    assert len(await kafka.read("registration", 3)) == 3


class Leaving(BatchConsumer):
    """Gives a batch up after its first failure, as FastStream does under ``AckPolicy.MANUAL``."""

    async def _until_stored(self, step: Callable[[], Awaitable[None]]) -> None:
        await step()


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
        running = asyncio.create_task(Transport(runtime.settings, "example", [taking]).run())
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
