"""A transaction in the driver's own words: for the forms most people send, where a session costs most."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine


class Direct:
    """One transaction on a connection of the pool, without a session and its objects.

    ``run_sql`` and what is made of it (``lock``, ``emit``, ``hold``) take it as they take a session.
    """

    def __init__(self, connection: asyncpg.Connection, info: Mapping[str, Any]) -> None:
        self._connection = connection
        self.info = dict(info)

    async def fetch(self, statement: str, values: Sequence[object]) -> Sequence[Any]:
        """The rows of one statement, which the driver prepares once for each connection."""
        rows: Sequence[Any] = await self._connection.fetch(statement, *values)
        return rows


@asynccontextmanager
async def direct(engine: AsyncEngine, info: Mapping[str, Any]) -> AsyncIterator[Direct]:
    """A transaction: committed when the block ends, rolled back when it raises."""
    async with engine.connect() as pooled:
        connection: Any = (await pooled.get_raw_connection()).driver_connection
        try:
            async with connection.transaction():
                yield Direct(connection, info)
        except BaseException:
            # The pool knows nothing of what failed: a connection that is broken, or still in a transaction because
            # the rolling back was interrupted, would go to the next form.
            if connection.is_closed() or connection.is_in_transaction():
                await pooled.invalidate()
            raise
