"""What a reader has missed: stored, shown, and healed by an operator's word without doing anything twice."""

from collections.abc import Awaitable, Callable

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from shared.events.attention import EventsMissed
from shared.events.registration import MemberChanged, MemberJoined
from shared.ids import new_id
from shared.mechanism import mechanism
from shared.messaging import Delivery, dead_letters, emit, emit_new, lock, missing, subscribe
from shared.messaging.dead_letters import redriving
from shared.messaging.keeping import forget_what_is_old
from shared.process import keep_mechanism
from shared.service import Runtime, Service
from shared.testing import Deliverer
from tests.shared.test_inbox import AT, Applied, joined

RuntimeOf = Callable[..., Awaitable[Runtime]]


@pytest.fixture
async def runtime(runtime_of: RuntimeOf, applied: Applied) -> Runtime:
    subscription = subscribe("example.record", applied.apply, MemberJoined, MemberChanged)
    return await runtime_of(Service(name="example", package="shared", handlers=[subscription]))


async def test_a_publisher_that_goes_on_below_what_was_seen_is_counted_and_can_be_believed_again(
    runtime: Runtime, applied: Applied
) -> None:
    deliver, member = Deliverer(runtime), joined()
    change = MemberChanged(**member.model_dump() | {"gender": "male"})
    await deliver(member, sequence=1_000_000)
    await deliver(change, sequence=2)
    await deliver(change, sequence=3)
    assert applied.events == [member]
    async with runtime.transaction() as session:
        (lane,) = await missing.stale_lanes(session)
        assert (lane.handler, lane.subject, lane.stale) == ("example.record", member.member_id, 2)
        assert await missing.reset_lanes(session, "registration", member.member_id) == 1
    await deliver(change, sequence=3, replay=True)
    assert applied.events == [member, change]
    async with runtime.transaction() as session:
        assert list(await missing.stale_lanes(session)) == []


async def test_state_sent_again_and_events_that_come_twice_are_not_counted_as_stale(
    runtime: Runtime, applied: Applied
) -> None:
    deliver, member = Deliverer(runtime), joined()
    (event_id,) = await deliver(member, sequence=3)
    await deliver(member, sequence=3, event_id=event_id)
    await deliver(member, sequence=2, replay=True)
    async with runtime.transaction() as session:
        assert list(await missing.stale_lanes(session)) == []


async def test_a_stretch_is_stored_once_and_settled(runtime: Runtime) -> None:
    async with runtime.transaction() as session:
        await missing.note_removed(session, "registration", 3, 100, 120)
        await missing.note_removed(session, "registration", 3, 100, 130)
        await missing.note_removed(session, "registration", 3, 100, 110)
        (stretch,) = await missing.removed_unread(session)
        assert (stretch.partition, stretch.from_offset, stretch.to_offset) == (3, 100, 130)
        assert [await missing.settle_removed(session), await missing.settle_removed(session)] == [1, 0]
        assert list(await missing.removed_unread(session)) == []


@pytest.mark.parametrize(("topic", "restricted"), [("registration", False), ("registration.contacts", True)])
async def test_a_stretch_is_sent_again_as_it_was_first_sent(runtime: Runtime, topic: str, restricted: bool) -> None:
    """The same ids and sequences, so that readers who had them skip them; what is restricted stays so."""
    tables, members = mechanism("example"), [joined() for _ in range(3)]
    archive = tables.archive_restricted if restricted else tables.archive
    change = MemberChanged(**members[0].model_dump())
    async with runtime.transaction() as session:
        await emit_new(session, members)
        await lock(session, change.member_id)
        await emit(session, change, change)
        columns = ("event_id", "type", "subject", "sequence", "headers", "payload")
        row = tables.outbox.c
        place = sa.func.row_number().over(order_by=row.id) - 1
        names = ["archived_on", "id", "topic", "partition", "offset", *columns]
        values = (sa.func.current_date(), row.id, sa.literal(topic), sa.literal(7), place)
        sent = sa.select(*values, *(row[name] for name in columns))
        await session.execute(sa.insert(archive).from_select(names, sent))
        await session.execute(sa.delete(tables.outbox))
        assert await missing.send_again(session, topic, 7, 1, 4) == 3
        assert await missing.send_again(session, topic, 6, 1, 4) == 0
        assert await missing.send_again(session, "surveys", 7, 1, 4) == 0
        ids = (await session.scalars(sa.select(archive.c.event_id).order_by(archive.c.offset))).all()
        again = (await session.execute(sa.select(tables.outbox).order_by(row.id))).all()
    assert [(r.event_id, r.sequence) for r in again] == list(zip(ids[1:4], (1, 1, 2), strict=True))
    assert {(r.topic, r.restricted) for r in again} == {(topic, restricted)}


