"""What tests do to the real servers behind them: prepare a database, make and empty topics, wait for a condition."""

import asyncio
import inspect
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, UnknownTopicOrPartitionError
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import create_async_engine

from shared.database import async_url
from shared.events import REGISTRY
from shared.messaging.broker import client_arguments
from shared.service import Runtime
from shared.settings import Settings


async def administer(url: str, statement: str) -> None:
    """Run one statement outside a transaction, as the owner."""
    engine = create_async_engine(async_url(url), isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(sa.text(statement))
    await engine.dispose()


@contextmanager
def fresh_database(owner_url: str, prepare: Callable[[str], Coroutine[Any, Any, None]]) -> Iterator[str]:
    """The owner's URL of a new database, made ready by ``prepare``."""
    name = f"panel_test_{uuid4().hex[:12]}"
    url = async_url(owner_url).set(drivername="postgresql", database=name).render_as_string(hide_password=False)
    asyncio.run(administer(owner_url, f'create database "{name}"'))
    asyncio.run(prepare(url))
    yield url
    asyncio.run(administer(owner_url, f'drop database "{name}" with (force)'))


async def sizes_of_tables(runtime: Runtime) -> dict[str, int]:
    """Rows of each table of the service's schema, and tables there are."""
    tables = sa.text("select table_name from information_schema.tables where table_schema = :schema")
    async with runtime.transaction() as session:
        names = sorted(await session.scalars(tables, {"schema": runtime.name}))
        counts = {name: sa.text(f"select count(*) from {runtime.name}.{name}") for name in names}
        return {name: await session.scalar(count) or 0 for name, count in counts.items()}


async def eventually(condition: Callable[[], Any], seconds: float = 30.0) -> Any:
    """Wait until ``condition()`` (plain or awaitable) is true; raises TimeoutError after ``seconds``."""
    async with asyncio.timeout(seconds):
        while True:
            value = condition()
            if inspect.isawaitable(value):
                value = await value
            if value:
                return value
            await asyncio.sleep(0.02)


async def nothing_removed(topic: str, partition: int, start: int, end: int) -> None:
    """For a transport whose broker removes nothing that was not read."""
    raise AssertionError(f"{topic} {partition} lost {start} to {end}")


async def waits_for_a_lock(rt: Runtime) -> bool:
    """Whether some transaction of the runtime's database waits for another."""
    async with rt.transaction() as session:
        statement = (
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        )
        return bool(await session.scalar(sa.text(statement)))


@dataclass(frozen=True)
class TestKafka:
    """Topics of one test's own prefix on a shared broker, as its administrator."""

    __test__ = False

    address: str
    username: str
    password: str
    prefix: str

    def settings(self) -> dict[str, Any]:
        """Settings that make a runtime use these topics."""
        return {
            "kafka": self.address,
            "kafka_username": self.username,
            "kafka_password": SecretStr(self.password),
            "prefix": self.prefix,
        }

    @property
    def _arguments(self) -> dict[str, Any]:
        return client_arguments(Settings(**self.settings()))

    async def make_topics(self) -> None:
        """Create every contract topic with three partitions."""
        admin = AIOKafkaAdminClient(**self._arguments)
        await admin.start()
        try:
            names = {f"{self.prefix}.{event.topic}" for event in REGISTRY.values()}
            await admin.create_topics([NewTopic(name, 3, 1) for name in names])
            while not names <= set(await admin.list_topics()):
                await asyncio.sleep(0.05)
        except TopicAlreadyExistsError:
            pass
        finally:
            await admin.close()

    async def empty(self) -> None:
        """Delete the topics and make them again: what a broker that lost its disk looks like."""
        await self.delete_topics()
        await self.make_topics()

    async def delete_topics(self) -> None:
        """Remove this prefix's topics."""
        admin = AIOKafkaAdminClient(**self._arguments)
        await admin.start()
        try:
            names = [name for name in await admin.list_topics() if name.startswith(f"{self.prefix}.")]
            await admin.delete_topics(names)
            while any(name.startswith(f"{self.prefix}.") for name in await admin.list_topics()):
                await asyncio.sleep(0.05)
        except UnknownTopicOrPartitionError:
            pass
        finally:
            await admin.close()

    async def read(self, topic: str, count: int) -> list[Any]:
        """The first ``count`` records of a contract topic, per partition in order."""
        consumer = AIOKafkaConsumer(
            f"{self.prefix}.{topic}", **self._arguments, auto_offset_reset="earliest", enable_auto_commit=False
        )
        await consumer.start()
        try:
            records: list[Any] = []
            async with asyncio.timeout(20):
                while len(records) < count:
                    for batch in (await consumer.getmany(timeout_ms=200)).values():
                        records += batch
            return records
        finally:
            await consumer.stop()
