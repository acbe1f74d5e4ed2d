"""What passes by itself is waited for: nothing is dead-lettered, nothing skipped, and Kafka keeps hearing from us."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg
import pytest
import sqlalchemy as sa
import sqlalchemy.exc
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession

from shared.events.registration import MemberJoined
from shared.messaging import PermanentError, emit_new, subscribe
from shared.messaging.consumer import BatchConsumer
from shared.messaging.inbox import Inbox
from shared.messaging.relay import Relay
from shared.messaging.subscription import Routes
from shared.messaging.transient import is_transient
from shared.messaging.transport import Transport
from shared.service import Runtime, Service
from shared.testing import Deliverer, dead_letters
from tests.backends import TestKafka, eventually, nothing_removed
from tests.faults.proxy import Proxy
from tests.shared.test_inbox import joined

RuntimeOf = Callable[..., Awaitable[Runtime]]
Trouble = Callable[[AsyncSession, int], Awaitable[None]]


class Troubled:
    """A handler that meets trouble before it applies; ``tries`` counts."""

    def __init__(self, trouble: Trouble) -> None:
        self.trouble, self.tries, self.applied = trouble, 0, list[Any]()

    async def apply(self, session: AsyncSession, event: Any, _: Any) -> None:
        """Meet it, then apply."""
        self.tries += 1
        await self.trouble(session, self.tries)
        self.applied.append(event.member_id)


def consumer(runtime: Runtime, handler: Troubled) -> BatchConsumer:
    routes = Routes([subscribe("example.record", handler.apply, MemberJoined)])
    inbox = Inbox("example", routes, runtime.settings)
    return BatchConsumer("example", "registration", routes, inbox, runtime.transaction, runtime.now)


@pytest.fixture
async def runtime(runtime_of: RuntimeOf) -> AsyncIterator[Runtime]:
    runtime = await runtime_of(Service(name="example", package="shared"))
    async with runtime.transaction() as session:
        await session.execute(sa.text("create table example.place (id int primary key)"))
        await session.execute(sa.text("insert into example.place values (1), (2)"))
    yield runtime
    async with runtime.transaction() as session:
        await session.execute(sa.text("drop table example.place"))


async def hold(session: AsyncSession, place: int) -> None:
    await session.execute(sa.text("select from example.place where id = :id for update"), {"id": place})


@asynccontextmanager
async def held_elsewhere(runtime: Runtime, place: int) -> AsyncIterator[AsyncSession]:
    async with runtime.transaction() as session:
        await hold(session, place)
        yield session


async def test_a_lock_timeout_is_waited_out(runtime: Runtime) -> None:
    async def trouble(session: AsyncSession, _: int) -> None:
        await session.execute(sa.text("set local lock_timeout = '30ms'"))
        await hold(session, 1)

    handler = Troubled(trouble)
    async with held_elsewhere(runtime, 1):
        taking = asyncio.create_task(consumer(runtime, handler).take([record(runtime)]))
        await eventually(lambda: handler.tries > 1)
    await taking
    assert (len(handler.applied), await dead_letters(runtime)) == (1, [])


async def test_the_victim_of_a_deadlock_tries_again(runtime: Runtime) -> None:
    waits = asyncio.Event()

    async def trouble(session: AsyncSession, _: int) -> None:
        # Whoever looks first is the victim.
        await session.execute(sa.text("set local deadlock_timeout = '50ms'"))
        await hold(session, 2)
        waits.set()
        await hold(session, 1)

    handler = Troubled(trouble)
    async with held_elsewhere(runtime, 1) as other:
        taking = asyncio.create_task(consumer(runtime, handler).take([record(runtime)]))
        await waits.wait()
        await hold(other, 2)
        await eventually(lambda: handler.tries > 1)
    await taking
    assert (len(handler.applied), await dead_letters(runtime)) == (1, [])


async def test_a_server_that_shuts_down_is_waited_for(runtime: Runtime) -> None:
    async def trouble(session: AsyncSession, tries: int) -> None:
        if tries < 3:
            pid = await session.scalar(sa.text("select pg_backend_pid()"))
            async with runtime.transaction() as other:
                await other.execute(sa.text("select pg_terminate_backend(:pid)"), {"pid": pid})
            await eventually(lambda: gone(pid))
        await hold(session, 1)

    async def gone(pid: int) -> bool:
        async with runtime.transaction() as other:
            there = await other.scalar(sa.text("select count(*) from pg_stat_activity where pid = :pid"), {"pid": pid})
        return not there

    handler = Troubled(trouble)
    await consumer(runtime, handler).take([record(runtime)])
    assert (handler.tries, len(handler.applied), await dead_letters(runtime)) == (3, 1, [])


async def test_a_database_that_is_away_is_waited_for(runtime_of: RuntimeOf, proxied: tuple[Proxy, SecretStr]) -> None:
    proxy, url = proxied
    runtime = await runtime_of(Service(name="example", package="shared"), service_database_url=url)

    async def trouble(_: AsyncSession, tries: int) -> None:
        if tries == 1:
            proxy.refusing = True
            proxy.cut()

    handler = Troubled(trouble)
    taking = consumer(runtime, handler)
    task = asyncio.create_task(taking.take([record(runtime), record(runtime)]))
    await eventually(lambda: taking.stuck_seconds > 1)
    proxy.refusing = False
    await task
    assert (len(set(handler.applied)), await dead_letters(runtime)) == (2, [])


def record(runtime: Runtime) -> Any:
    return Deliverer(runtime).record(joined(), joined().member_id, 1, False)


class Leaving(Transport):
    """Leaves the group when a batch takes longer than a second."""

    max_poll_interval_ms = 1000


@pytest.mark.parametrize(("kind", "stays"), [(Transport, True), (Leaving, False)])
async def test_heartbeats_go_on_however_long_a_batch_is_stayed_on(
    runtime_of: RuntimeOf, kafka: TestKafka, kind: type[Transport], stays: bool
) -> None:
    runtime = await runtime_of(Service(name="example", package="shared"), **kafka.settings())
    away = True

    async def trouble(_: AsyncSession, __: int) -> None:
        if away:
            raise ConnectionResetError

    handler = Troubled(trouble)
    taking = consumer(runtime, handler)
    transport = kind(runtime.settings, "example", [taking], nothing_removed)
    running = asyncio.create_task(transport.run())
    relay = Relay(runtime.settings, "example", runtime.settings.service_database_url.get_secret_value())
    try:
        async with runtime.transaction() as session:
            await emit_new(session, [joined()])
        await relay.relay_once()
        await eventually(lambda: taking.stuck_seconds)

        def member() -> bool:
            return bool(transport.client("registration")._coordinator.member_id)

        await eventually(lambda: taking.stuck_seconds > 5 or not member())
        assert member() is stays
        away = False
        await eventually(lambda: handler.applied)
        assert await dead_letters(runtime) == []
    finally:
        relay.close()
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


def wrapped(error: BaseException, *, lost: bool = False) -> sqlalchemy.exc.DBAPIError:
    return sqlalchemy.exc.DBAPIError("select", {}, error, connection_invalidated=lost)


def raised_while_handling(error: BaseException) -> BaseException:
    try:
        try:
            raise error
        except BaseException:  # noqa: BLE001 - it is raised again
            raise ValueError("could not save")  # noqa: B904 - without saying from what
    except ValueError as outer:
        return outer


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (wrapped(asyncpg.DiskFullError("x")), True),
        (wrapped(asyncpg.TooManyConnectionsError("x")), True),
        (wrapped(asyncpg.SerializationError("x")), True),
        (wrapped(asyncpg.CannotConnectNowError("x")), True),
        (wrapped(asyncpg.ConnectionDoesNotExistError("x")), True),
        (wrapped(asyncpg.InterfaceError("connection is closed")), True),
        (wrapped(asyncpg.InternalClientError("protocol"), lost=True), True),
        (sqlalchemy.exc.TimeoutError("the pool is empty"), True),
        (socket.gaierror("no such name"), True),
        (ssl.SSLError("handshake"), True),
        (ExceptionGroup("", [ValueError(), ConnectionResetError()]), True),
        (raised_while_handling(ConnectionResetError()), True),
        (wrapped(asyncpg.UniqueViolationError("x")), False),
        (wrapped(asyncpg.InterfaceError("another operation is in progress")), False),
        (sqlalchemy.exc.MultipleResultsFound("two"), False),
        (PermanentError(ConnectionResetError()), False),
        (RecursionError(), False),
    ],
    ids=lambda value: None if isinstance(value, bool) else f"{type(value).__name__}",
)
def test_what_passes_by_itself(error: BaseException, passes: bool) -> None:
    assert is_transient(error) is passes
