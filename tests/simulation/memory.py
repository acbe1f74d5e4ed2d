"""What stands in for the outside: a broker in memory, a database that ends its process, the points of a crash."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import Any

from aiokafka.errors import KafkaTimeoutError
from sqlalchemy.ext.asyncio import AsyncSession

from services.notifications.sending.claiming import Try
from services.notifications.sending.journaling import Steps
from shared.database import Database
from shared.messaging.relay import Relay
from shared.settings import Settings

PARTITIONS = 3


class Crash(BaseException):
    """The process has died here; nothing of it runs on, no clean-up either."""


class Fate:
    """Says where a process dies: at the n-th point it passes, if at all."""

    def __init__(self) -> None:
        self.left: int | None = None
        self.dead = False
        self.where = ""

    def point(self, name: str) -> None:
        """A place between two steps."""
        if self.dead:
            raise Crash
        if self.left is not None:
            self.left -= 1
            if self.left <= 0:
                self.dead, self.where = True, name
                raise Crash

    def begin(self, crash_at: int | None) -> None:
        """A process starts (again)."""
        self.left, self.dead, self.where = crash_at, False, ""


class MortalDatabase(Database):
    """A process's database: it may die before a transaction, before its commit and after it."""

    fate: Fate

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        self.fate.point("before a transaction")
        async with super().transaction() as session:
            yield session
            self.fate.point("before a commit")
        self.fate.point("after a commit")


@dataclass(frozen=True)
class Kept:
    """A record in the broker."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


class Broker:
    """Topics in memory; keys keep their partition, the group's committed offsets are here as well."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._places: dict[bytes, int] = {}
        self.logs: dict[tuple[str, int], list[Kept]] = {}
        self.committed: dict[tuple[str, str, int], int] = {}

    def append(self, topic: str, key: bytes | None, value: bytes, headers: Sequence[tuple[str, bytes]]) -> Kept:
        """Store a record where its key belongs."""
        number = self._chance.randrange(PARTITIONS)
        if key is not None:
            number = self._places.setdefault(key, number)
        log = self.logs.setdefault((topic, number), [])
        log.append(Kept(topic, number, len(log), key, value, tuple(headers)))
        return log[-1]

    def lag(self, service: str, topic: str) -> int:
        """Records of the topic that the service has not committed."""
        return sum(
            len(self.logs.get((topic, number), [])) - self.committed.get((service, topic, number), 0)
            for number in range(PARTITIONS)
        )

    def empty(self) -> None:
        """It comes back without its disk: no records, no groups."""
        self.logs.clear()
        self.committed.clear()


class Producer:
    """The relay's producer: records go in, or from some record on they do not, or only their answers are lost."""

    def __init__(self, broker: Broker, settings: Settings, fate: Fate, chance: Random, *, failing: bool) -> None:
        self._broker = broker
        self._prefix = f"{settings.prefix}."
        self._fate = fate
        self._until = chance.randrange(6) if failing else None
        self._answers_lost = chance.random() < 0.5

    async def send(self, topic: str, key: bytes | None, value: bytes, headers: Any) -> "asyncio.Future[Kept]":
        """As aiokafka's: a future of the place."""
        self._fate.point("before a send")
        future: asyncio.Future[Kept] = asyncio.get_running_loop().create_future()
        fails = self._until is not None and self._until <= 0
        if self._until is not None:
            self._until -= 1
        if not fails or self._answers_lost:
            place = self._broker.append(topic.removeprefix(self._prefix), key, value, headers)
        if fails:
            future.set_exception(KafkaTimeoutError())
            # Whoever does not look at it must not be told so at the end.
            future.exception()
        else:
            future.set_result(place)
        return future

    async def stop(self) -> None:
        """Nothing is held."""


class Probe:
    """Tells the end offsets of the broker in memory."""

    age = float("inf")

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    async def end_offsets(self, places: Sequence[tuple[str, int]]) -> dict[tuple[str, int], int]:
        """As the real probe's."""
        return {place: len(self._broker.logs.get(place, [])) for place in places}

    def forget(self) -> None:
        """Nothing is held."""


class MemoryRelay(Relay):
    """The real relay between a real outbox and the broker in memory."""

    #: Nobody reads while a step runs, so that an emptied broker can be filled in the next.
    settle = 0.0

    def __init__(self, settings: Settings, service: str, broker: Broker, fate: Fate, chance: Random) -> None:
        super().__init__(settings, service, settings.service_database_url.get_secret_value())
        self._probe: Any = Probe(broker)
        self._fate = fate
        self.failing = False
        self._broker = broker
        self._chance = chance

    async def _started(self) -> Any:
        if self.producer is None:
            self.producer = Producer(self._broker, self._settings, self._fate, self._chance, failing=self.failing)
        return self.producer

    async def store_positions(self, connection: Any, acknowledged: Any) -> bool:
        positions = await super().store_positions(connection, acknowledged)
        self._fate.point("sent and acknowledged, before the commit")
        return positions


class MortalSteps(Steps):
    """The mail journal: the process may die around each of its steps."""

    fate: Fate

    async def step(self, accepted: Try | None, starting: Try | None) -> bool:
        self.fate.point("before a journal step")
        may = await super().step(accepted, starting)
        self.fate.point("after a journal step, before MAIL FROM")
        return may
