"""The journal of tries: started before MAIL FROM, accepted after the server's 250, in a few large transactions."""

import asyncio
from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.notifications.sending.claiming import Try

#: Seconds. A step takes a millisecond; one that takes this long has no database any more.
_DEADLINE = 30.0
#: A plan for each step: one that is kept goes by how full the journal was when it was made, and would later read the
#: journal from end to end.
PLANNING = "set plan_cache_mode = force_custom_plan"

#: Only a message that is being sent has a lease.
STEP = """
with told as (select * from unnest($1::uuid[], $2::int[]) as t (id, fence)),
wanted as (select * from unnest($3::uuid[], $4::int[]) as w (id, fence)),
accepted as (
    update notifications.journal j set accepted_at = clock_timestamp()
    from told
    where j.message_id = any($1) and j.message_id = told.id and j.fence = told.fence
),
marked as (
    update notifications.message m set state = 'sent', reason = null, lease_until = null
    from told
    where m.id = any($1) and m.id = told.id and m.fence = told.fence
        and m.state in ('sending', 'unknown', 'pending')
),
held as (
    update notifications.message m set lease_until = clock_timestamp() + make_interval(secs => $5::int)
    from wanted
    where m.id = any($3) and m.id = wanted.id and m.fence = wanted.fence
        and m.lease_until > clock_timestamp()
        and not exists (select from notifications.sending where id = 1 and paused)
    returning m.id, m.fence
),
started as (
    insert into notifications.journal (message_id, fence) select id, fence from held on conflict do nothing
)
select id, fence from held
"""


class Steps:
    """Writes the journal's steps of all connections together: what waits while one is written goes with the next."""

    def __init__(self, engine: AsyncEngine, lease_seconds: int) -> None:
        self.engine = engine
        self._lease = lease_seconds
        self._waiting: list[tuple[Try | None, Try | None, asyncio.Future[bool]]] = []
        self._writing: asyncio.Task[None] | None = None
        self._connection: AsyncConnection | None = None
        self._driver: Any = None

    async def step(self, accepted: Try | None, starting: Try | None) -> bool:
        """Journal one try as accepted and mark its message sent, and one as started; whether that one may go on.

        A try is not started when its claim no longer holds or sending was paused. One that is gets a lease longer than
        a hand-over may take, so that a slow server never makes two workers send. A mail accepted after its lease ran
        out did arrive all the same.
        """
        may_go_on: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((accepted, starting, may_go_on))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        return await may_go_on

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            ends = [accepted for accepted, _, _ in batch if accepted is not None]
            starts = [starting for _, starting, _ in batch if starting is not None]
            try:
                rows = await (await self.connected()).fetch(
                    STEP,
                    [attempt.message_id for attempt in ends],
                    [attempt.fence for attempt in ends],
                    [attempt.message_id for attempt in starts],
                    [attempt.fence for attempt in starts],
                    self._lease,
                    timeout=_DEADLINE,
                )
            except Exception as error:  # noqa: BLE001 - it belongs to those who wait
                await self._drop()
                for _, _, may_go_on in batch:
                    may_go_on.set_exception(error)
            else:
                tries = {Try(row["id"], row["fence"]) for row in rows}
                for _, starting, may_go_on in batch:
                    may_go_on.set_result(starting in tries)

    async def connected(self) -> Any:
        """A connection kept while there is mail. No service transaction: a mail must not wake the relay."""
        if self._connection is None:
            self._connection = await self.engine.connect()
            self._driver = (await self._connection.get_raw_connection()).driver_connection
            await self._driver.execute(PLANNING)
        return self._driver

    async def close(self) -> None:
        """Give the connection back as it was."""
        if self._connection is None:
            return
        try:
            await self._driver.execute("reset all", timeout=_DEADLINE)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):  # a TimeoutError is an OSError
            await self._drop()
        else:
            connection, self._connection = self._connection, None
            await connection.close()

    async def _drop(self) -> None:
        """Let the connection go without a word to the server, which may be away."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.invalidate()
            await connection.close()
