"""The dates, and the secret addresses under which staff take them into their own calendars."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.registration.tables import CalendarFeed, PlannedDate
from shared.database import upsert
from shared.mechanism import mechanism
from shared.service import Runtime

#: A feed ends when its holder has not opened the calendar page for this long, as somebody who has left.
FEED_LIFE = timedelta(days=90)


async def dates_from(session: AsyncSession, since: datetime, until: datetime) -> Sequence[PlannedDate]:
    """Dates of a time, earliest first."""
    dates = await session.scalars(
        sa.select(PlannedDate)
        .where(PlannedDate.at >= since, PlannedDate.at < until)
        .order_by(PlannedDate.at, PlannedDate.service, PlannedDate.dates_id)
    )
    return dates.all()


async def make_feed(session: AsyncSession, subject: str, now: datetime) -> str:
    """A new secret for this member of staff, of which only the hash is stored; the old one stops working."""
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
    feed = sa.exists().where(CalendarFeed.digest == _digest(token), CalendarFeed.seen_at >= now - FEED_LIFE)
    return bool(await session.scalar(sa.select(feed)))


async def feeds_in_use(session: AsyncSession, now: datetime) -> Sequence[tuple[CalendarFeed, str]]:
    """(feed, its holder as the audit trail last named them) of every feed that still opens."""
    entry = mechanism(session.info["schema"]).audit_entry
    named = (
        sa.select(entry.c.actor_name)
        .where(entry.c.actor == CalendarFeed.subject)
        .order_by(entry.c.at.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = await session.execute(
        sa.select(CalendarFeed, sa.func.coalesce(named, ""))
        .where(CalendarFeed.seen_at >= now - FEED_LIFE)
        .order_by(CalendarFeed.seen_at)
    )
    return [(row[0], row[1]) for row in rows]


async def close_feed(session: AsyncSession, subject: str) -> bool:
    """Close this member of staff's feed; False when there was none."""
    statement = sa.delete(CalendarFeed).where(CalendarFeed.subject == subject).returning(CalendarFeed.subject)
    return await session.scalar(statement) is not None


async def forget_feeds(rt: Runtime) -> None:
    """Job: the feed of somebody who has left is forgotten, and who that was."""
    async with rt.transaction() as session:
        await session.execute(sa.delete(CalendarFeed).where(CalendarFeed.seen_at < rt.now() - FEED_LIFE))


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()
