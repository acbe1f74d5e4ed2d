"""Invitations for staff who key in a paper: by member, and by the code on the paper."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.surveys.tables import Invitation, Survey

_UNANSWERED = (Survey.id == Invitation.survey_id, Survey.state == "open", Invitation.answered_at.is_(None))


async def open_to(session: AsyncSession, member_id: UUID) -> Sequence[tuple[Invitation, Survey]]:
    """The open surveys the member has not answered, the first to close first."""
    rows = await session.execute(
        sa.select(Invitation, Survey)
        .where(*_UNANSWERED, Invitation.member_id == member_id)
        .order_by(Survey.closes_at, Survey.id)
    )
    return [(row[0], row[1]) for row in rows]


async def with_ending(session: AsyncSession, ending: str) -> tuple[Invitation, Survey] | None:
    """The invitation whose id ends so; of a survey that has opened, answered or not."""
    rows = await session.execute(
        sa.select(Invitation, Survey)
        .join(Survey, Survey.id == Invitation.survey_id)
        .where(sa.func.right(sa.cast(Invitation.id, sa.Text), 12) == ending, Invitation.member_id.is_not(None))
        .limit(1)
    )
    row = rows.first()
    return (row[0], row[1]) if row else None
