"""A broker that came back empty: noticed whenever it happens, filled in order, before anything new, to the end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from random import Random
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from aiokafka.errors import KafkaError
from structlog.testing import capture_logs

from shared.mechanism import mechanism
from shared.messaging import emit_new
from shared.service import Runtime, Service
from tests.shared.test_inbox import joined
from tests.shared.test_outbox import answer
from tests.shared.test_relay import RelayTo
from tests.simulation.memory import Broker, Fate, MemoryRelay, Producer

RuntimeOf = Callable[..., Awaitable[Runtime]]


@pytest.fixture
async def runtime(runtime_of: RuntimeOf) -> Runtime:
    return await runtime_of(Service(name="example", package="shared"))


@pytest.fixture
def broker() -> Broker:
    return Broker(Random(1))


class Watched(MemoryRelay):
    """Something may happen to it before each batch it sends."""

    before_send: Callable[[], Any] = staticmethod(lambda: None)

    async def send(self, producer: Any, rows: Any) -> Any:
        self.before_send()
        return await super().send(producer, rows)


@pytest.fixture
async def relay(runtime: Runtime, broker: Broker) -> AsyncIterator[Watched]:
    relay = Watched(runtime.settings, "example", broker, Fate(), Random(1))
    yield relay
    relay.close()


async def publish(runtime: Runtime, count: int) -> list[UUID]:
    """Facts about so many new subjects, which are returned."""
    events = [joined() for _ in range(count)]
    async with runtime.transaction() as session:
        await emit_new(session, events)
    return [event.member_id for event in events]


def subjects(broker: Broker) -> list[list[UUID]]:
    """The subjects of each partition's records, in order."""
    return [[UUID((record.key or b"").decode()) for record in log] for log in broker.logs.values()]


def held(broker: Broker) -> set[UUID]:
    return {subject for log in subjects(broker) for subject in log}


async def test_it_is_filled_in_order_before_anything_new(runtime: Runtime, broker: Broker, relay: Watched) -> None:
    old = await publish(runtime, 5)
    assert await relay.relay_once() == 5
    archive = mechanism("example").archive
    async with runtime.transaction() as session:
        # The oldest rows now lie behind the others.
        oldest = archive.c.subject.in_(old[:3])
        await session.execute(sa.update(archive).where(oldest).values(type=archive.c.type))
    broker.empty()
    (new,) = await publish(runtime, 1)
    assert [await relay.relay_once(), await relay.relay_once()] == [0, 1]
    assert held(broker) == {*old, new}
    for log in subjects(broker):
        assert [subject for subject in log if subject != new] == [s for s in old if s in log]
        assert new not in log[:-1]


async def test_nothing_is_sent_until_every_consumer_has_noticed(runtime: Runtime, broker: Broker) -> None:
    relay = Watched(runtime.settings, "example", broker, Fate(), Random(1))
    relay.settle = 10.0
    try:
        await publish(runtime, 1)
        assert await relay.relay_once() == 1
        broker.empty()
        await publish(runtime, 1)
        assert [await relay.relay_once(), await relay.relay_once(), held(broker)] == [0, 0, set()]
        position = mechanism("example").relay_position
        async with runtime.transaction() as session:
            await session.execute(
                sa.update(position).values(emptied_at=sa.func.clock_timestamp() - sa.text("interval '11 seconds'"))
            )
        assert await relay.relay_once() == 1
        assert len(held(broker)) == 2
    finally:
        relay.close()


async def test_an_interrupted_filling_is_begun_again_however_far_it_came(
    runtime: Runtime, broker: Broker, relay: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.messaging.relay.BATCH", 4)
    old = [*await publish(runtime, 4), *await publish(runtime, 4)]
    assert [await relay.relay_once(), await relay.relay_once()] == [4, 4]
    broker.empty()
    assert await relay.relay_once() == 0
    batches = iter([None, KafkaError("it went away again")] * 3)

    def fail_in_the_middle() -> None:
        if error := next(batches, None):
            raise error

    relay.before_send = fail_in_the_middle
    for _ in range(3):
        with pytest.raises(KafkaError):
            await relay.relay_once()
    # By now every partition ends beyond what it had acknowledged, and half of the events have not come back.
    assert held(broker) < set(old)
    await relay.relay_once()
    assert held(broker) == set(old)


async def test_one_emptied_with_a_batch_on_its_way_is_noticed_by_the_answers(
    runtime: Runtime, broker: Broker, relay: Watched
) -> None:
    old = await publish(runtime, 5)
    assert await relay.relay_once() == 5
    new = await publish(runtime, 40)
    relay.before_send = broker.empty
    assert await relay.relay_once() == 40
    relay.before_send = lambda: None
    # More has come since than there was before: the ends alone tell nothing.
    assert set(old).isdisjoint(held(broker))
    await relay.relay_once()
    assert held(broker) == {*old, *new}


async def test_what_was_sent_before_a_record_that_is_refused_is_not_sent_for_ever(
    runtime: Runtime, broker: Broker, relay: Watched
) -> None:
    class Refusing(Producer):
        """Refuses the fourth record before sending it; answers come a moment later."""

        async def send(self, topic: str, key: bytes | None, value: bytes, headers: Any) -> Any:
            if sum(map(len, broker.logs.values())) == 3:
                raise KafkaError("no right to this topic")
            return await super().send(topic, key, value, headers)

    relay.producer = Refusing(broker, runtime.settings, Fate(), Random(1), failing=False)
    await publish(runtime, 5)
    with pytest.raises(KafkaError):
        await relay.relay_once()
    outbox = mechanism("example").outbox
    async with runtime.transaction() as session:
        assert await session.scalar(sa.select(sa.func.count()).select_from(outbox)) == 2


@pytest.fixture
async def sending(runtime: Runtime) -> AsyncIterator[RelayTo]:
    sending = RelayTo(runtime)
    yield sending
    sending.close()


async def test_a_log_that_lacks_its_last_record_is_not_whole_and_gets_nothing_new_however_lately_it_was_asked(
    runtime: Runtime, sending: RelayTo
) -> None:
    async with runtime.transaction() as session:
        await emit_new(session, [joined(), answer()])
    assert await sending.relay_once() == 2
    await publish(runtime, 1)
    sending.probe.ends = 0
    with capture_logs() as logs:
        assert await sending.relay_once() == 0
    assert [log["event"] for log in logs] == ["messaging.broker.came_back_empty"]
    sending.probe.age = 0.0
    assert await sending.relay_once() == 0
    assert len(sending.broker.sent) == 2
    sending.settle = 0.0
    with capture_logs() as logs:
        assert await sending.relay_once() == 1
    assert [(log["event"], log["events"]) for log in logs] == [("messaging.broker.filled", 2)]
    values = [record["value"] for record in sending.broker.sent]
    assert values[:2] == values[2:4]
    assert len(values) == 5


async def test_a_place_acknowledged_twice_means_that_the_broker_was_emptied_meanwhile(
    runtime: Runtime, sending: RelayTo
) -> None:
    def acknowledge(offset: int, partition: int) -> Callable[[asyncio.Future[Any]], None]:
        return lambda future: future.set_result(SimpleNamespace(partition=partition, offset=offset))

    with capture_logs() as logs:
        for place, (offset, partition) in enumerate([(5, 0), (0, 1), (0, 0), (5, 0)]):
            sending.broker.answers[place] = acknowledge(offset, partition)
            async with runtime.transaction() as session:
                await emit_new(session, [answer() if place == 2 else joined()])
            assert logs == []
            assert await sending.relay_once() == 1
    assert [log["event"] for log in logs] == ["messaging.broker.came_back_empty"]
