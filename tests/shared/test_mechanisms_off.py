"""Why each mechanism is there: with it the rule holds, with the variant that lacks it the rule breaks.

The variants are classes of these tests, given where the real ones are; nothing in the product can be switched off.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
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
from shared.messaging.subscription import Routes
from shared.service import Runtime, Service
from shared.testing import Deliverer, TestRecord, outbox
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

    async def _lanes(self, session: AsyncSession, lanes: Sequence[Lane]) -> tuple[dict[Lane, int], dict[Lane, int]]:
        return {}, (await super()._lanes(session, lanes))[1]


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

    async def _lanes(self, session: AsyncSession, lanes: Sequence[Lane]) -> tuple[dict[Lane, int], dict[Lane, int]]:
        return (await super()._lanes(session, lanes))[0], {}


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
