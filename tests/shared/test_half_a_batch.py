"""A broker that takes part of a batch: nothing overtakes a row that was refused, and nothing is archived unsent."""

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from aiokafka.errors import KafkaError

from shared.events.registration import MemberChanged, MemberLeft
from shared.mechanism import mechanism
from shared.messaging import emit, emit_new, lock
from shared.messaging.relay import Relay
from shared.service import Runtime, Service
from tests.backends import TestKafka
from tests.shared.test_inbox import AT, joined

RuntimeOf = Callable[..., Awaitable[Runtime]]


class HalfABroker:
    """Acknowledges every record but those it refuses, by their place in what it is sent."""

    def __init__(self, *refused: int) -> None:
        self.refused, self.sent = set(refused), 0

    async def send(self, **_: Any) -> "asyncio.Future[Any]":
        """A future that is done already."""
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if self.sent in self.refused:
            answer.set_exception(KafkaError("refused"))
        else:
            answer.set_result(SimpleNamespace(partition=0, offset=self.sent))
        self.sent += 1
        return answer

    async def stop(self) -> None:
        """Nothing is open."""


class RelayTo(Relay):
    """A relay to a broker of the test's own."""

    broker: HalfABroker

    async def _started(self) -> Any:
        return self.broker

    async def _broker_is_whole(self, connection: Any, look_every: float) -> bool:
        return True


async def test_what_follows_a_refused_row_of_its_subject_stays_behind_it(runtime_of: RuntimeOf) -> None:
    runtime = await runtime_of(Service(name="example", package="shared"))
    member, other = joined(), joined()
    async with runtime.transaction() as session:
        await emit_new(session, [member])
        await lock(session, member.member_id)
        await emit(session, MemberChanged(**member.model_dump()))
        await emit_new(session, [other])
        await emit(session, MemberLeft(member_id=member.member_id, left_at=AT))
    relay = RelayTo(runtime.settings, "example", runtime.settings.service_database_url.get_secret_value())
    relay.broker = HalfABroker(1)
    with pytest.raises(KafkaError):
        await relay.relay_once()

    async def subjects(table: sa.Table) -> list[tuple[UUID, int]]:
        async with runtime.transaction() as session:
            rows = await session.execute(sa.select(table.c.subject, table.c.sequence).order_by(table.c.id))
            return [(row.subject, row.sequence) for row in rows]

    tables = mechanism("example")
    assert await subjects(tables.archive) == [(member.member_id, 1), (other.member_id, 1)]
    assert await subjects(tables.outbox) == [(member.member_id, 2), (member.member_id, 3)]
    relay.broker = HalfABroker()
    assert await relay.relay_once() == 2
    archived = [sequence for subject, sequence in await subjects(tables.archive) if subject == member.member_id]
    assert archived == [1, 2, 3]
    relay.close()


async def test_the_producer_writes_a_record_once_however_often_it_tries(
    runtime_of: RuntimeOf, kafka: TestKafka
) -> None:
    """The broker knows an idempotent producer's records by number; the client says so by keeping count of them."""
    runtime = await runtime_of(Service(name="example", package="shared"), **kafka.settings())
    relay = Relay(runtime.settings, "example", runtime.settings.service_database_url.get_secret_value())
    async with runtime.transaction() as session:
        await emit_new(session, [joined()])
    assert await relay.relay_once() == 1
    producer = relay.producer
    assert producer is not None
    assert producer._txn_manager is not None
    assert producer._txn_manager.has_pid()
    relay.close()
