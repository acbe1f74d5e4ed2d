"""A draw asked for, announced, looked up and given up by staff; `committing` makes its tickets."""

import asyncio
import secrets
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.meetings.calling.answering import takes_answers
from services.meetings.draw.commitment import Entry
from services.meetings.locks import hold_draws, lock_meeting, lock_meeting_of
from services.meetings.seats.pool import (
    Heads,
    Person,
    limits_for,
    newest_margins,
    outdated_limits,
    pool_of,
    rows_of_limits,
)
from services.meetings.seats.promising import check_promise
from services.meetings.seats.randomness import Announced, check_unknown
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
    draws = sa.select(Draw).where(Draw.meeting_id == meeting_id, *announced)
    return list(await session.scalars(draws.order_by(Draw.id)))


async def ask_for_draw(session: AsyncSession, meeting_id: UUID, how: Announced, now: datetime) -> Draw | None:
    """The wish for a draw; the job makes it. None when the meeting cannot be drawn, or has a draw already.

    While a call may still be answered nothing is drawn.
    """
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
    if outdated_limits(meeting, await newest_margins(session)):
        return None
    secret = secrets.token_hex(_SALT_BYTES)
    draw = Draw(
        id=new_id(),
        meeting_id=meeting_id,
        state="preparing",
        seats=meeting.seats,
        limits=[],
        left_out={},
        method=METHOD,
        announced=how.document(secret),
        salt=secrets.token_hex(_SALT_BYTES),
        secret=secret if how.kind == "seed" else None,
        asked_at=now,
    )
    session.add(draw)
    return draw


async def fix_pool(session: AsyncSession, draw_id: UUID, now: datetime, cap: int) -> None:
    """Fix the pool, the seats and the quotas of a draw that was asked for, as they are now; once.

    When nobody can be drawn, or quotas are for groups there are no more, the draw is given up.
    """
    await hold_draws(session)
    meeting = await lock_meeting_of(session, sa.select(Draw.meeting_id).where(Draw.id == draw_id))
    draw = await session.get_one(Draw, draw_id, with_for_update=True)
    if meeting is None or draw.state != "preparing" or draw.pooled_at is not None:
        return
    margins = await newest_margins(session)
    pool = await pool_of(session, meeting, margins, now, cap)
    if not pool.people or outdated_limits(meeting, margins):
        draw.state, draw.cancelled_at = "cancelled", now
        return
    # Where everybody is asked there is nothing to keep quotas with.
    limits = limits_for(meeting, margins, pool.heads) if len(pool.people) > meeting.seats else []
    draw.seats, draw.limits = min(meeting.seats, len(pool.people)), rows_of_limits(limits)
    draw.left_out, draw.pooled_at = dict(pool.left_out), now
    salts = [secrets.token_hex(_SALT_BYTES) for _ in pool.people]
    entries = await asyncio.to_thread(_entries, salts, pool.people)
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


def _entries(salts: Sequence[str], people: Sequence[Person]) -> list[Entry]:
    return [Entry.of(salt, str(person.id), person.kind) for salt, person in zip(salts, people, strict=True)]


async def lock_current_draw(session: AsyncSession, meeting_id: UUID) -> tuple[Meeting, Draw] | None:
    """A meeting and its newest draw that was not cancelled, as they are now, for this transaction alone."""
    meeting = await lock_meeting(session, meeting_id)
    draw = await current_draw(session, meeting_id) if meeting is not None else None
    if meeting is None or draw is None:
        return None
    return meeting, await session.get_one(Draw, draw.id, with_for_update=True)


async def candidates_of(session: AsyncSession, draw_id: UUID) -> list[Candidate]:
    """The pool in its order."""
    return list(
        await session.scalars(sa.select(Candidate).where(Candidate.draw_id == draw_id).order_by(Candidate.number))
    )


async def heads_of_draw(session: AsyncSession, draw_id: UUID) -> Heads:
    """How many of each kind are in its pool."""
    alike = (Candidate.gender, Candidate.band, Candidate.area, Candidate.answer)
    statement = sa.select(*alike, sa.func.count().label("heads")).where(Candidate.draw_id == draw_id).group_by(*alike)
    rows = await session.execute(statement)
    return {(row.gender, row.band, row.area, *([] if row.answer is None else [row.answer])): row.heads for row in rows}


async def announce_draw(session: AsyncSession, meeting_id: UUID, now: datetime) -> Draw | None:
    """Publish the promise of a draw that is ready; None when there is none.

    Raises `Refused` when it has changed, or the randomness it names may be known already.
    """
    pair = await lock_current_draw(session, meeting_id)
    if pair is None:
        return None
    meeting, draw = pair
    if draw.state != "ready" or meeting.state != "announced":
        return None
    check_unknown(draw.announced or {}, now)
    check_promise(draw, meeting, await candidates_of(session, draw.id))
    draw.state, draw.committed_at = "committed", now
    return draw


async def cancel_draw(session: AsyncSession, meeting_id: UUID, reason: str, now: datetime) -> Draw | None:
    """Give up a draw before its outcome; it stays public, with the reason. None when there is no such draw."""
    pair = await lock_current_draw(session, meeting_id)
    if pair is None or pair[1].state not in OPEN:
        return None
    draw = pair[1]
    draw.state, draw.cancelled_at, draw.reason = "cancelled", now, reason
    return draw


async def limits_of_meeting(session: AsyncSession, meeting: Meeting) -> list[dict[str, object]]:
    """The quotas its draw keeps, in proportion to the seats it has now; none before it is committed to."""
    draw = await current_draw(session, meeting.id)
    if draw is None or draw.state not in ("committed", "drawn"):
        return []
    more = meeting.seats / draw.seats
    if meeting.seats <= draw.seats or not draw.limits:
        return list(draw.limits)
    return [{**row, "least": int(row["least"] * more), "most": -int(-(row["most"] * more) // 1)} for row in draw.limits]