async def test_what_of_a_stretch_is_in_no_archive_is_told(runtime: Runtime) -> None:
    delivery = Delivery(AT, runtime.settings, new_id(), None, False, None)
    missed = EventsMissed(miss_id=new_id(), missed_topic="example.x", partition=1, from_offset=3, to_offset=10)
    there = {"id": 1, "event_id": new_id(), "topic": "example.x", "type": "x", "headers": {}, "payload": b"{}"}
    there |= {"partition": 1, "offset": 4, "archived_on": sa.func.current_date()}
    async with runtime.transaction() as session:
        await session.execute(sa.insert(mechanism("example").archive).values(**there))
        with capture_logs() as logs:
            await missing.send_missed(session, missed, delivery)
    assert [(log["events"], log["not_archived"]) for log in logs] == [(1, 6)]


async def test_lanes_are_reset_of_one_topic_all_together_and_the_last_that_failed_is_shown_first(
    runtime: Runtime,
) -> None:
    table, subjects = mechanism("example").subject_seen, [new_id() for _ in range(3)]
    async with runtime.transaction() as session:
        for number, subject in enumerate(subjects):
            at = sa.text(f"clock_timestamp() + interval '{number} hours'")
            row = {"handler": "example.record", "topic": "registration", "subject": subject, "sequence": 9}
            await session.execute(sa.insert(table).values(**row, stale=number, stale_at=at))
        await session.execute(sa.insert(table).values(**row | {"topic": "surveys"}))
        assert [lane.subject for lane in await missing.stale_lanes(session)] == subjects[:0:-1]
        assert await missing.reset_lanes(session, "registration") == 3
        assert (await session.scalars(sa.select(table.c.topic))).all() == ["surveys"]


async def age(runtime: Runtime, days: int) -> None:
    letter = mechanism("example").dead_letter
    async with runtime.transaction() as session:
        await session.execute(
            sa.update(letter).values(
                topic="registration.contacts", received_at=sa.text(f"clock_timestamp() - interval '{days} days'")
            )
        )


async def test_a_restricted_letter_nobody_decided_about_is_announced_then_lost_with_its_reason(
    runtime: Runtime, applied: Applied
) -> None:
    deliver, broken = Deliverer(runtime), joined()
    applied.failing.add(broken.member_id)
    await deliver(broken, MemberChanged(**broken.model_dump()))
    async with runtime.transaction() as session:
        assert await dead_letters.count(session) == {"open": 2, "expiring": 0, "lost": 0}
    await age(runtime, 5)
    async with runtime.transaction() as session:
        with capture_logs() as logs:
            assert await forget_what_is_old(session) == 0
        assert [(log["event"], log["letters"], log["days"]) for log in logs] == [
            ("messaging.dead_letters.expire_soon", 2, 3)
        ]
        assert await dead_letters.count(session) == {"open": 2, "expiring": 2, "lost": 0}
    await age(runtime, 8)
    async with runtime.transaction() as session:
        with capture_logs() as logs:
            assert [await forget_what_is_old(session), await forget_what_is_old(session)] == [2, 0]
        assert [log["event"] for log in logs] == ["messaging.dead_letter.lost"] * 2
        rows = await dead_letters.listed(session)
        assert [(row.state, row.payload, row.headers, row.subject) for row in rows] == [
            ("lost", b"", {}, broken.member_id)
        ] * 2
        assert [row.reason for row in rows] == ["PermanentError", "subject_waits"]
        assert await dead_letters.count(session) == {"open": 0, "expiring": 0, "lost": 2}
    applied.failing.clear()
    assert await redriving(runtime).all(AT) == (0, 0)
    async with runtime.transaction() as session:
        assert await dead_letters.drop(session, *(row.id for row in rows)) == 2
        await forget_what_is_old(session)
        assert await dead_letters.count(session) == {"open": 0, "expiring": 0, "lost": 0}


@pytest.mark.parametrize("gone", ["lost", "dropped"])
async def test_what_waited_goes_on_by_itself_though_the_first_try_met_a_passing_fault(
    runtime: Runtime, applied: Applied, gone: str
) -> None:
    broken = joined()
    change = MemberChanged(**broken.model_dump())
    applied.failing.add(broken.member_id)
    await Deliverer(runtime)(broken, change)
    applied.failing.clear()
    letter = mechanism("example").dead_letter
    async with runtime.transaction() as session:
        await session.execute(sa.update(letter).where(letter.c.state == "dead").values(state=gone))
    applied.transient_failures = 1
    with pytest.raises(ConnectionResetError):
        await keep_mechanism(runtime)
    await keep_mechanism(runtime)
    assert applied.events == [change]
