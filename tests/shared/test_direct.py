"""A transaction without a session: what it keeps, what it takes back, and what it leaves in the pool."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import pytest
import sqlalchemy as sa

from shared.database import Database, run_sql
from shared.ids import new_id
from shared.messaging import lock
from shared.service import Runtime, Service

COUNT = "select count(*) from example.subject"


@pytest.fixture
async def database(runtime_of: Callable[..., Awaitable[Runtime]]) -> Database:
    """Of one connection, so that each transaction gets what the one before it left."""
    pool = (await runtime_of(Service(name="example", package="shared"), database_pool_size=1)).database
    assert pool.engine.pool.size() == 1  # type: ignore[attr-defined]
    return pool


async def subjects(database: Database) -> int:
    """How many rows are kept."""
    async with database.transaction() as session:
        return int(await session.scalar(sa.text(COUNT)) or 0)


async def test_it_is_committed_and_wakes_jobs_only_when_something_changed(database: Database) -> None:
    woken: list[str] = []
    database.on_commit.append(lambda: woken.append("job"))
    async with database.direct() as transaction:
        assert (await run_sql(transaction, COUNT))[0][0] == 0
    assert woken == []
    async with database.direct() as transaction:
        await lock(transaction, new_id())
        assert woken == []
    assert woken == ["job"]
    assert await subjects(database) == 1


async def test_it_is_rolled_back_when_it_raises(database: Database) -> None:
    with pytest.raises(KeyError):
        async with database.direct() as transaction:
            await lock(transaction, new_id())
            raise KeyError
    assert await subjects(database) == 0


async def test_a_broken_connection_does_not_go_to_the_next(database: Database) -> None:
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)):
        async with database.direct() as transaction:
            await run_sql(transaction, "select pg_terminate_backend(pg_backend_pid())")
    async with database.direct() as transaction:
        await lock(transaction, new_id())
    assert await subjects(database) == 1


async def test_a_connection_left_in_a_transaction_does_not_go_to_the_next(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def interrupted(*_: object) -> None:
        raise asyncio.CancelledError

    with monkeypatch.context() as patch, pytest.raises(asyncio.CancelledError):
        patch.setattr(asyncpg.transaction.Transaction, "__aexit__", interrupted)
        async with database.direct() as transaction:
            await lock(transaction, new_id())
    async with database.direct() as transaction:
        await lock(transaction, new_id())
    assert await subjects(database) == 1
