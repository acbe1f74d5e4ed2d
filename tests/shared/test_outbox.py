"""What publishing refuses, and what it gives each event."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import sqlalchemy as sa

from shared.events import Event
from shared.events.registration import MemberErased, MemberJoined
from shared.events.surveys import AnswerStrata, ResponseSubmitted
from shared.ids import new_id, random_id
from shared.mechanism import mechanism
from shared.messaging import SubjectNotLocked, emit, emit_again, emit_new, emit_state, lock
from shared.messaging.outbox import LARGEST_PAYLOAD, EventTooLarge
from shared.service import Runtime, Service
from shared.testing import outbox
from tests.shared.test_inbox import AT, joined

RuntimeOf = Callable[..., Awaitable[Runtime]]


@pytest.fixture
async def runtime(runtime_of: RuntimeOf) -> Runtime:
    return await runtime_of(Service(name="example", package="shared"))


def answer() -> ResponseSubmitted:
    """An event about nobody."""
    return ResponseSubmitted(
        response_id=random_id(), survey_id=new_id(), answers={}, strata=AnswerStrata(gender=None, bands=None)
    )


async def test_only_a_locked_subjects_state_is_sent_again(runtime: Runtime) -> None:
    event = joined()
    async with runtime.transaction() as session:
        await emit_new(session, [event])
    for again in (event, answer()):
        with pytest.raises(SubjectNotLocked, match=again.type):
            async with runtime.transaction() as session:
                await lock(session, new_id())
                await emit_again(session, again)
    assert await outbox(runtime) == [event]


async def test_what_nothing_was_said_of_has_no_state_to_send_again(runtime: Runtime) -> None:
    event = joined()
    with pytest.raises(ValueError, match="1 facts cannot be the state of an entity at sequence 0"):
        async with runtime.transaction() as session:
            await lock(session, event.member_id)
            await emit_again(session, event)


async def test_each_entitys_facts_go_together_when_state_is_sent_again(runtime: Runtime) -> None:
    first, second = joined(), joined()
    erasure = MemberErased(member_id=second.member_id, erased_at=AT)

    async def state() -> AsyncIterator[Event | None]:
        yield first
        yield second
        yield erasure
        yield None

    async with runtime.transaction() as session:
        await emit_new(session, [first, second, erasure])
        await lock(session, first.member_id, second.member_id)
        assert await emit_state(session, state()) == 3
        table = mechanism("example").outbox
        rows = (await session.execute(sa.select(table.c.subject, table.c.sequence).order_by(table.c.id))).all()
    places = [(first.member_id, 1), (second.member_id, 1), (second.member_id, 2)]
    assert [tuple(row) for row in rows] == places * 2


async def test_several_subjects_events_keep_their_order_and_each_its_own_count(runtime: Runtime) -> None:
    first, second = joined(), joined()
    erased = [MemberErased(member_id=event.member_id, erased_at=AT) for event in (first, second)]
    async with runtime.transaction() as session:
        await emit_new(session, [first, second])
        await emit(session, erased[0], first, erased[1], answer(), first)
        table = mechanism("example").outbox
        rows = (await session.execute(sa.select(table.c.type, table.c.sequence).order_by(table.c.id))).all()
    assert [row.sequence for row in rows] == [1, 1, 2, 3, 2, None, 4]
    assert [row.type for row in rows[2:5]] == [MemberErased.type, MemberJoined.type, MemberErased.type]


async def test_nothing_to_say_and_nobody_to_lock_are_no_mistake(runtime: Runtime) -> None:
    async with runtime.transaction() as session:
        await lock(session)
        await emit(session)
        await emit_new(session, [])
    assert await outbox(runtime) == []


async def test_an_event_about_nobody_says_neither_when_nor_in_which_order_it_was_made(runtime: Runtime) -> None:
    """An answer must not be found by its time or by the number it was given."""
    async with runtime.transaction() as session:
        await emit_new(session, [joined(), answer()])
        table = mechanism("example").outbox
        ours, about_nobody = (await session.execute(sa.select(table).order_by(table.c.id))).all()
    assert ["ce_time" in row.headers for row in (ours, about_nobody)] == [True, False]
    assert [row.event_id.version for row in (ours, about_nobody)] == [7, 4]
    assert (about_nobody.subject, about_nobody.sequence) == (None, None)
    assert [row.restricted for row in (ours, about_nobody)] == [False, True]


async def test_a_payload_may_be_as_large_as_the_limit(runtime: Runtime) -> None:
    event = joined()
    size = len(event.model_dump_json())
    fits = event.model_copy(update={"purposes": (*event.purposes, "x" * (LARGEST_PAYLOAD - size - 3))})
    assert len(fits.model_dump_json()) == LARGEST_PAYLOAD
    async with runtime.transaction() as session:
        await emit_new(session, [fits])
    over = joined().model_copy(update={"purposes": (*event.purposes, "x" * (LARGEST_PAYLOAD - size - 2))})
    with pytest.raises(EventTooLarge, match=f"{LARGEST_PAYLOAD + 1} bytes"):
        async with runtime.transaction() as session:
            await emit_new(session, [over])


async def test_a_commit_that_says_something_wakes_the_relay_and_no_other_does(runtime: Runtime) -> None:
    calls: list[str] = []
    runtime.database.on_emit.append(lambda: calls.append("woken"))
    async with runtime.transaction() as session:
        await emit_new(session, [joined()])
        assert calls == []
    assert calls == ["woken"]
    async with runtime.transaction() as session:
        await emit(session)
        await lock(session, new_id())
    with pytest.raises(ZeroDivisionError):
        async with runtime.transaction() as session:
            await emit_new(session, [joined()])
            raise ZeroDivisionError
    assert calls == ["woken"]
