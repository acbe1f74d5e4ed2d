"""Storing a planned meeting and its changes."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.meetings.facts import announced, tell
from services.meetings.locks import hold_draws, lock_invitations, lock_meeting
from services.meetings.planning.domain import Times, slug_of
from services.meetings.seats.domain import OPEN, SAID_YES, STATES
from services.meetings.seats.lottery import Limit
from services.meetings.seats.pool import rows_of_limits
from services.meetings.seats.preparing import current_draw
from services.meetings.tables import Invitation, Meeting
from shared.messaging import emit, emit_new

_SEED_BYTES = 16


@dataclass(frozen=True)
class Plan:
    """What staff decide about a meeting."""

    heading: str
    purpose: str
    agenda: str
    place: str
    served: str
    seats: int
    stop_hours: int
    rest_days: int
    day: date
    times: Times


async def announce_meeting(session: AsyncSession, meeting_id: UUID, plan: Plan, now: datetime) -> bool:
    """Store the meeting under the id its form was shown with and announce it; False when that was done already."""
    # Meetings of one name on one day are rare, so one may wait for the other.
    await hold_draws(session)
    slugs = frozenset(await session.scalars(sa.select(Meeting.slug)))
    statement = pg_insert(Meeting).values(
        id=meeting_id,
        slug=slug_of(plan.heading, plan.day, slugs),
        state="announced",
        heading=plan.heading,
        purpose=plan.purpose,
        agenda=plan.agenda,
        place=plan.place,
        served=plan.served,
        starts_at=plan.times.starts_at,
        ends_at=plan.times.ends_at,
        seats=plan.seats,
        reply_by=plan.times.reply_by,
        stop_hours=plan.stop_hours,
        rest_days=plan.rest_days,
        seed=secrets.token_hex(_SEED_BYTES),
        announced_at=now,
    )
    meeting = await session.scalar(statement.on_conflict_do_nothing(index_elements=["id"]).returning(Meeting))
    if meeting is None:
        return False
    await emit_new(session, [announced(meeting)])
    return True


def moves(meeting: Meeting, plan: Plan) -> bool:
    """Whether time or place changes; those who have said yes must then be told."""
    return (meeting.starts_at, meeting.ends_at, meeting.place) != (plan.times.starts_at, plan.times.ends_at, plan.place)


async def change_meeting(session: AsyncSession, meeting: Meeting, plan: Plan) -> int:
    """Change a locked meeting that is still to come; how many are told of a new time or place."""
    is_move = moves(meeting, plan)
    meeting.heading, meeting.purpose, meeting.agenda = plan.heading, plan.purpose, plan.agenda
    meeting.place, meeting.served, meeting.seats = plan.place, plan.served, plan.seats
    meeting.starts_at, meeting.ends_at, meeting.reply_by = plan.times.starts_at, plan.times.ends_at, plan.times.reply_by
    meeting.stop_hours, meeting.rest_days = plan.stop_hours, plan.rest_days
    meeting.version += int(is_move)
    await emit(session, announced(meeting))
    if not is_move:
        return 0
    rows = await lock_invitations(session, Invitation.meeting_id == meeting.id, Invitation.state.in_(OPEN))
    for row in rows:
        # A new day has its own reminder, and nobody can answer after it.
        row.reminded_at = None
        row.reply_by = min(row.reply_by, meeting.starts_at)
    said_yes = [row for row in rows if row.state in SAID_YES]
    return await tell(session, meeting, said_yes, "changed", meeting.starts_at)


async def set_limits(session: AsyncSession, meeting_id: UUID, limits: Sequence[Limit] | None) -> Meeting | None:
    """Set the quotas by hand, or None to follow the population; None when a draw is asked for or made."""
    meeting = await lock_meeting(session, meeting_id)
    draw = await current_draw(session, meeting_id)
    if meeting is None or meeting.state != "announced" or (draw is not None and draw.state != "infeasible"):
        return None
    meeting.by_hand = limits is not None
    meeting.limits = None if limits is None else rows_of_limits(limits)
    return meeting


async def count_states(session: AsyncSession, meeting_id: UUID) -> dict[str, int]:
    """Number of invitations in each state."""
    rows = await session.execute(
        sa.select(Invitation.state, sa.func.count().label("number"))
        .where(Invitation.meeting_id == meeting_id)
        .group_by(Invitation.state)
    )
    return {**dict.fromkeys(STATES, 0), **{row.state: row.number for row in rows}}
