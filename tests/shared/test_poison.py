"""Poison of every kind: kept as it came, passed by, waited behind by its subject, and re-driven in order."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncSession
from structlog.testing import capture_logs

from shared.events.registration import MemberChanged, MemberJoined, MemberLeft
from shared.ids import new_id
from shared.messaging import PermanentError, dead_letters, subscribe
from shared.messaging.consumer import BatchConsumer
from shared.messaging.dead_letters import Redrive
from shared.messaging.inbox import Inbox
from shared.messaging.subscription import Routes
from shared.service import Runtime, Service
from shared.testing import Deliverer, TestRecord
from shared.testing import dead_letters as letters
from tests.shared.test_inbox import joined

RuntimeOf = Callable[..., Awaitable[Runtime]]
AT = datetime(2026, 11, 23, tzinfo=UTC)


class MemberChangedAgain(MemberChanged):
    """What a newer publisher sends."""

    type: ClassVar[str] = "registration.member_changed.v2"


class Applied:
    """Keeps what it applied, per subject in order; fails for the subjects it is told to."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.failing: set[UUID] = set()
        self.busy = asyncio.Event()
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()

    async def apply(self, _: AsyncSession, event: Any, __: Any) -> None:
        """Apply, unless told to fail or to wait."""
        self.busy.set()
        await self.may_go_on.wait()
        if event.member_id in self.failing:
            raise PermanentError
        self.events.append(event)

    def types(self, member_id: UUID) -> list[str]:
        """Fact names applied for a member, in order."""
        return [event.type.split(".")[1] for event in self.events if event.member_id == member_id]


class Ground:
    """A consumer, its re-drive, and records for it."""

    def __init__(self, runtime: Runtime, kind: type[BatchConsumer] = BatchConsumer, *more: type[Any]) -> None:
        self.runtime, self.applied, self._deliverer = runtime, Applied(), Deliverer(runtime)
        self.consumer = self.upgraded(kind, *more)

    def upgraded(self, kind: type[BatchConsumer] = BatchConsumer, *more: type[Any]) -> BatchConsumer:
        """The consumer of a version that knows these types too; its re-drive becomes ours."""
        handles = subscribe("example.record", self.applied.apply, MemberJoined, MemberChanged, MemberLeft, *more)
        routes = Routes([handles])
        inbox = Inbox("example", routes, self.runtime.settings)
        self.redrive = Redrive("example", routes, inbox, self.runtime.transaction)
        return kind("example", "registration", routes, inbox, self.runtime.transaction, self.runtime.now)

    def record(self, event: Any, sequence: int | None = None) -> TestRecord:
        """An event as it comes from Kafka."""
        return self._deliverer.record(event, new_id(), sequence, False)


@pytest.fixture
async def runtime(runtime_of: RuntimeOf) -> Runtime:
    return await runtime_of(Service(name="example", package="shared"))


@pytest.fixture
def ground(runtime: Runtime) -> Ground:
    return Ground(runtime)


def changed(member: MemberJoined) -> MemberChanged:
    return MemberChanged(**member.model_dump())


def left(member: MemberJoined) -> MemberLeft:
    return MemberLeft(member_id=member.member_id, left_at=AT)


def payload(value: bytes | None) -> Callable[[TestRecord], None]:
    def spoil(record: TestRecord) -> None:
        record.value = value  # type: ignore[assignment]

    return spoil


def headers(change: Callable[[Sequence[Any]], Sequence[Any]]) -> Callable[[TestRecord], None]:
    def spoil(record: TestRecord) -> None:
        record.headers = tuple(change(record.headers))

    return spoil


