"""Probes that mean something: liveness from the process's own loop, readiness from database and broker."""

import asyncio
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from shared.mechanism import mechanism
from shared.messaging.dead_letters import count
from shared.messaging.missing import removed_unread, stale_lanes
from shared.messaging.transient import is_transient
from shared.service import Runtime

#: Seconds a probe waits for the database; who asks does not wait much longer.
_LONGEST_ANSWER = 3.0


def health_routes(runtime: Runtime) -> list[BaseRoute]:
    """``/-/live``, ``/-/ready`` and ``/-/gauges`` on the service's own port; the gateway does not route them."""

    async def live(_: Request) -> JSONResponse:
        alive = runtime.health.alive
        return JSONResponse({"alive": alive}, 200 if alive else 503)

    async def ready(_: Request) -> JSONResponse:
        state = {"database": await _database_answers(runtime), "broker": _consumers_joined(runtime)}
        return JSONResponse(state, 200 if all(state.values()) else 503)

    async def gauges(_: Request) -> JSONResponse:
        return JSONResponse(await _gauges(runtime))

    return [Route("/-/live", live), Route("/-/ready", ready), Route("/-/gauges", gauges)]


async def _database_answers(runtime: Runtime) -> bool:
    try:
        async with asyncio.timeout(_LONGEST_ANSWER), runtime.transaction() as session:
            await session.execute(sa.text("select 1"))
    except Exception:  # noqa: BLE001 - whatever the reason, it is not ready
        return False
    return True


def _consumers_joined(runtime: Runtime) -> bool:
    transport = runtime.health.transport
    return not runtime.service.handlers or (transport is not None and transport.started)


async def _gauges(runtime: Runtime) -> dict[str, Any]:
    """Numbers to watch; ``database`` is 0 while those that only it knows are missing.

    ``inbox_lag``: by topic, records not stored yet of the partitions this process has; ``inbox_stuck_seconds``: how
    long a batch has failed for reasons that are not the events' own.
    """
    found: dict[str, Any] = {"database": 0, "inbox_lag": {}, "inbox_stuck_seconds": 0.0}
    if (transport := runtime.health.transport) is not None:
        found["inbox_lag"] = await transport.lag()
        found["inbox_stuck_seconds"] = round(transport.stuck_seconds, 1)
    try:
        async with asyncio.timeout(_LONGEST_ANSWER), runtime.transaction() as session:
            found |= await _stored_gauges(session) | {"database": 1}
            if runtime.service.gauges is not None:
                found |= await runtime.service.gauges(session)
    except Exception as error:
        if not is_transient(error):
            raise
    return found


async def _unread(session: AsyncSession) -> dict[str, int]:
    """Records by topic that the broker removed before they were read, and that nobody has settled."""
    found: dict[str, int] = {}
    for row in await removed_unread(session):
        found[row.topic] = found.get(row.topic, 0) + row.to_offset - row.from_offset
    return found


async def _stored_gauges(session: AsyncSession) -> dict[str, Any]:
    """Outbox rows pending and the oldest one's age; dead letters open, soon without content, and without it unseen;
    subjects that wait behind one; lanes whose publisher goes on below what was applied; records removed unread."""
    tables = mechanism(session.info["schema"])
    age = sa.func.extract("epoch", sa.func.clock_timestamp() - sa.func.min(tables.outbox.c.created_at))
    rows, oldest = (await session.execute(sa.select(sa.func.count(), age).select_from(tables.outbox))).one()
    letter = tables.dead_letter
    waiting = await session.scalar(
        sa.select(sa.func.count(letter.c.subject.distinct())).where(letter.c.state == "waiting")
    )
    return {
        "outbox_rows": rows,
        "outbox_age_seconds": float(oldest or 0),
        **{f"dead_letters_{what}": number for what, number in (await count(session)).items()},
        "subjects_waiting": waiting or 0,
        "lanes_stale": len(await stale_lanes(session)),
        "events_removed_unread": await _unread(session),
    }
