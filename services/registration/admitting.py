"""Admitting: the panel grows, and announced thresholds are reached."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.registration.store import member_states
from services.registration.tables import Consent, Member, Panel, Threshold
from shared.database import count_rows
from shared.events.registration import MemberJoined, PanelThresholdReached
from shared.messaging import emit, lock


async def admit(session: AsyncSession, members: Sequence[Member], now: datetime) -> None:
    """Locked applicants (or imported persons) become members: the panel grows and thresholds are stamped.

    ``panel``'s row lock serialises joins, so exactly one join reaches each threshold; an import that jumps over one
    reaches it too.
    """
    for member in members:
        member.status, member.joined_at = "active", now
    result = await session.execute(
        pg_insert(Panel)
        .values(id=1, size=len(members))
        .on_conflict_do_update(index_elements=["id"], set_={"size": Panel.size + len(members)})
        .returning(Panel.size)
    )
    size = result.scalar_one()
    await emit(session, *(MemberJoined(**state) for state in await member_states(session, members)))
    await reach_thresholds(session, size, now)


async def reach_thresholds(session: AsyncSession, size: int, now: datetime) -> None:
    """Stamp and announce each threshold that those who want surveys have reached; the panel's row is locked.

    ``size`` counts everybody. Who has a pause, wants no surveys or takes no mail is subtracted: a first survey that
    waits for 200 must have 200 to go to.
    """
    lowest = await session.scalar(sa.select(sa.func.min(Threshold.size)).where(Threshold.reached_at.is_(None)))
    if lowest is None or size < lowest:
        return
    size -= await _count_not_asked(session)
    reached = await session.execute(
        sa.update(Threshold)
        .where(Threshold.size <= size, Threshold.reached_at.is_(None))
        .values(reached_at=now)
        .returning(Threshold.id, Threshold.size)
    )
    for row in sorted(reached, key=lambda row: row.size):
        await lock(session, row.id)
        await emit(session, PanelThresholdReached(threshold_id=row.id, size=row.size, panel_size=size, reached_at=now))


async def reach_after_change(session: AsyncSession, now: datetime) -> None:
    """Stamp thresholds after a change: a member who wants surveys again may be the one a threshold waited for."""
    size = await session.scalar(sa.select(Panel.size).with_for_update())
    await reach_thresholds(session, size or 0, now)


async def _count_not_asked(session: AsyncSession) -> int:
    wants = sa.exists().where(
        Consent.member_id == Member.id, Consent.purpose == "surveys", Consent.withdrawn_at.is_(None)
    )
    not_asked = sa.or_(Member.status == "paused", Member.unreachable_since.is_not(None), ~wants)
    return await count_rows(session, sa.select(Member).where(Member.in_panel, not_asked))
