"""Dead letters tried again: in order, once, with all that was known of the event, and what staff see of them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from shared.events import Event
from shared.events.registration import MemberJoined
from shared.events.surveys import ResponseSubmitted
from shared.mechanism import mechanism
from shared.messaging import Delivery, PermanentError, dead_letters, subscribe
from shared.messaging.dead_letters import redriving
from shared.service import Runtime, Service
from shared.testing import Deliverer
from shared.testing import dead_letters as letters
from shared.trace import new_traceparent, traceparent
from tests.backends import eventually, waits_for_a_lock
from tests.shared.test_inbox import AT, joined
from tests.shared.test_keeping import letter
from tests.shared.test_outbox import answer

RuntimeOf = Callable[..., Awaitable[Runtime]]


class Kept:
    """A handler that keeps what it is given; fails for the events it is told to, and can be held up."""

    def __init__(self) -> None:
        self.failing: Sequence[Event] = ()
        self.calls: list[tuple[Event, Delivery, str | None]] = []
        self.busy, self.may_go_on = asyncio.Event(), asyncio.Event()
        self.may_go_on.set()

    async def apply(self, session: Any, event: Any, delivery: Delivery) -> None:
        """Apply, or fail."""
        if event in self.failing:
            raise PermanentError
        self.calls.append((event, delivery, traceparent.get()))
        self.busy.set()
        await self.may_go_on.wait()

    @property
    def events(self) -> list[Event]:
        """What was applied, in order."""
        return [event for event, _, _ in self.calls]


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
async def runtime(runtime_of: RuntimeOf, kept: Kept) -> Runtime:
    handlers = [subscribe("example.keep", kept.apply, MemberJoined, ResponseSubmitted)]
    return await runtime_of(Service(name="example", package="shared", handlers=handlers))


async def test_events_about_nobody_do_not_wait_for_each_other(runtime: Runtime, kept: Kept) -> None:
    deliver, answers = Deliverer(runtime), [answer() for _ in range(3)]
    kept.failing = answers
    for event in answers:
        await deliver(event)
    kept.failing = answers[:1]
    assert await redriving(runtime).all(AT) == (2, 1)
    assert kept.events == answers[1:]


async def test_the_letters_of_one_subject_are_tried_as_they_were_published_whenever_they_came(
    runtime: Runtime, kept: Kept
) -> None:
    first, second = joined(), joined()
    later, last = (first.model_copy(update={"gender": gender}) for gender in ("male", "other"))
    deliver = Deliverer(runtime)
    kept.failing = [first, later, last, second]
    for event in (first, later, last, second):
        await deliver(event)
    table = mechanism("example").dead_letter
    async with runtime.transaction() as session:
        # The newest of them is the first that came.
        hours = sa.func.make_interval(0, 0, 0, 0, sa.cast(table.c.sequence, sa.Integer))
        await session.execute(sa.update(table).values(received_at=sa.func.now() - hours))
    kept.failing = [later]
    assert await redriving(runtime).all(AT) == (2, 2)
    assert [event for event in (first, later, last, second) if event in kept.events] == [first, second]
    kept.failing, kept.calls = [], []
    assert await redriving(runtime).all(AT) == (2, 0)
    assert kept.events == [later, last]


async def test_two_who_try_at_once_apply_a_letter_once_and_neither_says_that_it_fails(
    runtime: Runtime, kept: Kept
) -> None:
    event = answer()
    kept.failing = [event]
    await Deliverer(runtime)(event)
    kept.failing = []
    kept.may_go_on.clear()
    first = asyncio.create_task(redriving(runtime).all(AT))
    await kept.busy.wait()
    second = asyncio.create_task(redriving(runtime).all(AT))
    await eventually(lambda: waits_for_a_lock(runtime))
    kept.may_go_on.set()
    assert [await first, (await second)[1]] == [(1, 0), 0]
    assert kept.events == [event]


@pytest.mark.parametrize("replay", [True, False])
async def test_the_handler_hears_all_that_was_known_of_the_event(runtime: Runtime, kept: Kept, replay: bool) -> None:
    """State sent again must mail nobody, and what is late must be known to be, also from a letter."""
    deliver, event, trace = Deliverer(runtime), joined(), new_traceparent()
    record = deliver.record(event, UUID(int=7), 3, replay)
    time = AT - timedelta(days=2)
    record.headers = (
        *record.headers, ("ce_time", time.isoformat().encode()), ("traceparent", trace.encode()),
    )  # fmt: skip
    kept.failing = [event]
    await deliver.consumers["registration"].take([record])
    kept.failing = []
    assert await redriving(runtime).all(AT) == (1, 0)
    ((_, delivery, parent),) = kept.calls
    assert (delivery.replay, delivery.event_id, delivery.sequence) == (replay, UUID(int=7), 3)
    assert (delivery.now, delivery.occurred_at, parent) == (AT, time, trace)


async def test_a_letter_behind_what_was_applied_since_is_settled_without_being_applied(
    runtime: Runtime, kept: Kept
) -> None:
    event = joined()
    deliver = Deliverer(runtime)
    kept.failing = [event]
    await deliver(event, sequence=1)
    async with runtime.transaction() as session:
        row = {"handler": "example.keep", "topic": "registration", "subject": event.member_id, "sequence": 2}
        await session.execute(sa.insert(mechanism("example").subject_seen).values(**row))
    kept.failing = []
    assert await redriving(runtime).all(AT) == (1, 0)
    assert kept.events == []
    (row,) = await letters(runtime)
    assert (row.state, row.decided_at is None) == ("redriven", False)


async def test_staff_see_open_and_lost_letters_oldest_first_and_when_their_content_goes(runtime: Runtime) -> None:
    await letter(runtime, "dead", "registration", 1)
    await letter(runtime, "waiting", "registration.contacts", 2)
    await letter(runtime, "lost", "registration.contacts", 9)
    for state in ("dropped", "redriven"):
        await letter(runtime, state, "registration.contacts", 3)
    async with runtime.transaction() as session:
        rows = await dead_letters.listed(session)
        assert [row.state for row in rows] == ["lost", "waiting", "dead"]
        ends = [row.expires_at and row.expires_at - row.received_at for row in rows]
        assert ends == [None, timedelta(days=7), None]
        assert [row.state for row in await dead_letters.listed(session, 1)] == ["lost"]
        decided = [row.id for row in await letters(runtime) if row.state == "redriven"]
        assert await dead_letters.drop(session, rows[0].id, *decided) == 1
        assert [row.state for row in await dead_letters.listed(session)] == ["waiting", "dead"]
    assert [row.decided_at is None for row in await letters(runtime) if row.id == rows[0].id] == [False]
