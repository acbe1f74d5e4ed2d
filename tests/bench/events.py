"""Events: the relay against aiokafka alone, the consumer against its inbox insert alone, and the way between."""

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import sqlalchemy as sa
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from services.registration.app import SERVICE as REGISTRATION
from services.results.app import SERVICE as RESULTS
from shared.events.registration import MemberJoined
from shared.events.surveys import AnswerStrata, ResponseSubmitted
from shared.ids import new_id, random_id
from shared.mechanism import mechanism
from shared.messaging import Delivery, emit_new, subscribe
from shared.messaging.broker import client_arguments
from shared.messaging.consumer import BatchConsumer
from shared.messaging.inbox import Inbox
from shared.messaging.relay import Relay
from shared.messaging.subscription import Routes
from shared.process import running
from shared.service import Service
from shared.settings import Settings
from shared.testing import TestRecord
from tests.backends import TestKafka, eventually
from tests.bench.ground import Ground
from tests.bench.measure import alternate, bound, note, percentile

EVENTS = 20_000
BATCH = 500
ROUNDS = 5
#: Open loop: an event is due every 20 ms whether the one before has arrived or not.
PER_SECOND, SECONDS = 50, 10


def member(at: datetime) -> MemberJoined:
    """A state event of ordinary size."""
    return MemberJoined(
        member_id=new_id(),
        year_of_birth=1985,
        gender="female",
        area="1337",
        area_scheme="postcode-2026-05-26",
        purposes=("surveys", "meetings", "results"),
        status="active",
        joined_at=at,
    )


async def relay_rate(ground: Ground) -> None:
    """Events a second from the outbox to Kafka and into the archive; floor: the same records, sent and awaited."""
    async with ground.database() as url, ground.topics() as kafka:
        rt = ground.runtime("registration", url, **kafka.settings())
        relay = Relay(rt.settings, "registration", url)
        outbox = mechanism("registration").outbox
        records = [_record(member(rt.now())) for _ in range(EVENTS)]

        async def product() -> float:
            async with rt.transaction() as session:
                for start in range(0, EVENTS, 5000):
                    await emit_new(session, [member(rt.now()) for _ in range(min(5000, EVENTS - start))])
            began, count = time.perf_counter(), 0
            while count < EVENTS:
                count += await relay.relay_once()
            seconds = time.perf_counter() - began
            async with rt.transaction() as session:
                assert await session.scalar(sa.select(sa.func.count()).select_from(outbox)) == 0
            return count / seconds

        async def floor() -> float:
            return await _send_all(rt.settings, records)

        try:
            await relay.relay_once()
            await alternate("relay", "events/s", product, floor, ROUNDS, goal=0.4)
        finally:
            relay.close()
            await rt.database.close()


def _record(event: MemberJoined) -> dict[str, Any]:
    """What the relay sends for the event, headers and all."""
    headers = {
        "ce_specversion": "1.0",
        "ce_type": event.type,
        "content-type": "application/json",
        "ce_time": event.joined_at.isoformat(),
        "ce_id": str(new_id()),
        "ce_source": "urn:innbyggerpanel:3201:registration",
        "ce_subject": str(event.member_id),
        "ce_sequence": "1",
    }
    return {
        "key": str(event.member_id).encode(),
        "value": event.model_dump_json().encode(),
        "headers": [(name, value.encode()) for name, value in headers.items()],
    }


async def _send_all(settings: Settings, records: Sequence[dict[str, Any]]) -> float:
    producer = AIOKafkaProducer(**client_arguments(settings), enable_idempotence=True, acks="all")
    await producer.start()
    try:
        began = time.perf_counter()
        topic = settings.topic("registration")
        futures = [await producer.send(topic, **record) for record in records]
        await asyncio.gather(*futures)
        return len(records) / (time.perf_counter() - began)
    finally:
        await producer.stop()


