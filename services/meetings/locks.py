"""The order of all locks in this service, so that no two transactions wait for each other.

1. Draws: whoever invites holds them alone, whoever changes a member's state holds them shared. So an erasure is either
   before an invitation or finds it.
2. Meetings, by id: the meeting's row, then its subject. Every change of a seat happens under it.
3. Invitations and draw entries, by id.
"""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.meetings.tables import Invitation, Meeting
from shared.database import hold
from shared.messaging import lock

_DRAWS = "meetings.draws"


async def hold_draws(session: AsyncSession) -> None:
    """Nobody else invites, and no member's state changes, until this transaction ends."""
    await hold(session, _DRAWS)


async def wait_for_draws(session: AsyncSession) -> None:
    """Nobody invites until this transaction ends; others may change other members."""
    await hold(session, _DRAWS, shared=True)


async def lock_meeting(session: AsyncSession, meeting_id: UUID) -> Meeting | None:
    """The meeting as it is now, for this transaction alone; None when there is no such meeting."""
    meeting = await session.scalar(sa.select(Meeting).where(Meeting.id == meeting_id).with_for_update())
    if meeting is not None:
        await lock(session, meeting_id)
    return meeting


async def lock_meeting_of(session: AsyncSession, meeting_id: sa.Select[UUID]) -> Meeting | None:
    """The same of the meeting whose id is selected."""
    id_ = await session.scalar(meeting_id)
    return await lock_meeting(session, id_) if id_ else None


async def lock_invitations(session: AsyncSession, *which: sa.ColumnElement[bool]) -> list[Invitation]:
    """The invitations that meet the conditions, by id, locked and read afresh; their meetings are locked already."""
    ids = list(await session.scalars(sa.select(Invitation.id).where(*which)))
    await lock(session, *ids)
    invitations = sa.select(Invitation).where(Invitation.id.in_(ids), *which).order_by(Invitation.id)
    return list(await session.scalars(invitations))
