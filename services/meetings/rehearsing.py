"""A draw of made-up people, from the meeting's plan to who is invited, in a transaction that is never committed.

A made-up resident who walks in from outside is in no draw (docs/decisions/0031-a-synthetic-resident.md). This finds
out, before a meeting does, that nobody can be drawn here: the solver, the pool, the promise, the outcome and its check.
Nothing of it is in a pool, a count, a list, an event or a mail, because none of it is ever stored.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.meetings.draw.model import Infeasible, Lottery, Pool, Quota
from services.meetings.planning.announcing import Plan, announce_meeting, set_limits
from services.meetings.planning.domain import Times
from services.meetings.seats.committing import keep_promise
from services.meetings.seats.drawing import draw_meeting
from services.meetings.seats.lottery import Kind, Limit, features_of
from services.meetings.seats.pool import kind_of, newest_margins
from services.meetings.seats.preparing import announce_draw, ask_for_draw, candidates_of, fix_pool
from services.meetings.seats.promising import file_of
from services.meetings.seats.randomness import DICE_TICKETS, Announced
from services.meetings.tables import Called, Invitation, Margins, Member
from services.meetings.verify import check
from shared.ids import new_id
from shared.service import RehearsalFailed, Runtime

_GENDERS = ("female", "male") * 6
_SEATS = 6
_LIMITS = [Limit("gender", gender, 3, 3) for gender in ("female", "male")]
_BORN = 1970


async def rehearse_draw(rt: Runtime) -> None:
    """Job: where a made-up resident walks, people as made up are drawn to a meeting."""
    if not rt.settings.synthetic_email:
        return
    async with rt.transaction() as session:
        margins = await newest_margins(session)
    kinds = [kind_of(gender, _BORN, None, margins) for gender in _GENDERS]
    # Before the population's figures have come, quotas are of nothing.
    limits = _LIMITS if margins else []
    lottery = await _solved_elsewhere(kinds, limits)
    if lottery is None:
        raise RehearsalFailed("quotas that can be kept are said not to be")
    async with rt.database.rehearsal() as session:
        await _from_plan_to_invitations(session, lottery, limits, margins, rt.now(), rt.profile.contact_cap)


async def _solved_elsewhere(kinds: Sequence[Kind], limits: Sequence[Limit]) -> Lottery | None:
    """By a process that ends then: the solver and what it calculates with are 30 MB."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    process = ProcessPoolExecutor(1, get_context("spawn"))
    try:
        return await asyncio.get_running_loop().run_in_executor(process, solved, kinds, limits, _SEATS)
    finally:
        process.shutdown(wait=False, cancel_futures=True)


def solved(kinds: Sequence[Kind], limits: Sequence[Quota], seats: int) -> Lottery | None:
    """What the solver finds for a pool; None when it says that there is nothing."""
    from services.meetings.draw.solving import solve

    try:
        return solve(Pool.of(features_of(kinds), kinds), limits, seats, tickets=DICE_TICKETS)
    except Infeasible:
        return None


async def _from_plan_to_invitations(
    session: AsyncSession, lottery: Lottery, limits: Sequence[Limit], margins: Margins | None, now: datetime, cap: int
) -> None:
    meeting_id, day = new_id(), timedelta(days=1)
    people = [
        Member(id=new_id(), status="active", year_of_birth=_BORN, gender=gender, area=None, purposes=["meetings"])
        for gender in _GENDERS
    ]
    times = Times(starts_at=now + 3 * day, ends_at=now + 4 * day, reply_by=now + day)
    plan = Plan("x", "x", "x", "x", "", _SEATS, stop_hours=24, rest_days=0, day=times.starts_at.date(), times=times)
    await announce_meeting(session, meeting_id, plan, now)
    meeting = await set_limits(session, meeting_id, limits)
    if meeting is None:
        raise RehearsalFailed("the meeting takes no quotas")
    # A call that these alone have answered: members are in no pool of it.
    meeting.call, meeting.called_until = {"question": "", "options": [], "only": {}}, now
    session.add_all(people)
    session.add_all(
        Called(id=new_id(), meeting_id=meeting_id, member_id=person.id, state="yes", asked_at=now, answered_at=now)
        for person in people
    )
    draw = await ask_for_draw(session, meeting_id, Announced("dice"), now)
    if draw is None:
        raise RehearsalFailed("the meeting cannot be drawn")
    await fix_pool(session, draw.id, now, cap)
    pool = await candidates_of(session, draw.id)
    keep_promise(draw, meeting, pool, lottery, margins)
    await announce_draw(session, meeting_id, now)
    if await draw_meeting(session, meeting_id, "042", now) is None:
        raise RehearsalFailed("the draw was not made")
    check(file_of(draw, pool))
    guests = set(await session.scalars(sa.select(Invitation.member_id).where(Invitation.meeting_id == meeting_id)))
    if len(guests) != _SEATS or not guests <= {person.id for person in people}:
        raise RehearsalFailed("others were invited than those drawn")
