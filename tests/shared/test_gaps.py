"""What retention took before it was read: found whenever it happens, stored before reading goes on, and healed."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import sqlalchemy as sa
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from shared.events.registration import MemberChanged, MemberJoined
from shared.mechanism import mechanism
from shared.messaging import Delivery, emit, emit_new, lock, missing, subscribe
from shared.messaging.broker import client_arguments
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
