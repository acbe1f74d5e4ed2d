"""A draw made ready: asked for by staff, its tickets made by a job, and the commitment published before any chance."""

import asyncio
import json
import secrets
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.meetings.draw.model import Infeasible
from services.meetings.locks import hold_draws, lock_meeting
from services.meetings.seats.lottery import METHOD, Kind, Lottery, leaf, prepare, root_of
from services.meetings.seats.pool import (
    limits_for,
    limits_of_rows,
    newest_margins,
    outdated_limits,
    pool_of,
    rows_of_limits,
)
from services.meetings.tables import Candidate, Draw, Meeting
from shared.database import insert_many
from shared.ids import new_id
from shared.service import Runtime

_SALT_BYTES = 16
#: Draws that are not over.
OPEN = ("preparing", "committed", "infeasible")


async def current_draw(session: AsyncSession, meeting_id: UUID) -> Draw | None:
    """The meeting's newest draw that was not cancelled."""
    return await session.scalar(
        sa.select(Draw)
        .where(Draw.meeting_id == meeting_id, Draw.state != "cancelled")
        .order_by(Draw.id.desc())
        .limit(1)
    )


async def cancelled_draws(session: AsyncSession, meeting_id: UUID) -> list[Draw]:
    """Draws given up before their outcome, oldest first; they stay public."""
    found = sa.select(Draw).where(Draw.meeting_id == meeting_id, Draw.state == "cancelled", Draw.root.is_not(None))
    return list(await session.scalars(found.order_by(Draw.id)))


async def ask_for_draw(session: AsyncSession, meeting_id: UUID, now: datetime, cap: int) -> Draw | None:
    """Fix the pool and the quotas as they are now; None when the meeting cannot be drawn, or has a draw already."""
    await hold_draws(session)
    meeting = await lock_meeting(session, meeting_id)
    if meeting is None or meeting.state != "announced" or now >= meeting.reply_by:
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
    draw = Draw(
        id=new_id(),
        meeting_id=meeting_id,
        state="preparing",
        seats=min(meeting.seats, len(pool.people)),
        limits=rows_of_limits(limits),
        left_out=dict(pool.left_out),
        method=METHOD,
        asked_at=now,
    )
    session.add(draw)
    salts = [secrets.token_hex(_SALT_BYTES) for _ in pool.people]
    await session.execute(
        insert_many(
            Candidate,
            draw_id=[draw.id for _ in pool.people],
            number=list(range(len(pool.people))),
            member_id=[person.id for person in pool.people],
            salt=salts,
            leaf=[candidate_leaf(s, person.id, person.kind) for s, person in zip(salts, pool.people, strict=True)],
            gender=[person.kind[0] for person in pool.people],
            band=[person.kind[1] for person in pool.people],
            area=[person.kind[2] for person in pool.people],
        )
    )
    return draw


def candidate_leaf(salt: str, member_id: UUID, kind: Kind) -> str:
    """The fingerprint of one of the pool; without the salt nobody can try who it is."""
    return leaf("candidate", salt, str(member_id), *kind)


async def candidates_of(session: AsyncSession, draw_id: UUID) -> list[Candidate]:
    """The pool in its order."""
    return list(
        await session.scalars(sa.select(Candidate).where(Candidate.draw_id == draw_id).order_by(Candidate.number))
    )


async def prepare_draws(rt: Runtime) -> None:
    """Job: make the tickets of draws that were asked for; after a crash it begins again and comes to the same."""
    async with rt.transaction() as session:
        waiting = list(await session.scalars(sa.select(Draw.id).where(Draw.state == "preparing").order_by(Draw.id)))
    for draw_id in waiting:
        async with rt.transaction() as session:
            draw = await session.get_one(Draw, draw_id)
            limits, seats = limits_of_rows(draw.limits), draw.seats
            people = await candidates_of(session, draw_id)
        kinds = [(one.gender, one.band, one.area) for one in people]
        # The fingerprints order each deck: they stay when a person is erased meanwhile.
        decks = [one.leaf for one in people]
        lottery: Lottery | None = None
        relaxed: list[dict[str, Any]] = []
        try:
            lottery = await asyncio.to_thread(prepare, kinds, decks, limits, seats)
        except Infeasible as infeasible:
            relaxed = [
                {**row, "to_least": new.least, "to_most": new.most}
                for new in infeasible.relaxations
                for row in rows_of_limits([new.quota])
            ]
        async with rt.transaction() as session:
            await _commit_to(session, draw_id, lottery, relaxed, decks, rt.now())


async def _commit_to(
    session: AsyncSession,
    draw_id: UUID,
    lottery: Lottery | None,
    relaxed: list[dict[str, Any]],
    leaves: list[str],
    now: datetime,
) -> None:
    draw = await session.get_one(Draw, draw_id, with_for_update=True)
    if draw.state != "preparing":
        # Cancelled meanwhile, or another replica was first.
        return
    if lottery is None:
        draw.state, draw.relaxed = "infeasible", relaxed
        return
    draw.tickets = [list(ticket) for ticket in lottery.tickets]
    draw.bound = lottery.bound
    draw.root = root_of([leaf("terms", terms_of(draw)), *leaves, *ticket_leaves(draw.tickets)])
    draw.state, draw.committed_at = "committed", now


def ticket_leaves(tickets: list[Any]) -> list[str]:
    """The fingerprint of each ticket."""
    return [leaf("ticket", str(number), *map(str, ticket)) for number, ticket in enumerate(tickets)]


def terms_of(draw: Draw) -> str:
    """What is committed to beside people and tickets, as canonical JSON."""
    terms = {"draw": str(draw.id), "seats": draw.seats, "quotas": draw.limits, "method": draw.method}
    return json.dumps(terms, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


async def cancel_draw(session: AsyncSession, meeting_id: UUID, now: datetime) -> Draw | None:
    """Give up a draw whose outcome nobody knows yet; it stays public. None when there is no such draw."""
    meeting = await lock_meeting(session, meeting_id)
    draw = await current_draw(session, meeting_id) if meeting is not None else None
    if draw is None:
        return None
    draw = await session.get_one(Draw, draw.id, with_for_update=True)
    if draw.state not in OPEN:
        return None
    draw.state, draw.cancelled_at = "cancelled", now
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