#: What is known of them is enough to know whose they are and whom they are for.
POISON = {
    "no JSON": payload(b"no json"),
    "nothing": payload(None),
    "1 MB": payload(b"x" * 1_000_000),
    "deep nesting": payload(b"[" * 200_000 + b"]" * 200_000),
    "NUL": payload(b'{"member_id": "\\u0000", "year_of_birth": "\x00"}'),
    "a lone surrogate": payload(b'{"member_id": "\\ud800"}'),
    "an unknown version": headers(
        lambda known: [(k, b"registration.member_changed.v9" if k == "ce_type" else v) for k, v in known]
    ),
}
#: No handler can ever be given these records, so no event waits behind them.
REFUSED = {
    "no headers": headers(lambda _: []),
    "a header without value": headers(lambda known: [(k, None if k == "ce_id" else v) for k, v in known]),
    "a header that is not UTF-8": headers(lambda known: [*known, ("x", b"\xff")]),
    "a NUL in a header": headers(lambda known: [*known, ("x", b"\x00")]),
    "a NUL in a header's name": headers(lambda known: [*known, ("x\x00", b"x")]),
    "a subject that is none": headers(lambda known: [(k, b"?" if k == "ce_subject" else v) for k, v in known]),
    "another's key": headers(lambda known: [(k, str(new_id()).encode() if k == "ce_subject" else v) for k, v in known]),
    "another's source": headers(
        lambda known: [(k, b"urn:innbyggerpanel:3201:results" if k == "ce_source" else v) for k, v in known]
    ),
    "no source": headers(lambda known: [(k, v) for k, v in known if k != "ce_source"]),
}


@pytest.mark.parametrize("spoil", POISON.values(), ids=POISON.keys())
async def test_poison_is_passed_by_and_its_subject_waits_behind_it(
    ground: Ground, spoil: Callable[[TestRecord], None]
) -> None:
    member, other = joined(), joined()
    poison = ground.record(changed(member), 2)
    spoil(poison)
    before, after, sound = ground.record(member, 1), ground.record(left(member), 3), ground.record(other)
    batch = [before, poison, after, sound]
    for _ in range(2):
        async with asyncio.timeout(20):
            await ground.consumer.take(batch)
    # Events before it are applied, those after it wait, and other subjects go on; also when all of them come again.
    assert ground.applied.types(member.member_id) == ["member_joined"]
    assert ground.applied.types(other.member_id) == ["member_joined"]
    dead = await letters(ground.runtime)
    assert [letter.state for letter in dead] == ["dead", "waiting"]
    assert (dead[0].payload, dead[0].offset) == (poison.value or b"", poison.offset)

    assert (await ground.redrive.all(AT))[0] == 0
    async with ground.runtime.transaction() as session:
        assert await dead_letters.drop(session, dead[0].id) == 1
    assert await ground.redrive.all(AT) == (1, 0)
    assert ground.applied.types(member.member_id) == ["member_joined", "member_left"]


@pytest.mark.parametrize("spoil", REFUSED.values(), ids=REFUSED.keys())
async def test_what_cannot_be_believed_is_kept_and_holds_nobody_up(
    ground: Ground, spoil: Callable[[TestRecord], None]
) -> None:
    member = joined()
    record = ground.record(changed(member), 2)
    spoil(record)
    for _ in range(2):
        await ground.consumer.take([ground.record(member, 1), record, ground.record(left(member), 3)])
    assert ground.applied.types(member.member_id)[:2] == ["member_joined", "member_left"]
    (letter,) = await letters(ground.runtime)
    assert (letter.state, letter.handler, letter.offset) == ("dead", None, record.offset)
    # Such a record is never tried; only a person gives it up.
    assert await ground.redrive.all(AT) == (0, 0)
    async with ground.runtime.transaction() as session:
        assert await dead_letters.drop(session, letter.id) == 1


