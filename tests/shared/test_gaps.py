"""What retention took before it was read: found whenever it happens, stored before reading goes on, and healed."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from types import SimpleNamespace
from typing import Any, cast

import sqlalchemy as sa
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.errors import KafkaTimeoutError

from shared.events.registration import MemberChanged, MemberJoined
from shared.mechanism import mechanism
from shared.messaging import Delivery, emit, emit_new, lock, missing, subscribe
from shared.messaging.broker import client_arguments
from shared.messaging.gaps import Gaps
from shared.messaging.transport import Transport
from shared.process import running
from shared.service import Runtime, Service
from tests.backends import TestKafka, eventually
from tests.shared.test_inbox import joined

RuntimeOf = Callable[..., Awaitable[Runtime]]

EVERYTHING = -1


async def remove(runtime: Runtime, topic: str, partitions: Sequence[int], before: int = EVERYTHING) -> None:
    """Retention passes: the broker forgets what lies before the offset."""
    admin = AIOKafkaAdminClient(**client_arguments(runtime.settings))
    await admin.start()
    try:
        places = [TopicPartition(runtime.settings.topic(topic), number) for number in partitions]
        await admin.delete_records({place: RecordsToDelete(before) for place in places})
    finally:
        await admin.close()


async def stretches(runtime: Runtime) -> list[Any]:
    async with runtime.transaction() as session:
        return list(await missing.removed_unread(session))


async def reads(runtime: Runtime, *topics: str) -> bool:
    """Whether the runtime's consumers have been given partitions, and have committed where each is read from."""
    transport = runtime.health.transport
    if not isinstance(transport, Transport) or not transport.started:
        return False
    for topic in topics:
        client = transport.client(topic)
        places = client.assignment()
        if not places or None in [await client.committed(place) for place in places]:
            return False
    return True


async def sent(runtime: Runtime) -> bool:
    """Whether all the runtime has published is with the broker."""
    async with runtime.transaction() as session:
        statement = sa.select(sa.func.count()).select_from(mechanism(runtime.name).outbox)
        return not await session.scalar(statement)


async def test_retention_that_passes_a_reader_which_stands_still_is_found_too(
    runtime_of: RuntimeOf, kafka: TestKafka
) -> None:
    """The client goes on at the log's start without a word, though nothing was assigned anew."""
    areas_heard: list[str | None] = []
    away = False

    async def note(_: Any, event: MemberJoined | MemberChanged, __: Delivery) -> None:
        if away:
            raise ConnectionResetError
        areas_heard.append(event.area)

    subscription = subscribe("example.note", note, MemberJoined, MemberChanged)
    service = Service(name="example", package="shared", handlers=[subscription])
    runtime = await runtime_of(service, **kafka.settings())
    member = joined()

    async def tell(*areas: str) -> None:
        async with runtime.transaction() as session:
            await lock(session, member.member_id)
            await emit(session, *(MemberChanged(**member.model_dump() | {"area": area}) for area in areas))

    async with running(runtime):
        async with runtime.transaction() as session:
            await emit_new(session, [member])
        await eventually(lambda: len(areas_heard) == 1)
        transport = runtime.health.transport
        assert transport is not None
        away = True
        await tell("1300")
        await eventually(lambda: transport.stuck_seconds)
        # More records than the client has fetched by itself.
        for round_ in range(60):
            await tell(*(f"{1301 + (round_ * 10 + number) % 90}" for number in range(10)))
        await eventually(lambda: sent(runtime))
        record = (await kafka.read("registration", 1))[0]
        await remove(runtime, "registration", [record.partition])
        away = False
        await tell("1399")
        await eventually(lambda: areas_heard[-1:] == ["1399"], 60)
        gaps = await stretches(runtime)
    assert [(gap.topic, gap.partition, gap.to_offset - gap.from_offset + len(areas_heard)) for gap in gaps] == [
        ("registration", record.partition, 603)
    ]


