"""The dates, and the secret addresses under which staff take them into their own calendars."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.registration.tables import CalendarFeed, PlannedDate
from shared.database import upsert

#: An address nobody has opened the calendar page for ends: whoever has left does not renew it.
FEED_LIFE = timedelta(days=90)


async def dates_from(session: AsyncSession, since: datetime, until: datetime) -> Sequence[PlannedDate]:
    """Dates of a time, earliest first."""
    found = await session.scalars(
        sa.select(PlannedDate)
        .where(PlannedDate.at >= since, PlannedDate.at < until)
        .order_by(PlannedDate.at, PlannedDate.service, PlannedDate.dates_id)
    )
    return found.all()


async def make_feed(session: AsyncSession, subject: str, now: datetime) -> str:
    """A new secret for this member of staff; the one before opens nothing from now on. Only its hash is kept."""
    token = secrets.token_urlsafe(24)
    await upsert(session, CalendarFeed, subject=subject, digest=_digest(token), seen_at=now)
    return token


async def visit_feed(session: AsyncSession, subject: str, now: datetime) -> CalendarFeed | None:
    """The feed this member of staff has, renewed by the visit; None without one."""
    feed = await session.get(CalendarFeed, subject)
    if feed is not None and feed.seen_at < now - FEED_LIFE:
        await session.delete(feed)
        return None
    if feed is not None:
        feed.seen_at = now
    return feed


async def opens(session: AsyncSession, token: str, now: datetime) -> bool:
    """Whether the secret is somebody's and in use."""
    known = sa.exists().where(CalendarFeed.digest == _digest(token), CalendarFeed.seen_at >= now - FEED_LIFE)
    return bool(await session.scalar(sa.select(known)))


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()
