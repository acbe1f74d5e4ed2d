"""Forgetting who took part: years after a meeting, its draws and invitations are counts, and auditors get no file."""

from datetime import timedelta

import sqlalchemy as sa

from services.meetings.tables import AuditedDraw, Called, Candidate, Draw, DrawEntry, Invitation, Meeting
from shared.service import Runtime

#: Long enough to tell what the meeting led to, and to spare those drawn lately.
PARTICIPATION = timedelta(days=3 * 365)


async def forget_participation(rt: Runtime) -> None:
    """Job: who was in a draw, was invited, replied and came ends three years after the meeting."""
    old = sa.select(Meeting.id).where(Meeting.ends_at < rt.now() - PARTICIPATION)
    async with rt.transaction() as session:
        for table in (Called, DrawEntry, Invitation):
            await session.execute(
                sa.update(table).where(table.member_id.is_not(None), table.meeting_id.in_(old)).values(member_id=None)
            )
        draws = sa.select(Draw.id).where(Draw.meeting_id.in_(old))
        for of_draws in (Candidate, AuditedDraw):
            await session.execute(sa.delete(of_draws).where(of_draws.draw_id.in_(draws)))
        not_blank = sa.or_(Draw.full_part.is_not(None), Draw.tickets.is_not(None))
        parts = {"full_part": sa.null(), "tickets": sa.null(), "salt": None}
        await session.execute(sa.update(Draw).where(Draw.meeting_id.in_(old), not_blank).values(parts))