class _Log:
    """What a Kafka client answers about its one partition, and what is stored as missing of it."""

    def __init__(self) -> None:
        self.start, self.end = 0, 0
        self.committed_at: int | None = None
        self.silent = False
        self.silent_about: TopicPartition | None = None
        self.missed: list[tuple[int, int]] = []

    async def store(self, _: str, __: int, start: int, end: int) -> None:
        self.missed.append((start, end))

    async def beginning_offsets(self, places: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        if self.silent:
            raise KafkaTimeoutError
        return dict.fromkeys(places, self.start)

    async def end_offsets(self, places: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(places, self.end)

    async def committed(self, place: TopicPartition) -> int | None:
        if place == self.silent_about:
            raise KafkaTimeoutError
        return self.committed_at

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        (self.committed_at,) = offsets.values()


PLACE = TopicPartition("t", 1)


def records(*offsets: int) -> Any:
    return [SimpleNamespace(topic=PLACE.topic, partition=PLACE.partition, offset=offset) for offset in offsets]


async def test_a_batch_in_hand_while_partitions_are_given_anew_is_no_gap() -> None:
    """It is committed after the look and before the client asks where to read on."""
    log = _Log()
    gaps, client = Gaps(log.store), cast(AIOKafkaConsumer, log)
    log.end = 6
    await gaps.assigned("t", client, [PLACE])
    await gaps.read("t", client, records(0, 1, 2))
    await gaps.assigned("t", client, [PLACE])
    await gaps.read("t", client, records(3, 4, 5))
    assert log.missed == []
    # The topic is made anew, and its first records are gone already.
    log.start, log.end, log.committed_at = 0, 4, None
    await gaps.assigned("t", client, [PLACE])
    await gaps.read("t", client, records(3))
    assert log.missed == [(0, 3)]


async def test_what_a_partition_that_nobody_ever_read_from_loses_is_a_gap_after_a_restart() -> None:
    """Where reading begins is committed at once: later nobody could tell what there was."""
    log = _Log()
    client = cast(AIOKafkaConsumer, log)
    await Gaps(log.store).assigned("t", client, [PLACE])
    log.start = log.end = 4
    restarted = Gaps(log.store)
    await restarted.assigned("t", client, [PLACE])
    await restarted.read("t", client, records(4))
    assert log.missed == [(0, 4)]


async def test_what_another_reads_meanwhile_is_no_gap_where_the_broker_did_not_answer() -> None:
    log = _Log()
    gaps, client = Gaps(log.store), cast(AIOKafkaConsumer, log)
    await gaps.read("t", client, records(0, 1, 2))
    log.silent, log.committed_at = True, 10
    await gaps.assigned("t", client, [PLACE])
    await gaps.read("t", client, records(10))
    await gaps.read("t", client, records(12))
    assert log.missed == [(11, 12)]


async def test_a_gap_is_told_once_where_the_broker_did_not_answer_about_the_next_partition() -> None:
    log = _Log()
    gaps, client = Gaps(log.store), cast(AIOKafkaConsumer, log)
    log.start, log.committed_at, log.silent_about = 4, 1, TopicPartition("t", 2)
    await gaps.assigned("t", client, [PLACE, log.silent_about])
    await gaps.read("t", client, records(4))
    assert log.missed == [(1, 4)]


async def test_reading_goes_on_only_when_the_gap_is_stored() -> None:
    """What comes after it is committed then, and nothing would show it any more."""
    log, storing, away = _Log(), asyncio.Event(), asyncio.Event()

    async def store(_: str, __: int, ___: int, ____: int) -> None:
        storing.set()
        await away.wait()

    log.committed_at = 0
    reading = asyncio.create_task(Gaps(store).read("t", cast(AIOKafkaConsumer, log), records(3)))
    await asyncio.wait_for(storing.wait(), 10)
    assert not reading.done()
    away.set()
    await reading
