"""A consumer that looks healthy and reads nothing: found, and made to read again."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from aiokafka.errors import KafkaError
from sqlalchemy.ext.asyncio import AsyncSession

from shared.events.registration import MemberJoined
from shared.messaging import Delivery, emit_new, subscribe
from shared.messaging.transport import Transport
from shared.process import running
from shared.service import Runtime, Service
from tests.backends import TestKafka, eventually
from tests.shared.test_inbox import joined

RuntimeOf = Callable[..., Awaitable[Runtime]]


class Reader:
    """A service that notes whom it heard of."""

    def __init__(self) -> None:
        self.heard: list[UUID] = []
        handlers = [subscribe("example.note", self.note, MemberJoined)]
        self.service = Service(name="example", package="shared", handlers=handlers)

    async def note(self, _: AsyncSession, event: MemberJoined, __: Delivery) -> None:
        """Remember the member."""
        self.heard.append(event.member_id)


@pytest.fixture
def reader() -> Reader:
    return Reader()


async def tell(runtime: Runtime) -> UUID:
    """Publish a fact; its subject."""
    event = joined()
    async with runtime.transaction() as session:
        await emit_new(session, [event])
    return event.member_id


def client(runtime: Runtime) -> Any:
    """The Kafka client that reads the members' topic."""
    transport = runtime.health.transport
    assert isinstance(transport, Transport)
    return transport.client(MemberJoined.topic)


def no_partitions(runtime: Runtime) -> bool:
    """Whether the consumer has nothing to read."""
    return not client(runtime).assignment()


async def test_a_consumer_whose_topics_were_gone_for_a_while_reads_on(
    runtime_of: RuntimeOf, kafka: TestKafka, reader: Reader
) -> None:
    runtime = await runtime_of(reader.service, **kafka.settings())
    async with running(runtime):
        first = await tell(runtime)
        await eventually(lambda: first in reader.heard)
        await kafka.delete_topics()
        # Long enough for the group to be given no partitions at all.
        await eventually(lambda: no_partitions(runtime), 60)
        await kafka.make_topics()
        second = await tell(runtime)
        await eventually(lambda: second in reader.heard, 60)


@pytest.mark.parametrize("task", ["_coordination_task", "_heartbeat_task"])
async def test_a_consumer_that_can_never_join_again_is_replaced(
    runtime_of: RuntimeOf, kafka: TestKafka, reader: Reader, task: str
) -> None:
    runtime = await runtime_of(reader.service, **kafka.settings())
    async with running(runtime):
        first = await tell(runtime)
        await eventually(lambda: first in reader.heard)
        transport, first_client = runtime.health.transport, client(runtime)
        assert transport is not None
        coordinator = first_client._coordinator
        # While the group settles once more there is no heartbeat.
        await eventually(lambda: getattr(coordinator, task) is not None)
        getattr(coordinator, task).cancel()
        ended = asyncio.get_running_loop().create_future()
        ended.set_exception(KafkaError("as the client does when its own routine fails"))
        setattr(coordinator, task, ended)
        await eventually(lambda: transport.started and client(runtime) is not first_client)
        second = await tell(runtime)
        await eventually(lambda: second in reader.heard)
