"""The delivery rules of one schema: once, in order per subject, never past a failure."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from shared.events import Event
from shared.events.registration import MemberErased, MemberJoined, MemberLeft
from shared.ids import new_id
from shared.mechanism import mechanism
from shared.messaging import (
    PermanentError,
    SubjectNotLocked,
    emit,
    emit_again,
    emit_new,
    emit_state,
    forget_subject,
    lock,
    subscribe,
)
from shared.messaging.dead_letters import redriving
from shared.service import Runtime, Service
from shared.testing import Deliverer, dead_letters, outbox

AT = datetime(2026, 11, 23, tzinfo=UTC)

RuntimeOf = Callable[..., Awaitable[Runtime]]


class Applied:
    """Records what the handler applied; fails while told to."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.failing: set[UUID] = set()
        self.transient_failures = 0

    async def apply(self, session: Any, event: Any, delivery: Any) -> None:
        if self.transient_failures:
            self.transient_failures -= 1
            raise ConnectionResetError
        if event.member_id in self.failing:
            raise PermanentError
        self.events.append(event)


@pytest.fixture
async def runtime(runtime_of: RuntimeOf, applied: Applied) -> Runtime:
    subscription = subscribe("example.record", applied.apply, MemberJoined, MemberLeft, MemberErased)
    return await runtime_of(Service(name="example", package="shared", handlers=[subscription]))


def joined(member_id: UUID | None = None) -> MemberJoined:
    return MemberJoined(
        member_id=member_id or new_id(),
        year_of_birth=1980,
        gender="female",
        area="1337",
        area_scheme="postcode-2026-05-26",
        purposes=("surveys",),
        status="active",
        joined_at=AT,
    )


async def test_an_event_delivered_twice_is_applied_once(runtime: Runtime, applied: Applied) -> None:
    deliver, event = Deliverer(runtime), joined()
    (event_id,) = await deliver(event)
    await deliver(event, sequence=1, event_id=event_id)
    assert applied.events == [event]


async def test_an_older_event_after_a_newer_one_is_stale(runtime: Runtime, applied: Applied) -> None:
    deliver, event = Deliverer(runtime), joined()
    erasure = MemberErased(member_id=event.member_id, erased_at=AT)
    await deliver(erasure, sequence=2)
    await deliver(event, sequence=1)
    assert applied.events == [erasure]


async def test_state_sent_again_changes_nothing_where_it_is_known_and_fills_what_is_empty(
    runtime: Runtime, applied: Applied
) -> None:
    deliver, event = Deliverer(runtime), joined()
    await deliver(event, sequence=3)
    await deliver(event, sequence=3, replay=True)
    assert applied.events == [event]
    newcomer = joined()
    await deliver(newcomer, sequence=3, replay=True)
    assert applied.events == [event, newcomer]


async def test_a_failing_event_is_set_aside_later_ones_of_its_subject_wait_and_others_go_on(
    runtime: Runtime, applied: Applied
) -> None:
    deliver, broken, sound = Deliverer(runtime), joined(), joined()
    applied.failing.add(broken.member_id)
    leaving = MemberLeft(member_id=broken.member_id, left_at=AT)
    await deliver(broken, leaving, sound)
    assert applied.events == [sound]
    assert [(letter.state, letter.reason) for letter in await dead_letters(runtime)] == [
        ("dead", "PermanentError"),
        ("waiting", "subject_waits"),
    ]

    applied.failing.clear()
    assert await redriving(runtime).all(AT) == (2, 0)
    assert applied.events == [sound, broken, leaving]
    assert await redriving(runtime).all(AT) == (0, 0)


async def test_a_redriven_event_that_still_fails_keeps_its_subject_waiting(runtime: Runtime, applied: Applied) -> None:
    deliver, broken = Deliverer(runtime), joined()
    applied.failing.add(broken.member_id)
    await deliver(broken, MemberLeft(member_id=broken.member_id, left_at=AT))
    assert await redriving(runtime).all(AT) == (0, 2)
    assert applied.events == []


async def test_state_sent_again_adds_no_letter_to_those_it_repeats(runtime: Runtime, applied: Applied) -> None:
    """Sent again every hour while one letter is open, it would pile up behind it for ever; newer state still waits."""
    deliver, broken = Deliverer(runtime), joined()
    applied.failing.add(broken.member_id)
    await deliver(broken, sequence=1)
    await deliver(broken, sequence=2)
    for sequence in (1, 2, 2, 3):
        await deliver(broken, sequence=sequence, replay=True)
    assert [letter.sequence for letter in await dead_letters(runtime)] == [1, 2, 3]


async def test_a_transient_failure_is_retried_and_nothing_is_buried(runtime: Runtime, applied: Applied) -> None:
    applied.transient_failures = 2
    event = joined()
    await Deliverer(runtime)(event)
    assert applied.events == [event]
    assert await dead_letters(runtime) == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda headers: [h for h in headers if h[0] != "ce_id"], "header_missing"),
        (lambda headers: [*headers, ("x", b"\xff\xfe")], "header_not_utf8"),
        (lambda headers: [h if h[0] != "ce_subject" else (h[0], b"nobody") for h in headers], "header_malformed"),
        (lambda headers: [h if h[0] != "ce_sequence" else (h[0], b"9" * 30) for h in headers], "header_malformed"),
    ],
)
async def test_a_record_with_unreadable_headers_becomes_a_dead_letter_once(
    runtime: Runtime, applied: Applied, change: Any, reason: str
) -> None:
    deliver = Deliverer(runtime)
    record = deliver.record(joined(), new_id(), None, False)
    record.headers = tuple(change(record.headers))
    consumer = deliver.consumers["registration"]
    await consumer.take([record])
    await consumer.take([record])
    assert [letter.reason for letter in await dead_letters(runtime)] == [reason]
    assert applied.events == []


