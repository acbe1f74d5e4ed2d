"""Why each mechanism is there: with it the rule holds, with the variant that lacks it the rule breaks.

The variants are classes of these tests, given where the real ones are; nothing in the product can be switched off.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
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
from shared.messaging.envelope import read_envelope
from shared.messaging.inbox import Claim, Inbox, Lane, Taken
from shared.messaging.subscription import Routes
from shared.service import Runtime, Service
from shared.testing import Deliverer, TestRecord, outbox
from tests.backends import eventually, waits_for_a_lock
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


class Held:
    """A handler that waits to be let go on."""

    def __init__(self, applied: Applied) -> None:
        self._applied = applied
        self.begun, self.go_on = asyncio.Event(), asyncio.Event()

    async def apply(self, session: AsyncSession, event: Any, delivery: Any) -> None:
        self.begun.set()
        await self.go_on.wait()
        await self._applied.apply(session, event, delivery)


def consumer(runtime: Runtime, kind: type[Inbox], topic: str, *subscriptions: Subscription) -> BatchConsumer:
    routes = Routes(subscriptions)
    return BatchConsumer(
        "example", topic, routes, kind("example", routes, runtime.settings), runtime.transaction, runtime.now
    )


def record(runtime: Runtime, event: Any, sequence: int | None) -> TestRecord:
    return Deliverer(runtime).record(event, random_id(), sequence, False)


def lanes(claims: Sequence[Claim]) -> set[Lane]:
    return {claim.lane for claim in claims if claim.lane is not None}


class NoClaims(Inbox):
    """Takes whatever comes."""

    async def take_up(self, session: AsyncSession, claims: Sequence[Claim]) -> Taken:
        return replace(await super().take_up(session, claims), fresh=claims)


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

    async def take_up(self, session: AsyncSession, claims: Sequence[Claim]) -> Taken:
        stock = await super().take_up(session, claims)
        return replace(stock, seen=dict.fromkeys(lanes(stock.fresh), 0))


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


class SeenBefore(Inbox):
    """Knows of each lane what it had applied before the claims were waited for."""

    async def take_up(self, session: AsyncSession, claims: Sequence[Claim]) -> Taken:
        rows = await session.execute(sa.text("select handler, topic, subject, sequence from example.subject_seen"))
        positions = {(row.handler, row.topic, row.subject): row.sequence for row in rows}
        stock = await super().take_up(session, claims)
        return replace(stock, seen={lane: positions.get(lane, 0) for lane in lanes(stock.fresh)})


@pytest.mark.parametrize(("kind", "applied_again"), [(Inbox, False), (SeenBefore, True)])
async def test_without_a_look_under_lock_state_sent_again_is_applied_after_what_another_process_applied(
    runtime: Runtime, kind: type[Inbox], applied_again: bool
) -> None:
    first, second = Applied(), Applied()
    member = joined()
    records = [
        record(runtime, member, 1),
        record(runtime, MemberChanged(**(member.model_dump() | {"status": "paused"})), 2),
    ]
    routes = Routes([subscribe("example.keep", first.apply, MemberJoined, MemberChanged)])
    claims = [Claim(routes.by_name["example.keep"], read_envelope(arrived, "registration")) for arrived in records]
    taking = consumer(
        runtime, kind, "registration", subscribe("example.keep", second.apply, MemberJoined, MemberChanged)
    )
    # A process that lost its partition has not committed yet; the next owner reads the same, and state sent again.
    async with runtime.transaction() as session:
        await Inbox("example", routes, runtime.settings).apply(session, claims, AT)
        next_owner = asyncio.create_task(taking.take([*records, record(runtime, member, 1)]))
        await eventually(lambda: waits_for_a_lock(runtime))
    await next_owner
    assert len(first.events) == 2
    assert bool(second.events) is applied_again


@pytest.mark.parametrize(("kind", "applied_again"), [(Inbox, 0), (SeenBefore, 1)])
async def test_without_a_look_under_lock_state_sent_again_is_applied_after_its_own_re_drive(
    runtime: Runtime, kind: type[Inbox], applied_again: int
) -> None:
    applied = Applied()
    subscription = subscribe("example.keep", applied.apply, MemberJoined, MemberChanged)
    taking = consumer(runtime, kind, "registration", subscription)
    member = joined()
    applied.failing.add(member.member_id)
    await taking.take([record(runtime, member, 1)])
    applied.failing.clear()
    recorder = Held(applied)
    redriven = Routes([subscribe("example.keep", recorder.apply, MemberJoined, MemberChanged)])
    redrive = Redrive("example", redriven, kind("example", redriven, runtime.settings), runtime.transaction)
    redriving = asyncio.create_task(redrive.all(AT))
    await recorder.begun.wait()
    change = MemberChanged(**(member.model_dump() | {"status": "paused"}))
    arriving = asyncio.create_task(taking.take([record(runtime, member, 1), record(runtime, change, 2)]))
    await eventually(lambda: waits_for_a_lock(runtime))
    recorder.go_on.set()
    await asyncio.gather(redriving, arriving)
    assert [type(event) for event in applied.events] == [MemberJoined] * (1 + applied_again) + [MemberChanged]


class NoWaiting(Inbox):
    """Lets events pass a dead letter of their subject."""

    async def take_up(self, session: AsyncSession, claims: Sequence[Claim]) -> Taken:
        stock = await super().take_up(session, claims)
        return replace(stock, blocked={}, seen=dict.fromkeys(stock.blocked, 0) | stock.seen)


@pytest.mark.parametrize(
    ("kind", "kinds"),
    [(Inbox, [MemberJoined, MemberLeft]), (NoWaiting, [MemberLeft, MemberJoined])],
    ids=["with", "without"],
)
async def test_without_waiting_subjects_an_event_that_is_mended_comes_after_a_newer_one(
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
        reading, paused = asyncio.Event(), asyncio.Event()

        async def touch() -> None:
            """Publishes the state it reads, a while later."""
            async with runtime.transaction() as session:
                await locking(session, member.member_id)
                status = await session.scalar(sa.text("select status from example.entity"))
                reading.set()
                if not agree:
                    await paused.wait()
                await emit(session, MemberChanged(**(member.model_dump() | {"status": status})))

        async def pause() -> None:
            await reading.wait()
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
