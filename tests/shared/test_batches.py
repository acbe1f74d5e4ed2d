"""Several events at once: what is passed by of one subject ends nothing for the others behind it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession
from structlog.testing import capture_logs

from shared.events.registration import MemberJoined
from shared.ids import new_id
from shared.messaging import Delivery, subscribe
from shared.messaging.envelope import read_envelope
from shared.messaging.inbox import Claim, Inbox
from shared.messaging.subscription import Routes
from shared.service import Runtime, Service
from shared.testing import Deliverer, TestRecord, dead_letters
from shared.trace import Span, following, new_traceparent, record_with, traceparent
from tests.backends import eventually
from tests.shared.test_inbox import Applied, joined

RuntimeOf = Callable[..., Awaitable[Runtime]]


@pytest.fixture
async def runtime(runtime_of: RuntimeOf, applied: Applied) -> Runtime:
    subscription = subscribe("example.record", applied.apply, MemberJoined)
    return await runtime_of(Service(name="example", package="shared", handlers=[subscription]))


async def take(deliver: Deliverer, *records: TestRecord) -> None:
    await deliver.consumers["registration"].take(records)


async def test_a_stale_event_does_not_end_its_batch(runtime: Runtime, applied: Applied) -> None:
    deliver, known, other = Deliverer(runtime), joined(), joined()
    await deliver(known, sequence=2)
    stale = deliver.record(known, new_id(), 1, False)
    await take(deliver, stale, deliver.record(other, new_id(), 1, False))
    assert applied.events == [known, other]


async def test_state_that_a_letter_holds_already_does_not_end_its_batch(runtime: Runtime, applied: Applied) -> None:
    deliver, broken, other = Deliverer(runtime), joined(), joined()
    applied.failing.add(broken.member_id)
    await deliver(broken, sequence=1)
    again = deliver.record(broken, new_id(), 1, True)
    await take(deliver, again, deliver.record(other, new_id(), 1, False))
    assert applied.events == [other]
    assert len(await dead_letters(runtime)) == 1


async def test_a_letter_is_told_of_once_however_often_its_event_comes(runtime: Runtime, applied: Applied) -> None:
    deliver, broken, other = Deliverer(runtime), joined(), joined()
    applied.failing.add(broken.member_id)
    records = [deliver.record(event, new_id(), 1, False) for event in (broken, other)]
    with capture_logs() as logs:
        for _ in range(2):
            await take(deliver, *records)
    assert [(log["event"], log["log_level"], log["reason"]) for log in logs] == [
        ("messaging.event.buried", "error", "PermanentError")
    ]
    assert "test_inbox.py" in logs[0]["failure"][0]
    assert applied.events == [other]


async def test_the_only_new_event_of_a_batch_is_applied(runtime: Runtime, applied: Applied) -> None:
    deliver, known, other = Deliverer(runtime), joined(), joined()
    records = [deliver.record(event, new_id(), 1, False) for event in (known, other)]
    await take(deliver, records[0])
    await take(deliver, *records)
    assert applied.events == [known, other]


async def test_an_older_event_waits_behind_a_letter_unless_it_is_state_sent_again(
    runtime: Runtime, applied: Applied
) -> None:
    deliver, broken = Deliverer(runtime), joined()
    applied.failing.add(broken.member_id)
    await deliver(broken, sequence=3)
    await deliver(broken, sequence=2, replay=True)
    await deliver(broken, sequence=1)
    assert [letter.sequence for letter in await dead_letters(runtime)] == [3, 1]


async def test_a_large_batch_is_applied_though_one_of_it_cannot_be_read(runtime: Runtime, applied: Applied) -> None:
    """Of so many the events are read while the database answers."""
    deliver, events = Deliverer(runtime), [joined() for _ in range(120)]
    records = [deliver.record(event, new_id(), 1, False) for event in events]
    records[7].value = b"no json"
    records[8].value = events[9].model_dump_json().encode()
    with capture_logs() as logs:
        await take(deliver, *records)
    assert applied.events == events[:7] + events[9:]
    assert [log["reason"] for log in logs] == ["ValidationError", "PermanentError"]


async def test_an_outage_is_told_of_once_and_its_batch_is_in_hand_until_it_is_stored(
    runtime: Runtime, applied: Applied
) -> None:
    deliver = Deliverer(runtime)
    consumer = deliver.consumers["registration"]
    records = [deliver.record(joined(), new_id(), 1, False) for _ in range(3)]
    assert (consumer.in_hand, consumer.stuck_seconds) == (0, 0.0)
    with capture_logs() as logs:
        for _ in range(2):
            applied.transient_failures = 3
            taking = asyncio.create_task(take(deliver, *records))
            await eventually(lambda: consumer.stuck_seconds)
            assert consumer.in_hand == 3
            assert consumer.stuck_seconds < 3600, "since the first failure, not since the machine began"
            await taking
            assert (consumer.in_hand, consumer.stuck_seconds) == (0, 0.0)
            records = [deliver.record(joined(), new_id(), 1, False) for _ in range(3)]
    assert [log["event"] for log in logs] == ["messaging.batch.waits", "messaging.batch.went_on"] * 2
    assert {log["topic"] for log in logs} == {"registration"}


async def test_a_record_that_no_handler_may_get_is_kept_as_it_came(runtime: Runtime) -> None:
    deliver, member = Deliverer(runtime), joined()
    record = deliver.record(member, new_id(), 1, False)
    record.partition = 5
    record.headers = (*record.headers, ("x", b"\xff\x00"))
    await take(deliver, record)
    (letter,) = await dead_letters(runtime)
    place = (letter.topic, letter.partition, letter.offset)
    assert place == ("registration", 5, record.offset)
    assert (letter.type, letter.subject, letter.payload) == (member.type, member.member_id, record.value)
    assert letter.headers["x"] == "\\xff\\x00"
    assert letter.headers["ce_subject"] == str(member.member_id)


async def test_what_has_a_letter_gets_no_second_one(runtime: Runtime) -> None:
    routes = Routes(runtime.service.handlers)
    inbox = Inbox("example", routes, runtime.settings)
    record = Deliverer(runtime).record(joined(), new_id(), 1, False)
    claim = Claim(routes.by_name["example.record"], read_envelope(record, "registration"))
    for new in (True, False):
        async with runtime.transaction() as session:
            assert await inbox.bury(session, claim, "unknown_version") is new
    assert len(await dead_letters(runtime)) == 1


class Spans:
    """Keeps whose act each span is part of."""

    def __init__(self) -> None:
        self.parents: list[str | None] = []

    def begin(self, parent: str | None, *_: Any) -> AbstractContextManager[Span]:
        """A span of a block."""
        self.parents.append(parent)
        return following(parent)

    def add(self, parent: str, *_: Any) -> None:
        """A span that ended."""
        self.parents.append(parent)


@pytest.mark.parametrize("acts", [1, 2])
async def test_a_call_for_a_batch_is_part_of_every_act_and_what_it_publishes_of_the_only_one(
    runtime_of: RuntimeOf, acts: int
) -> None:
    spans, current = Spans(), list[str | None]()

    async def apply(_: AsyncSession, __: Sequence[MemberJoined], ___: Sequence[Delivery]) -> None:
        current.append(traceparent.get())

    handlers = [subscribe("example.record", apply, MemberJoined, batch=True)]
    deliver = Deliverer(await runtime_of(Service(name="example", package="shared", handlers=handlers)))
    traces = [new_traceparent() for _ in range(acts)]
    records = [deliver.record(joined(), new_id(), 1, False) for _ in range(2)]
    for number, record in enumerate(records):
        record.headers = (*record.headers, ("traceparent", traces[number % acts].encode()))
    record_with(spans)
    try:
        await take(deliver, *records)
    finally:
        record_with(None)
    assert sorted(map(str, spans.parents)) == sorted(traces)
    assert current == [traces[0] if acts == 1 else None]