@pytest.mark.parametrize(
    "payload", [b"", b"no json", b"{}", b'{"member_id": "\\ud800"}', b"[" * 100_000, b"\x00" * 1_000_000]
)
async def test_poison_is_buried_and_the_next_event_applied(runtime: Runtime, applied: Applied, payload: bytes) -> None:
    deliver, sound = Deliverer(runtime), joined()
    record = deliver.record(joined(), new_id(), None, False)
    record.value = payload
    await deliver.consumers["registration"].take([record, deliver.record(sound, new_id(), None, False)])
    assert applied.events == [sound]
    assert [letter.state for letter in await dead_letters(runtime)] == ["dead"]


async def test_an_unknown_type_is_ignored_and_an_unknown_version_is_not(runtime: Runtime, applied: Applied) -> None:
    deliver = Deliverer(runtime)
    for type_string in (b"registration.weather_changed.v1", b"registration.member_joined.v9"):
        record = deliver.record(joined(), new_id(), None, False)
        record.headers = tuple((k, type_string if k == "ce_type" else v) for k, v in record.headers)
        await deliver.consumers["registration"].take([record])
    assert [letter.reason for letter in await dead_letters(runtime)] == ["unknown_version"]
    assert applied.events == []


async def test_emit_without_the_subjects_lock_is_refused(runtime: Runtime) -> None:
    with pytest.raises(SubjectNotLocked):
        async with runtime.transaction() as session:
            await emit(session, joined())


async def test_sequences_rise_by_one_per_subject(runtime: Runtime) -> None:
    event = joined()
    async with runtime.transaction() as session:
        await emit_new(session, [event, joined()])
        await emit(session, event, MemberLeft(member_id=event.member_id, left_at=AT))
    async with runtime.transaction() as session:
        await lock(session, event.member_id)
        await emit_again(session, event)
        await emit(session, event)
    table = mechanism("example").outbox
    async with runtime.transaction() as session:
        rows = (
            await session.execute(
                sa.select(table.c.sequence, table.c.headers)
                .where(table.c.subject == event.member_id)
                .order_by(table.c.id)
            )
        ).all()
    assert [row.sequence for row in rows] == [1, 2, 3, 3, 4]
    assert ["ce_replay" in row.headers for row in rows] == [False, False, False, True, False]


async def test_state_of_several_facts_keeps_the_sequences_the_last_of_them_had(runtime: Runtime) -> None:
    event = joined()
    leaving = MemberLeft(member_id=event.member_id, left_at=AT)

    async def state() -> AsyncIterator[Event]:
        yield event
        yield leaving

    async with runtime.transaction() as session:
        await emit_new(session, [event])
        await emit(session, leaving)
    async with runtime.transaction() as session:
        await lock(session, event.member_id)
        assert await emit_state(session, state()) == 2
        table = mechanism("example").outbox
        rows = (await session.execute(sa.select(table.c.sequence, table.c.type).order_by(table.c.id))).all()
    assert [row.sequence for row in rows] == [1, 2, 1, 2]
    with pytest.raises(ValueError, match="3 facts"):
        async with runtime.transaction() as session:
            await lock(session, event.member_id)
            await emit_again(session, event, leaving, leaving)


async def test_state_of_a_large_panel_is_sent_in_parts_that_let_go_of_what_they_told(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.messaging.outbox.STATE_PART", 2)
    events = [joined() for _ in range(5)]
    async with runtime.transaction() as session:
        await emit_new(session, events)
    counts: list[int] = []

    async def held() -> int:
        """How many subjects another transaction would have to wait for."""
        async with runtime.transaction() as other:
            free = await other.execute(sa.select(mechanism("example").subject.c.id).with_for_update(skip_locked=True))
            return len(events) - len(free.all())

    async with runtime.database.in_parts() as (session, turn):

        async def state() -> AsyncIterator[Event | None]:
            for event in events:
                await lock(session, event.member_id)
                yield event
                yield None
                counts.append(await held())

        assert await emit_state(session, state(), turn) == 5
    assert counts == [1, 0, 1, 0, 1]
    assert len(await outbox(runtime)) == 10


async def test_a_rolled_back_transaction_publishes_nothing(runtime: Runtime) -> None:
    with pytest.raises(RuntimeError, match="stop"):
        async with runtime.transaction() as session:
            await emit_new(session, [joined()])
            raise RuntimeError("stop")
    assert await outbox(runtime) == []


async def test_forgetting_a_subject_leaves_other_subjects_rows(runtime: Runtime, applied: Applied) -> None:
    first, stays = joined(), joined()
    applied.failing |= {first.member_id, stays.member_id}
    await Deliverer(runtime)(first, stays)
    async with runtime.transaction() as session:
        await emit_new(session, [first, stays])
        await forget_subject(session, first.member_id)
    assert await outbox(runtime) == [stays]
    assert [letter.subject for letter in await dead_letters(runtime)] == [stays.member_id]