async def test_a_service_cannot_forge_anothers_fact_on_its_own_topic(ground: Ground, runtime: Runtime) -> None:
    """`results` may write to its topic whatever it likes; who reads it takes no one else's types from there."""
    member = joined()
    forged = ground.record(left(member), 2)
    routes = Routes([subscribe("example.record", ground.applied.apply, MemberJoined, MemberLeft)])
    inbox = Inbox("example", routes, runtime.settings)
    reader = BatchConsumer("example", "results", routes, inbox, runtime.transaction, runtime.now)
    await ground.consumer.take([ground.record(member, 1)])
    with capture_logs() as logs:
        await reader.take([forged])
    assert ground.applied.types(member.member_id) == ["member_joined"]
    assert [(letter.reason, letter.topic) for letter in await letters(runtime)] == [("foreign_topic", "results")]
    assert [(entry["event"], entry["log_level"]) for entry in logs] == [("messaging.record.refused", "error")]


async def test_a_payload_about_somebody_else_than_its_key_is_a_dead_letter(ground: Ground) -> None:
    member, other = joined(), joined()
    record = ground.record(member)
    record.value = other.model_dump_json().encode()
    await ground.consumer.take([record])
    assert ground.applied.events == []
    assert [letter.reason for letter in await letters(ground.runtime)] == ["PermanentError"]


async def test_a_version_that_becomes_known_is_redriven_with_what_waits_behind_it(ground: Ground) -> None:
    member = joined()
    newer = MemberChangedAgain(**member.model_dump())
    await ground.consumer.take([ground.record(member, 1), ground.record(newer, 2), ground.record(left(member), 3)])
    assert ground.applied.types(member.member_id) == ["member_joined"]
    ground.upgraded(BatchConsumer, MemberChangedAgain)
    assert await ground.redrive.all(AT) == (2, 0)
    assert ground.applied.types(member.member_id) == ["member_joined", "member_changed", "member_left"]
    assert await ground.redrive.all(AT) == (0, 0)


async def test_what_another_process_applied_is_not_buried_by_one_that_failed(ground: Ground) -> None:
    member = joined()
    record = ground.record(member)
    ground.applied.failing.add(member.member_id)
    ground.applied.may_go_on.clear()
    slow = asyncio.create_task(ground.consumer.take([record]))
    await ground.applied.busy.wait()
    # The other process's inbox row waits for the slow one's; it is there when the slow one wants to bury the event.
    other = Ground(ground.runtime)
    quick = asyncio.create_task(other.consumer.take([record]))
    ground.applied.may_go_on.set()
    await asyncio.gather(slow, quick)
    dead = await letters(ground.runtime)
    assert (len(other.applied.events), len(dead)) in [(1, 0), (0, 1)]


async def test_what_arrives_during_a_redrive_neither_overtakes_nor_is_forgotten(ground: Ground) -> None:
    member = joined()
    ground.applied.failing.add(member.member_id)
    await ground.consumer.take([ground.record(member, 1), ground.record(changed(member), 2)])
    ground.applied.failing.clear()
    ground.applied.busy.clear()
    ground.applied.may_go_on.clear()
    redrive = asyncio.create_task(ground.redrive.all(AT))
    await ground.applied.busy.wait()
    arriving = asyncio.create_task(ground.consumer.take([ground.record(left(member), 3)]))
    ground.applied.may_go_on.set()
    await asyncio.gather(redrive, arriving)
    assert ground.applied.types(member.member_id) == ["member_joined", "member_changed", "member_left"]
    assert all(letter.state == "redriven" for letter in await letters(ground.runtime))


class Impatient(BatchConsumer):
    """Gives a try half a second."""

    longest_step = 0.5


async def test_a_handler_that_hangs_is_given_up_and_tried_again(runtime: Runtime) -> None:
    ground = Ground(runtime, Impatient)
    member = joined()
    ground.applied.may_go_on.clear()
    taking = asyncio.create_task(ground.consumer.take([ground.record(member)]))
    async with asyncio.timeout(20):
        while not ground.consumer.stuck_seconds:
            await asyncio.sleep(0.02)
        ground.applied.may_go_on.set()
        await taking
    assert (ground.applied.types(member.member_id), ground.consumer.stuck_seconds) == (["member_joined"], 0.0)
    assert await letters(runtime) == []