async def consumer_rate(ground: Ground) -> None:
    """Answers a second through inbox and handler into results; floor: the inbox insert alone, of such ids.

    The ids are random, as the outbox gives them to answers: an id with a time in it is stored faster by both.
    """
    async with ground.database() as url:
        rt = ground.runtime("results", url)
        routes = Routes(RESULTS.handlers)
        inbox = Inbox("results", routes, rt.settings)
        consumer = BatchConsumer("results", "surveys.responses", routes, inbox, rt.transaction, rt.now)
        bare = await asyncpg.connect(url)

        async def product() -> float:
            batches = [_answers(BATCH) for _ in range(EVENTS // BATCH)]
            began = time.perf_counter()
            for batch in batches:
                await consumer.take(batch)
            return EVENTS / (time.perf_counter() - began)

        async def floor() -> float:
            batches = [[random_id() for _ in range(BATCH)] for _ in range(EVENTS // BATCH)]
            began = time.perf_counter()
            for ids in batches:
                async with bare.transaction():
                    await bare.fetch(
                        "insert into results.inbox (handler, event_id) select 'bench.floor', * from"
                        " unnest($1::uuid[]) on conflict do nothing returning event_id",
                        ids,
                    )
            return EVENTS / (time.perf_counter() - began)

        try:
            await alternate("consumer with inbox", "events/s", product, floor, ROUNDS, goal=0.3)
        finally:
            await bare.close()
            await rt.database.close()


def _answers(number: int) -> list[TestRecord]:
    survey_id = new_id()
    records = []
    for offset in range(number):
        event = ResponseSubmitted(
            response_id=random_id(),
            survey_id=survey_id,
            strata=AnswerStrata(gender="female", bands=("25-44",)),
            answers={"reisemate": "buss", "viktigst": ["natur", "gjenbruk"], "innsats": 4, "minutter": 25},
        )
        headers: list[tuple[str, bytes | None]] = [
            ("ce_id", str(random_id()).encode()),
            ("ce_type", event.type.encode()),
            ("ce_source", b"urn:innbyggerpanel:3201:surveys"),
        ]
        records.append(TestRecord("surveys.responses", offset, event.model_dump_json().encode(), headers))
    return records


async def event_latency(ground: Ground) -> None:
    """Milliseconds from commit in one service to commit of the effect in another, at 50 events a second."""
    async with ground.database() as url, ground.topics() as kafka:
        product_p99: list[float] = []

        async def product() -> float:
            delays = await _through_the_product(ground, url, kafka)
            product_p99.append(percentile(delays, 0.99))
            note(f"product p50 {percentile(delays, 0.5):.1f} p99 {product_p99[-1]:.1f} ms")
            return percentile(delays, 0.5)

        async def floor() -> float:
            delays = await _through_bare_clients(ground, url, kafka)
            note(f"bare clients p50 {percentile(delays, 0.5):.1f} p99 {percentile(delays, 0.99):.1f} ms")
            return percentile(delays, 0.5)

        await alternate("event latency p50", "ms", product, floor, ROUNDS, goal=2.0, better="lower")
        bound("event latency p99", product_p99, "ms", 25.0)


async def _through_the_product(ground: Ground, url: str, kafka: TestKafka) -> list[float]:
    committed: dict[UUID, float] = {}
    applied: dict[UUID, float] = {}
    handled: list[UUID] = []

    async def note_member(_: Any, event: MemberJoined, __: Delivery) -> None:
        handled.append(event.member_id)

    def stamp() -> None:
        now = time.perf_counter()
        while handled:
            applied[handled.pop()] = now

    reader = Service("meetings", "services.meetings", [subscribe("bench.note_member", note_member, MemberJoined)])
    writer = Service("registration", REGISTRATION.package)
    sender = ground.runtime(writer, url, **kafka.settings())
    receiver = ground.runtime(reader, url, **kafka.settings())
    receiver.database.on_commit.append(stamp)
    async with running(receiver), running(sender):
        first = member(sender.now())
        async with sender.transaction() as session:
            await emit_new(session, [first])
        await eventually(lambda: first.member_id in applied)
        began = time.perf_counter()
        for number in range(PER_SECOND * SECONDS):
            await _until(began + number / PER_SECOND)
            event = member(sender.now())
            async with sender.transaction() as session:
                await emit_new(session, [event])
            committed[event.member_id] = time.perf_counter()
        await eventually(lambda: committed.keys() <= applied.keys())
    return [(applied[id_] - at) * 1000 for id_, at in committed.items()]


async def _through_bare_clients(ground: Ground, url: str, kafka: TestKafka) -> list[float]:
    settings = Settings(**kafka.settings())
    topic = settings.topic("meetings")
    producer = AIOKafkaProducer(**client_arguments(settings), acks="all")
    consumer = AIOKafkaConsumer(topic, **client_arguments(settings), auto_offset_reset="latest")
    writing, reading = await asyncpg.connect(url), await asyncpg.connect(url)
    await writing.execute("create table if not exists public.bare_event (id uuid primary key)")
    await writing.execute("create table if not exists public.bare_effect (id uuid primary key)")
    committed: dict[bytes, float] = {}
    applied: dict[bytes, float] = {}

    async def receive() -> None:
        while True:
            for records in (await consumer.getmany(timeout_ms=1000)).values():
                ids = [UUID(bytes=record.value) for record in records]
                await reading.execute("insert into public.bare_effect select * from unnest($1::uuid[])", ids)
                now = time.perf_counter()
                applied.update((record.value, now) for record in records)

    await producer.start()
    await consumer.start()
    receiving = asyncio.create_task(receive())
    try:
        await consumer.seek_to_end()
        first = new_id()
        await producer.send_and_wait(topic, first.bytes)
        await eventually(lambda: first.bytes in applied)
        began = time.perf_counter()
        sending: set[asyncio.Task[Any]] = set()
        for number in range(PER_SECOND * SECONDS):
            await _until(began + number / PER_SECOND)
            id_ = new_id()
            await writing.execute("insert into public.bare_event values ($1)", id_)
            committed[id_.bytes] = time.perf_counter()
            sending.add(asyncio.create_task(producer.send_and_wait(topic, id_.bytes)))
        await asyncio.gather(*sending)
        await eventually(lambda: committed.keys() <= applied.keys())
    finally:
        receiving.cancel()
        await consumer.stop()
        await producer.stop()
        await writing.close()
        await reading.close()
    return [(applied[id_] - at) * 1000 for id_, at in committed.items()]


async def _until(at: float) -> None:
    """Machine time of the next event of the open loop."""
    await asyncio.sleep(max(at - time.perf_counter(), 0))
