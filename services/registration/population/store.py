"""Queries of the panel's composition."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.registration.tables import Margins, Member
from shared.events.registration import Margin


async def margins_and_members(session: AsyncSession) -> tuple[int, tuple[Margin, ...], list[tuple[str, int]]]:
    """Reference year, margins, and (gender, year of birth) of each member; empty margins before they are set."""
    stored = await session.scalar(sa.select(Margins).order_by(Margins.year.desc()).limit(1))
    found = await session.execute(
        sa.select(Member.gender, Member.year_of_birth).where(Member.status.in_(["active", "paused"]))
    )
    members = [(row.gender or "other", row.year_of_birth or 0) for row in found]
    if stored is None:
        return 0, (), members
    return stored.year, tuple(Margin.model_validate(margin) for margin in stored.margins), members
