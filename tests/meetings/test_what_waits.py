"""Whoever invites waits until a member's state that is being changed is known: an erased person is never asked."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from services.meetings.afterwards.evaluating import groups_before
from services.meetings.calling.sending import send_some
from services.meetings.locks import wait_for_draws
from services.meetings.planning.announcing import announce_meeting
from services.meetings.seats.drawing import draw_meeting
from services.meetings.seats.filling import fill_meeting
from services.meetings.seats.preparing import fix_pool
from shared.ids import new_id
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
