"""A draw asked for, announced, looked up and given up by staff; `committing` makes its tickets."""

import secrets
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.meetings.calling.answering import takes_answers
from services.meetings.draw.commitment import Entry
from services.meetings.locks import hold_draws, lock_meeting
from services.meetings.seats.pool import limits_for, newest_margins, outdated_limits, pool_of, rows_of_limits
from services.meetings.seats.promising import check_promise
from services.meetings.seats.randomness import Announced
from services.meetings.tables import Candidate, Draw, Meeting
from services.meetings.verify import METHOD
from shared.database import insert_many
from shared.ids import new_id

_SALT_BYTES = 16
#: Draws that are not over.
OPEN = ("preparing", "ready", "committed", "infeasible")


async def current_draw(session: AsyncSession, meeting_id: UUID) -> Draw | None:
    """The meeting's newest draw that was not cancelled."""
    return await session.scalar(
        sa.select(Draw)
        .where(Draw.meeting_id == meeting_id, Draw.state != "cancelled")
        .order_by(Draw.id.desc())
        .limit(1)
    )


async def cancelled_draws(session: AsyncSession, meeting_id: UUID) -> list[Draw]:
    """Draws that were announced and given up before their outcome, oldest first; they stay public."""
    announced = (Draw.state == "cancelled", Draw.committed_at.is_not(None))
    found = sa.select(Draw).where(Draw.meeting_id == meeting_id, *announced)
    return list(await session.scalars(found.order_by(Draw.id)))


async def ask_for_draw(session: AsyncSession, meeting_id: UUID, how: Announced, now: datetime, cap: int) -> Draw | None:
    """Fix the pool and the quotas as they are now; None when the meeting cannot be drawn, or has a draw already.

    While a call may still be answered nothing is drawn.
    """
    await hold_draws(session)
    meeting = await lock_meeting(session, meeting_id)
    if meeting is None or meeting.state != "announced" or now >= meeting.reply_by:
        return None
    if meeting.calling is not None or takes_answers(meeting, now):
        return None
    before = await current_draw(session, meeting_id)
    if before is not None:
        if before.state != "infeasible":
            return None
        before.state, before.cancelled_at = "cancelled", now
    margins = await newest_margins(session)
    pool = await pool_of(session, meeting, margins, now, cap)
    if not pool.people or outdated_limits(meeting, margins):
        return None
    # Where everybody is asked there is nothing to keep quotas with.
    limits = limits_for(meeting, margins, pool.kinds) if len(pool.people) > meeting.seats else []
    secret = secrets.token_hex(_SALT_BYTES)
    draw = Draw(
        id=new_id(),
        meeting_id=meeting_id,
        state="preparing",
        seats=min(meeting.seats, len(pool.people)),
        limits=rows_of_limits(limits),
        left_out=dict(pool.left_out),
        method=METHOD,
        announced=how.document(secret),
        salt=secrets.token_hex(_SALT_BYTES),
        secret=secret if how.kind == "seed" else None,
        asked_at=now,
    )
    session.add(draw)
    salts = [secrets.token_hex(_SALT_BYTES) for _ in pool.people]
    entries = [Entry.of(s, str(one.id), one.kind) for s, one in zip(salts, pool.people, strict=True)]
    await session.execute(
        insert_many(
            Candidate,
            draw_id=[draw.id for _ in pool.people],
            number=list(range(len(pool.people))),
            member_id=[person.id for person in pool.people],
            salt=salts,
            person=[entry.person for entry in entries],
            leaf=[entry.leaf for entry in entries],
            gender=[person.kind[0] for person in pool.people],
            band=[person.kind[1] for person in pool.people],
            area=[person.kind[2] for person in pool.people],
            answer=[person.kind[3] if len(person.kind) > 3 else None for person in pool.people],
        )
    )
    return draw


async def candidates_of(session: AsyncSession, draw_id: UUID) -> list[Candidate]:
    """The pool in its order."""
    return list(
        await session.scalars(sa.select(Candidate).where(Candidate.draw_id == draw_id).order_by(Candidate.number))
    )


async def announce_draw(session: AsyncSession, meeting_id: UUID, now: datetime) -> Draw | None:
    """Publish the promise of a draw that is ready; None when there is none. Raises `Refused` when it has changed."""
    meeting = await lock_meeting(session, meeting_id)
    draw = await current_draw(session, meeting_id) if meeting is not None else None
    if meeting is None or draw is None:
        return None
    draw = await session.get_one(Draw, draw.id, with_for_update=True)
    if draw.state != "ready" or meeting.state != "announced":
        return None
    check_promise(draw, meeting, await candidates_of(session, draw.id))
    draw.state, draw.committed_at = "committed", now
    return draw


async def cancel_draw(session: AsyncSession, meeting_id: UUID, reason: str, now: datetime) -> Draw | None:
    """Give up a draw before its outcome; it stays public, with the reason. None when there is no such draw."""
    meeting = await lock_meeting(session, meeting_id)
    draw = await current_draw(session, meeting_id) if meeting is not None else None
    if draw is None:
        return None
    draw = await session.get_one(Draw, draw.id, with_for_update=True)
    if draw.state not in OPEN:
        return None
    draw.state, draw.cancelled_at, draw.reason = "cancelled", now, reason
    return draw


async def limits_of_meeting(session: AsyncSession, meeting: Meeting) -> list[dict[str, Any]]:
    """The quotas its draw keeps, in proportion to the seats it has now; none before it is committed to."""
    draw = await current_draw(session, meeting.id)
    if draw is None or draw.state not in ("committed", "drawn"):
        return []
    more = meeting.seats / draw.seats
    if meeting.seats <= draw.seats or not draw.limits:
        return list(draw.limits)
    return [{**row, "least": int(row["least"] * more), "most": -int(-(row["most"] * more) // 1)} for row in draw.limits]
