"""A law: whatever happens on the way, each subject's events are applied in the order published, and each once.

Two relays, copies that arrive late, two consumers of one group that hold batches across a rebalance, redelivery, an
emptied broker, poison that is mended and re-driven, state that is sent again; some of it at the same time.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from random import Random
from typing import Any

import sqlalchemy as sa
from aiokafka.errors import KafkaError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncSession

from shared.events.registration import MemberChanged, MemberJoined
from shared.messaging import PermanentError, emit, emit_again, emit_new, lock, subscribe
from shared.messaging.consumer import BatchConsumer
from shared.messaging.dead_letters import Redrive
from shared.messaging.inbox import Inbox
from shared.messaging.subscription import Routes
from shared.service import Runtime, Service
from tests.shared.test_inbox import joined
from tests.shared.test_mechanisms_off import NoWaiting
from tests.simulation.memory import PARTITIONS, Broker, Fate, Kept, MemoryRelay

RuntimeOf = Callable[..., Awaitable[Runtime]]
AT = datetime(2026, 11, 23, tzinfo=UTC)
SUBJECTS = 3
TOPIC = "registration"

subject, process, partition = st.integers(0, SUBJECTS - 1), st.integers(0, 1), st.integers(0, PARTITIONS - 1)
one_step = st.one_of(
    st.tuples(st.just("emit"), subject),
    st.tuples(st.just("emit"), subject),
    st.tuples(st.just("relay"), process, st.booleans()),
    st.tuples(st.just("late"), st.integers(0, 99)),
    st.tuples(st.just("read"), process, partition, st.integers(1, 5)),
    st.tuples(st.just("read"), process, partition, st.integers(1, 5)),
    st.tuples(st.just("take"), process),
    st.tuples(st.just("take"), process),
    st.tuples(st.just("rewind"), partition, st.integers(1, 9)),
    st.tuples(st.just("fail"), subject),
    st.tuples(st.just("mend"), subject),
    st.tuples(st.just("redrive")),
    st.tuples(st.just("again"), subject),
    st.tuples(st.just("empty")),
    st.tuples(st.just("all at once")),
)


class World:
    """One publisher that is its own subscriber, with everything twice."""

    def __init__(self, runtime: Runtime, kind: type[Inbox]) -> None:
        self.runtime, self.broker, self.failing = runtime, Broker(Random(1)), set[Any]()
        self.members = [joined() for _ in range(SUBJECTS)]
        self.last = [1] * SUBJECTS
        self.relays = [MemoryRelay(runtime.settings, "example", self.broker, Fate(), Random(n)) for n in range(2)]
        handles = subscribe("example.record", self.apply, MemberJoined, MemberChanged)
        routes = Routes([handles])
        inbox = kind("example", routes, runtime.settings)
        self.consumers = [
            BatchConsumer("example", TOPIC, routes, inbox, runtime.transaction, runtime.now) for _ in range(2)
        ]
        self.redrive = Redrive("example", routes, inbox, runtime.transaction)
        self.held: list[Sequence[Kept]] = [[], []]

    async def apply(self, session: AsyncSession, event: Any, delivery: Any) -> None:
        """Write down what is applied, in the transaction that applies it."""
        if event.member_id in self.failing:
            raise PermanentError
        values = {"subject": event.member_id, "sequence": delivery.sequence}
        await session.execute(sa.text("insert into example.applied values (default, :subject, :sequence)"), values)

    async def play(self, steps: Sequence[tuple[Any, ...]]) -> dict[int, list[int]]:
        """The sequences applied, by subject, in the order applied; after the steps all is mended and runs out."""
        async with self.runtime.transaction() as session:
            await emit_new(session, self.members)
        for step in steps:
            await self.do(*step)
        self.failing.clear()
        for _ in range(3):
            for _ in range(5):
                await self.relay(0, failing=False)
            for place in range(PARTITIONS):
                while self.read(0, place, 100):
                    await self.take(0)
            await self.redrive.all(AT)
        async with self.runtime.transaction() as session:
            rows = (await session.execute(sa.text("select subject, sequence from example.applied order by n"))).all()
        return {
            number: [row.sequence for row in rows if row.subject == member.member_id]
            for number, member in enumerate(self.members)
        }

    async def do(self, what: str, *how: Any) -> None:
        """One step."""
        if what in ("emit", "again"):
            member = self.members[how[0]]
            async with self.runtime.transaction() as session:
                await lock(session, member.member_id)
                await (emit if what == "emit" else emit_again)(session, MemberChanged(**member.model_dump()))
            self.last[how[0]] += what == "emit"
        elif what == "relay":
            await self.relay(how[0], failing=how[1])
        elif what == "late":
            there = [record for log in self.broker.logs.values() for record in log]
            if there:
                copy = there[how[0] % len(there)]
                self.broker.append(copy.topic, copy.key, copy.value or b"", copy.headers)
        elif what == "read":
            self.read(*how)
        elif what == "take":
            await self.take(how[0])
        elif what == "rewind":
            place = ("example", TOPIC, how[0])
            self.broker.committed[place] = max(0, self.broker.committed.get(place, 0) - how[1])
        elif what in ("fail", "mend"):
            member_id = self.members[how[0]].member_id
            (self.failing.add if what == "fail" else self.failing.discard)(member_id)
        elif what == "redrive":
            await self.redrive.all(AT)
        elif what == "empty":
            self.broker.empty()
            self.held = [[], []]
        else:
            await asyncio.gather(self.take(0), self.take(1), self.redrive.all(AT), self.redrive.all(AT))

    async def relay(self, number: int, *, failing: bool) -> None:
        """One batch, from which on nothing or no answer may come through."""
        self.relays[number].failing = failing
        self.relays[number].drop_producer()
        with suppress(KafkaError):
            await self.relays[number].relay_once()

    def read(self, process: int, place: int, most: int) -> bool:
        """A process is given records from the committed offset on; whether there were any."""
        start = self.broker.committed.get(("example", TOPIC, place), 0)
        self.held[process] = self.broker.logs.get((TOPIC, place), [])[start : start + most]
        return bool(self.held[process])

    async def take(self, process: int) -> None:
        """It stores what it holds, however long it has held it, and commits."""
        batch, self.held[process] = self.held[process], []
        if batch:
            await self.consumers[process].take(batch)
            self.broker.committed[("example", TOPIC, batch[0].partition)] = batch[-1].offset + 1


async def played(runtime_of: RuntimeOf, kind: type[Inbox], steps: Sequence[tuple[Any, ...]]) -> tuple[Any, Any]:
    """What was applied, and what should have been."""
    runtime = await runtime_of(Service(name="example", package="shared"))
    async with runtime.transaction() as session:
        await session.execute(
            sa.text(
                "create table if not exists example.applied"
                " (n bigint generated always as identity, subject uuid, sequence bigint)"
            )
        )
        await session.execute(sa.text("truncate example.applied"))
    world = World(runtime, kind)
    try:
        applied = await world.play(steps)
    finally:
        for relay in world.relays:
            relay.close()
        await runtime.database.close()
    return applied, {number: list(range(1, last + 1)) for number, last in enumerate(world.last)}


async def test_every_subjects_events_are_applied_once_and_in_order(runtime_of: RuntimeOf) -> None:
    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(st.lists(one_step, min_size=10, max_size=40))
    def law(steps: list[tuple[Any, ...]]) -> None:
        applied, right = asyncio.run_coroutine_threadsafe(played(runtime_of, Inbox, steps), loop).result(120)
        assert applied == right

    loop = asyncio.get_running_loop()
    await asyncio.to_thread(law)


async def test_the_law_is_broken_where_subjects_do_not_wait(runtime_of: RuntimeOf) -> None:
    steps: list[tuple[Any, ...]] = [
        ("emit", 0),
        ("fail", 0),
        ("relay", 0, False),
        *[step for place in range(PARTITIONS) for step in (("read", 0, place, 1), ("take", 0))],
        ("mend", 0),
    ]
    for kind, holds in ((Inbox, True), (NoWaiting, False)):
        applied, right = await played(runtime_of, kind, steps)
        assert (applied == right) is holds
