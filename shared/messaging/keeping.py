"""How long archive, inbox and dead letters are kept, in machine time."""

from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from shared.events import RESTRICTED_TOPICS
from shared.mechanism import mechanism

log = structlog.get_logger()

#: Days sent events rest in the archive, from which an emptied broker is filled again.
ARCHIVE_DAYS = 30
#: Archive rows and dead letters of restricted topics hold personal data and live shorter.
RESTRICTED_DAYS = 7
#: Archive + topic retention + slack: an event cannot come back after its inbox row has gone.
INBOX_DAYS = 75


#: Every limit's window is at most this long, and so is what an answer to a form is kept for.
LIMIT_DAYS = 1
#: What staff did and looked at: five years, in which anybody can ask who saw what about them.
AUDIT_DAYS = 5 * 365 + 1
#: Days before its content goes in which an open letter is urgent.
WARNED_DAYS = 3

OPEN = ("dead", "waiting")


def days(number: int) -> sa.ColumnElement[timedelta]:
    """An interval."""
    return sa.func.make_interval(0, 0, 0, number)


def expiring(letter: sa.Table) -> sa.ColumnElement[bool]:
    """Open letters whose content must go within days."""
    return (
        letter.c.state.in_(OPEN)
        & letter.c.topic.in_(RESTRICTED_TOPICS)
        & _older(letter.c.received_at, RESTRICTED_DAYS - WARNED_DAYS)
    )


async def newly_expiring(session: AsyncSession) -> int:
    """How many open letters lose their content soon, if there is one that nobody has been warned of; else 0."""
    letter = mechanism(session.info["schema"]).dead_letter
    new = await session.execute(
        sa.update(letter)
        .where(expiring(letter), letter.c.warned_at.is_(None))
        .values(warned_at=sa.func.clock_timestamp())
        .returning(letter.c.id)
    )
    if not new.all():
        return 0
    return await session.scalar(sa.select(sa.func.count()).select_from(letter).where(expiring(letter))) or 0


async def forget_what_is_old(session: AsyncSession) -> int:
    """Make the archive's coming days and delete rows that are old enough; how many open letters lost their content.

    An undecided letter keeps its type, subject, reason and time, so that somebody can say what was lost.
    """
    schema = session.info["schema"]
    tables = mechanism(schema)
    keep = sa.text(f'select "{schema}".keep_archive(:days, :restricted)')
    await session.execute(keep, {"days": ARCHIVE_DAYS, "restricted": RESTRICTED_DAYS})
    await session.execute(sa.delete(tables.inbox).where(_older(tables.inbox.c.received_at, INBOX_DAYS)))
    for brief in (tables.limit_hit, tables.shown_page):
        await session.execute(sa.delete(brief).where(_older(brief.c.at, LIMIT_DAYS)))
    await session.execute(sa.delete(tables.audit_entry).where(_older(tables.audit_entry.c.at, AUDIT_DAYS)))
    letter = tables.dead_letter.c
    decided = letter.state.in_(("redriven", "dropped"))
    too_old = letter.topic.in_(RESTRICTED_TOPICS) & _older(letter.received_at, RESTRICTED_DAYS)
    await session.execute(
        sa.delete(tables.dead_letter).where(decided, sa.or_(_older(letter.received_at, ARCHIVE_DAYS), too_old))
    )
    result = await session.execute(
        sa.update(tables.dead_letter)
        .where(letter.state.in_(OPEN), too_old)
        .values(state="lost", headers={}, payload=b"")
        .returning(letter.id, letter.type, letter.handler)
    )
    rows = result.all()
    for row in rows:
        log.error("messaging.dead_letter.lost", letter=str(row.id), type=row.type, handler=row.handler)
    if soon := await session.scalar(sa.select(sa.func.count()).where(expiring(tables.dead_letter))):
        log.error("messaging.dead_letters.expire_soon", letters=soon, days=WARNED_DAYS)
    return len(rows)


async def left_waiting(session: AsyncSession) -> bool:
    """Whether events wait with no letter left to wait for: lost or given up, and trying them failed in passing."""
    letter = mechanism(session.info["schema"]).dead_letter
    ahead = letter.alias()
    same = (ahead.c.handler == letter.c.handler, ahead.c.topic == letter.c.topic, ahead.c.subject == letter.c.subject)
    behind = sa.exists().where(ahead.c.state == "dead", *same)
    return bool(await session.scalar(sa.select(sa.exists().where(letter.c.state == "waiting", ~behind))))


def _older(at: sa.ColumnElement[datetime], number: int) -> sa.ColumnElement[bool]:
    return at < sa.func.now() - days(number)
