"""Answers to a call: yes or no, which may change until the call is over."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.meetings.facts import call_answered
from services.meetings.locks import lock_meeting_of
from services.meetings.tables import Called, Meeting
from shared.messaging import emit, lock


async def find_called(session: AsyncSession, called_id: UUID) -> tuple[Meeting, Called] | None:
    """A person's call and its meeting; None when the link's id is unknown or the person is gone."""
    statement = sa.select(Meeting, Called).join(Called, Called.meeting_id == Meeting.id).where(Called.id == called_id)
    row = (await session.execute(statement)).one_or_none()
    return None if row is None or row.Called.member_id is None else (row.Meeting, row.Called)


def takes_answers(meeting: Meeting, now: datetime) -> bool:
    """Whether the call may still be answered; nothing is drawn while it may."""
    return meeting.state == "announced" and meeting.called_until is not None and now < meeting.called_until


async def answer_call(session: AsyncSession, called_id: UUID, says: str, answer: str | None, now: datetime) -> bool:
    """Keep the answer; False when it is too late. ``answer``: with a yes, the option of the call's question."""
    meeting = await lock_meeting_of(session, sa.select(Called.meeting_id).where(Called.id == called_id))
    if meeting is None or not takes_answers(meeting, now):
        return False
    await lock(session, called_id)
    row = await session.get_one(Called, called_id, populate_existing=True)
    if row.member_id is None:
        return False
    row.state, row.answer = says, answer if says == "yes" else None
    row.answered_at = now
    await emit(session, call_answered(row, row.member_id))
    return True


async def count_called(session: AsyncSession, meeting_id: UUID) -> Mapping[str, int]:
    """How many were asked and have not answered, said yes, said no."""
    rows = await session.execute(
        sa.select(Called.state, sa.func.count()).where(Called.meeting_id == meeting_id).group_by(Called.state)
    )
    return {"asked": 0, "yes": 0, "no": 0} | dict(list(rows))
