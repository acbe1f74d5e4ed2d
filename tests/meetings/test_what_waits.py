"""Whoever invites and whoever changes a member's state wait for each other: an erased person is never asked or told."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from services.meetings.afterwards.concluding import keep_follow_up
from services.meetings.afterwards.evaluating import groups_before
from services.meetings.calling.sending import send_some
from services.meetings.copying import project_members
from services.meetings.locks import hold_draws, wait_for_draws
from services.meetings.planning.announcing import announce_meeting
from services.meetings.seats.drawing import draw_meeting
from services.meetings.seats.filling import fill_meeting
from services.meetings.seats.preparing import fix_pool
from shared.events.registration import MemberLeft
from shared.events.results import FollowUpRecorded
from shared.ids import new_id
from shared.messaging import Delivery
from shared.service import Runtime
from tests.waiting import waits

#: The verb, and what it takes after session and meeting.
INVITING: list[tuple[Callable[..., Awaitable[Any]], int]] = [
    (announce_meeting, 2), (fix_pool, 2), (draw_meeting, 2), (fill_meeting, 3),
    (send_some, 2), (groups_before, 2),
]  # fmt: skip


@pytest.mark.parametrize(("verb", "more"), INVITING, ids=lambda one: getattr(one, "__name__", ""))
async def test_whoever_invites_waits_for_a_change_of_a_member(
    rt: Runtime, verb: Callable[..., Awaitable[Any]], more: int
) -> None:
    async def invite() -> None:
        async with rt.transaction() as session:
            await verb(session, new_id(), *[None] * more)

    async with rt.transaction() as session:
        await wait_for_draws(session)
        inviting = asyncio.create_task(invite())
        assert await waits(rt, inviting), "it went on and may ask somebody who is being erased"
        inviting.cancel()
    await asyncio.gather(inviting, return_exceptions=True)


@pytest.mark.parametrize("what", ["member", "follow_up"])
async def test_whoever_hears_of_a_member_or_tells_one_waits_for_who_invites(rt: Runtime, what: str) -> None:
    now = rt.now()
    delivery = Delivery(now, rt.settings, new_id(), 1, False, None)
    recorded = FollowUpRecorded(
        follow_up_id=new_id(), about="meeting", about_id=new_id(), slug="x", done={"nb": "x"}, done_on="2027-03-01",
        recorded_at=now,
    )  # fmt: skip

    async def hear() -> None:
        async with rt.transaction() as session:
            if what == "member":
                await project_members(session, [MemberLeft(member_id=new_id(), left_at=now)], [delivery])
            else:
                await keep_follow_up(session, recorded, delivery)

    async with rt.transaction() as session:
        await hold_draws(session)
        hearing = asyncio.create_task(hear())
        assert await waits(rt, hearing)
    await hearing
