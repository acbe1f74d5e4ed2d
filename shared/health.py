"""Probes that mean something: liveness from the process's own loop, readiness from database and broker."""

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from shared.mechanism import mechanism
from shared.messaging.dead_letters import count_open
from shared.messaging.transport import Transport

if TYPE_CHECKING:
    from shared.service import Runtime

#: The loop beats every second; a loop that has not for this long is stuck.
_LONGEST_SILENCE = 15.0


@dataclass
class Health:
    """What the probes look at."""

    beat_at: float = field(default_factory=time.monotonic)
    transport: Transport | None = None

    @property
    def alive(self) -> bool:
        """Whether the loop beats and every started consumer still polls."""
        polling = self.transport is None or not self.transport.started or self.transport.running
        return polling and time.monotonic() - self.beat_at < _LONGEST_SILENCE


def health_routes(runtime: "Runtime") -> list[BaseRoute]:
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


async def _database_answers(runtime: "Runtime") -> bool:
    try:
        async with runtime.transaction() as session:
            await session.execute(sa.text("select 1"))
    except Exception:  # noqa: BLE001 - whatever the reason, it is not ready
        return False
    return True


def _consumers_joined(runtime: "Runtime") -> bool:
    transport = runtime.health.transport
    return not runtime.service.handlers or (transport is not None and transport.started)


async def _gauges(runtime: "Runtime") -> dict[str, Any]:
    """Oldest outbox row in seconds, rows pending, open dead letters."""
    outbox = mechanism(runtime.name).outbox
    async with runtime.transaction() as session:
        row = (
            await session.execute(
                sa.select(
                    sa.func.count(),
                    sa.func.extract("epoch", sa.func.clock_timestamp() - sa.func.min(outbox.c.created_at)),
                ).select_from(outbox)
            )
        ).one()
        letters = await count_open(session)
    return {"outbox_rows": row[0], "outbox_age_seconds": float(row[1] or 0), "dead_letters_open": letters}
