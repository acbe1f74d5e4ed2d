"""Whether one thing waits for another in the database, asked of the database itself."""

import asyncio
from typing import Any

import sqlalchemy as sa

from shared.service import Runtime

_WAITED_FOR = sa.text("""
select locktype from pg_locks
where not granted and database = (select oid from pg_database where datname = current_database())
   or not granted and locktype = 'transactionid'
""")


async def waits(rt: Runtime, task: "asyncio.Future[Any]") -> bool:
    """Whether the task came to an advisory lock that somebody else holds; not when it ended, or waits for a row."""
    async with rt.database.engine.connect() as connection:
        while not task.done():
            if kind := await connection.scalar(_WAITED_FOR):
                return bool(kind == "advisory")
            await connection.rollback()
            await asyncio.sleep(0.02)
    return False
