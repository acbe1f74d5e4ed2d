"""Dead letters: list them, try them again in order, or drop them. Nothing is decided without a person or a command."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from shared.events import RESTRICTED_TOPICS
from shared.logs import what_and_where
from shared.mechanism import mechanism
from shared.messaging.consumer import Transaction
from shared.messaging.envelope import Envelope
from shared.messaging.inbox import Claim, Inbox
from shared.messaging.keeping import OPEN, RESTRICTED_DAYS, days, expiring
from shared.messaging.subscription import Routes
from shared.messaging.transient import is_transient
from shared.service import Runtime

log = structlog.get_logger()

#: Letters that lost their content undecided: type and reason stay until somebody has seen them.
LOST = "lost"
#: States that are shown and may be given up.
_LISTED = (*OPEN, LOST)


async def listed(session: AsyncSession, limit: int = 200) -> Sequence[sa.Row[Any]]:
    """Rows of open and lost letters, oldest first, with every column of the table and ``expires_at``.

    ``expires_at``: when the content of an open letter of a restricted topic must go, else None.
    """
    letter = mechanism(session.info["schema"]).dead_letter
    restricted = letter.c.topic.in_(RESTRICTED_TOPICS) & letter.c.state.in_(OPEN)
    expires_at = sa.case((restricted, letter.c.received_at + days(RESTRICTED_DAYS)), else_=None).label("expires_at")
    letters = await session.execute(
        sa.select(letter, expires_at)
        .where(letter.c.state.in_(_LISTED))
        .order_by(letter.c.received_at, letter.c.id)
        .limit(limit)
    )
    return letters.all()


async def count(session: AsyncSession) -> dict[str, int]:
    """Letters by what they need: ``open`` (waiting ones included), ``expiring`` (open, content gone soon), ``lost``."""
    letter = mechanism(session.info["schema"]).dead_letter
    rows = await session.execute(
        sa.select(
            sa.func.count().filter(letter.c.state.in_(OPEN)).label("open"),
            sa.func.count().filter(expiring(letter)).label("expiring"),
            sa.func.count().filter(letter.c.state == LOST).label("lost"),
        )
    )
    return dict(rows.one()._mapping)


async def drop(session: AsyncSession, *letter_ids: UUID) -> int:
    """Give listed letters up; what waits behind them can be re-driven then. How many were still listed."""
    letter = mechanism(session.info["schema"]).dead_letter
    result = await session.execute(
        sa.update(letter)
        .where(letter.c.id.in_(letter_ids), letter.c.state.in_(_LISTED))
        .values(state="dropped", decided_at=sa.func.clock_timestamp())
        .returning(letter.c.id)
    )
    return len(result.all())


class Redrive:
    """Tries open letters again, each subject's in the order they were published."""

    def __init__(self, schema: str, routes: Routes, inbox: Inbox, transaction: Transaction) -> None:
        self._letters = mechanism(schema).dead_letter
        self._routes = routes
        self._inbox = inbox
        self._transaction = transaction

    async def all(self, now: datetime) -> tuple[int, int]:
        """Re-drive every open letter; return (applied, still failing). A failure stops its subject's lane alone.

        New events join the wait behind letters in hand, so the re-drive repeats until a round applies nothing.
        """
        applied, failed_ids = 0, set[UUID]()
        while True:
            applied_now, failed = await self._round(now, failed_ids)
            applied += applied_now
            if not applied_now:
                return applied, failed

    async def _round(self, now: datetime, failed_ids: set[UUID]) -> tuple[int, int]:
        """Each open letter once, but none that failed in an earlier round."""
        letters = self._letters
        async with self._transaction() as session:
            rows = (
                await session.execute(
                    sa.select(letters)
                    .where(letters.c.state.in_(OPEN), letters.c.handler.is_not(None))
                    .order_by(letters.c.sequence.nulls_first(), letters.c.received_at)
                )
            ).all()
        applied = failed = 0
        stopped: set[tuple[str, str, UUID | None]] = set()
        for row in rows:
            lane = (row.handler, row.topic, row.subject)
            held_up = row.subject is not None and lane in stopped
            if not held_up and row.id not in failed_ids and await self._one(row, now):
                applied += 1
                continue
            failed += 1
            failed_ids.add(row.id)
            stopped.add(lane)
        return applied, failed

    async def _one(self, row: sa.Row[Any], now: datetime) -> bool:
        subscription = self._routes.by_name.get(row.handler)
        if subscription is None or row.type not in self._routes.classes:
            return await self._failed(row, "handler_gone" if subscription is None else "unknown_version")
        claim = Claim(subscription, _envelope(row))
        letters = self._letters
        try:
            async with self._transaction() as session:
                mine = await session.execute(
                    sa.update(letters)
                    .where(letters.c.id == row.id, letters.c.state.in_(OPEN))
                    .values(state="redriven", decided_at=sa.func.clock_timestamp())
                    .returning(letters.c.id)
                )
                if mine.first() is None:
                    return True
                if await self._inbox.mark_applied(session, claim):
                    await self._inbox.run(session, [claim], now)
        except Exception as error:
            if is_transient(error):
                raise
            return await self._failed(row, type(error).__name__, error)
        return True

    async def _failed(self, row: sa.Row[Any], reason: str, error: Exception | None = None) -> bool:
        """False. A letter that waited has nothing ahead of it when it is tried: from now on it has failed itself, and
        staff see why; nothing tries it again every hour.
        """
        letters = self._letters
        async with self._transaction() as session:
            await session.execute(
                sa.update(letters)
                .where(letters.c.id == row.id, letters.c.state.in_(OPEN))
                .values(state="dead", reason=reason)
            )
        log.error(
            "messaging.event.failed_again",
            handler=row.handler,
            event_id=str(row.event_id),
            type=row.type,
            reason=reason,
            failure=what_and_where(error) if error else None,
        )
        return False


def redriving(runtime: Runtime) -> Redrive:
    """Tries the dead letters of the process's service again."""
    routes = Routes(runtime.service.handlers)
    return Redrive(runtime.name, routes, Inbox(runtime.name, routes, runtime.settings), runtime.transaction)


def _envelope(row: sa.Row[Any]) -> Envelope:
    return Envelope(
        event_id=row.event_id,
        type=row.type,
        topic=row.topic,
        partition=row.partition,
        offset=row.offset,
        subject=row.subject,
        sequence=row.sequence,
        replay=row.headers.get("ce_replay") == "true",
        occurred_at=datetime.fromisoformat(row.headers["ce_time"]) if "ce_time" in row.headers else None,
        traceparent=row.headers.get("traceparent"),
        headers=row.headers,
        payload=row.payload,
    )
