"""Probes that mean something: liveness from the process's own loop, readiness from database and broker."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import sqlalchemy as sa
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from shared.mechanism import mechanism
from shared.messaging.dead_letters import count
from shared.messaging.missing import removed_unread, stale_lanes
from shared.messaging.transient import is_transient
from shared.service import Runtime

#: Seconds a probe waits for the database; its caller waits little longer.
_LONGEST_ANSWER = 3.0


def health_routes(runtime: Runtime) -> list[BaseRoute]:
    """``/-/live``, ``/-/ready`` and ``/-/metrics`` on the service's own port.

    Nobody outside is answered, whatever the gateway lets through: a gateway says for whom it asks.
    """

    async def live(_: Request) -> Response:
        alive = runtime.health.alive
        return JSONResponse({"alive": alive}, 200 if alive else 503)

    async def ready(_: Request) -> Response:
        health = runtime.health
        state = {"staying": not health.leaving, "schema": not health.awaiting}
        state |= {"database": await _database_answers(runtime), "broker": _consumers_joined(runtime)}
        return JSONResponse(state, 200 if all(state.values()) else 503)

    async def metrics(_: Request) -> Response:
        return Response(runtime.metrics.page(await _figures(runtime)), media_type=CONTENT_TYPE_LATEST)

    return [Route(f"/-/{page.__name__}", _inside(page)) for page in (live, ready, metrics)]


def _inside(page: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        if "x-forwarded-for" in request.headers:
            raise HTTPException(404)
        return await page(request)

    return answer


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


async def _figures(runtime: Runtime) -> dict[str, float | Mapping[str, float]]:
    """Numbers to watch (``shared.metrics`` says what each means); lag and removed events by topic."""
    figures: dict[str, float | Mapping[str, float]] = {
        "database_answers": 0,
        "inbox_lag_events": {},
        "inbox_stuck_seconds": 0.0,
    }
    if (transport := runtime.health.transport) is not None:
        figures["inbox_lag_events"] = await transport.lag()
        figures["inbox_stuck_seconds"] = round(transport.stuck_seconds, 1)
    try:
        async with asyncio.timeout(_LONGEST_ANSWER), runtime.transaction() as session:
            figures |= await _stored_gauges(session) | {"database_answers": 1}
            if runtime.service.gauges is not None:
                figures |= await runtime.service.gauges(session)
    except Exception as error:
        if not is_transient(error):
            raise
    return figures


async def _unread(session: AsyncSession) -> dict[str, int]:
    """Records by topic that the broker removed before they were read, and that nobody has settled."""
    by_topic: dict[str, int] = {}
    for row in await removed_unread(session):
        by_topic[row.topic] = by_topic.get(row.topic, 0) + row.to_offset - row.from_offset
    return by_topic


async def _stored_gauges(session: AsyncSession) -> dict[str, float | Mapping[str, float]]:
    """Outbox rows pending and the oldest one's age; dead letters open, soon without content, and without it unseen;
    subjects that wait behind one; lanes whose publisher goes on below what was applied; records removed unread."""
    tables = mechanism(session.info["schema"])
    age = sa.func.extract("epoch", sa.func.clock_timestamp() - sa.func.min(tables.outbox.c.created_at))
    rows, oldest = (await session.execute(sa.select(sa.func.count(), age).select_from(tables.outbox))).one()
    letter = tables.dead_letter
    subjects = await session.scalar(
        sa.select(sa.func.count(letter.c.subject.distinct())).where(letter.c.state == "waiting")
    )
    return {
        "outbox_events": rows,
        "outbox_age_seconds": float(oldest or 0),
        **{f"dead_letters_{what}": number for what, number in (await count(session)).items()},
        "subjects_waiting": subjects or 0,
        "lanes_stale": len(await stale_lanes(session)),
        "events_removed_unread": await _unread(session),
    }
