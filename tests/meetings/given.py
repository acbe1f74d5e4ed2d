"""What tests of meetings start from: a population, members, a meeting, and what its seats look like."""

import secrets
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from services.meetings.seats.answering import Reply, answer, hold, lapse_silent
from services.meetings.seats.committing import prepare_draws
from services.meetings.seats.drawing import draw_meeting
from services.meetings.seats.filling import fill_free_seats
from services.meetings.seats.preparing import announce_draw, ask_for_draw
from services.meetings.seats.randomness import Announced
from services.meetings.tables import Draw, Invitation, Meeting
from shared.ids import new_id
from shared.service import Runtime
from tests.members import joined as joined
from tests.members import many as many
from tests.members import margins as margins

DICE = Announced()


async def a_meeting(rt: Runtime, seats: int = 6, **changes: Any) -> Meeting:
    """An announced meeting in four weeks; replies within one week, replacements until 48 hours before."""
    now = rt.now()
    values: dict[str, Any] = {
        "id": new_id(),
        "slug": f"torget-{secrets.token_hex(3)}",
        "state": "announced",
        "heading": "Torget i Sandvika",
        "purpose": "Hva skal torget brukes til?",
        "agenda": "# Program\n\n- Velkommen\n- Samtale",
        "place": "Kommunegården",
        "served": "Kaffe og kake.",
        "starts_at": now + timedelta(days=28),
        "ends_at": now + timedelta(days=28, hours=3),
        "seats": seats,
        "reply_by": now + timedelta(days=7),
        "stop_hours": 48,
        "seed": secrets.token_hex(16),
        "announced_at": now,
    }
    meeting = Meeting(**(values | changes))
    async with rt.transaction() as session:
        session.add(meeting)
    return await fresh(rt, meeting.id)


async def a_drawn_meeting(rt: Runtime, seats: int = 6, **changes: Any) -> Meeting:
    """The same, drawn."""
    return await a_draw(rt, await a_meeting(rt, seats, **changes))


async def a_draw(rt: Runtime, meeting: Meeting) -> Meeting:
    """The announced meeting, drawn."""
    await a_committed_draw(rt, meeting)
    async with rt.transaction() as session:
        draw = await draw_meeting(session, meeting.id, "437", rt.now())
    assert draw is not None
    return draw


async def a_committed_draw(rt: Runtime, meeting: Meeting, how: Announced = DICE) -> Draw:
    """The meeting's draw made ready by the job."""
    async with rt.transaction() as session:
        draw = await ask_for_draw(session, meeting.id, how, rt.now())
    assert draw is not None
    await prepare_draws(rt)
    async with rt.transaction() as session:
        await announce_draw(session, meeting.id, rt.now())
        return await session.get_one(Draw, draw.id)


async def fresh(rt: Runtime, meeting_id: UUID) -> Meeting:
    """The meeting as stored."""
    async with rt.transaction() as session:
        return await session.get_one(Meeting, meeting_id)


async def invitations(rt: Runtime, *states: str) -> Sequence[Invitation]:
    """Every invitation (in these states)."""
    statement = sa.select(Invitation).order_by(Invitation.id)
    async with rt.transaction() as session:
        rows = (await session.scalars(statement)).all()
    return [row for row in rows if not states or row.state in states]


async def states(rt: Runtime) -> Counter[str]:
    """Number of invitations by state."""
    return Counter(row.state for row in await invitations(rt))


async def reply(rt: Runtime, row: Invitation, says: Reply) -> None:
    """What the page does when a button is pressed."""
    async with rt.transaction() as session:
        rows = await hold(session, row.id, row.generation, rt.now())
        if rows is not None:
            await answer(session, *rows, says, rt.now())


async def run_jobs(rt: Runtime) -> None:
    """Time has passed: lapse, then fill."""
    await lapse_silent(rt)
    await fill_free_seats(rt)
