"""Figures of meetings for Prometheus, beside those of every service."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.meetings.tables import Draw, Meeting
from shared.metrics import Figures, counted


async def figures(session: AsyncSession) -> Figures:
    """Meetings by state; and of each draw in the making, by its id, how much is done, 0 to 1."""
    making = await session.execute(sa.select(Draw.id, Draw.done).where(Draw.state == "preparing"))
    progress = {str(row.id): row.done or 0.0 for row in making}
    return {**await counted(meetings=Meeting.state)(session), "draw_progress": progress}
