"""How long delivery remembers: archive, inbox and dead letters, in machine time."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from shared.events import RESTRICTED_TOPICS
from shared.mechanism import mechanism

#: Days sent events rest in the archive, from which an emptied broker is filled again.
ARCHIVE_DAYS = 30
#: Archive rows and dead letters of restricted topics hold personal data and live shorter.
RESTRICTED_DAYS = 7
#: Archive + topic retention + slack: an event cannot come back after its inbox row has gone.
INBOX_DAYS = 75


async def forget_what_is_old(session: AsyncSession) -> None:
    """Make the archive's coming days, and let go of what has rested long enough."""
    schema = session.info["schema"]
    tables = mechanism(schema)
    keep = sa.text(f'select "{schema}".keep_archive(:days, :restricted)')
    await session.execute(keep, {"days": ARCHIVE_DAYS, "restricted": RESTRICTED_DAYS})
    letter = tables.dead_letter.c
    await session.execute(sa.delete(tables.inbox).where(_older(tables.inbox.c.received_at, INBOX_DAYS)))
    await session.execute(
        sa.delete(tables.dead_letter).where(
            sa.or_(
                letter.state.in_(("redriven", "dropped")) & _older(letter.received_at, ARCHIVE_DAYS),
                letter.topic.in_(RESTRICTED_TOPICS) & _older(letter.received_at, RESTRICTED_DAYS),
            )
        )
    )


def _older(at: sa.ColumnElement[object], days: int) -> sa.ColumnElement[bool]:
    return at < sa.func.now() - sa.func.make_interval(0, 0, 0, days)
