"""A letter that waited behind another and fails for good, once nothing is ahead of it."""

import sqlalchemy as sa

from shared.events.registration import MemberLeft
from shared.mechanism import mechanism
from shared.messaging.dead_letters import drop, redriving
from shared.messaging.keeping import left_waiting
from shared.service import Runtime
from shared.testing import Deliverer, dead_letters
from tests.shared.test_inbox import AT, Applied, joined, runtime

__all__ = ["runtime"]


async def test_what_waited_and_then_fails_itself_is_shown_as_failed_with_its_reason_and_tried_no_more_by_itself(
    runtime: Runtime, applied: Applied
) -> None:
    deliver, broken = Deliverer(runtime), joined()
    applied.failing.add(broken.member_id)
    await deliver(
        broken, MemberLeft(member_id=broken.member_id, left_at=AT), MemberLeft(member_id=broken.member_id, left_at=AT)
    )
    first, *_ = await dead_letters(runtime)
    async with runtime.transaction() as session:
        await drop(session, first.id)
        assert await left_waiting(session)
    assert await redriving(runtime).all(AT) == (0, 2)
    assert [(letter.state, letter.reason) for letter in await dead_letters(runtime)][-2:] == [
        ("dead", "PermanentError"),
        ("waiting", "subject_waits"),
    ]
    async with runtime.transaction() as session:
        assert not await left_waiting(session)
    applied.failing.clear()
    assert await redriving(runtime).all(AT) == (2, 0)


async def test_a_waiting_letter_whose_handler_has_gone_says_so(runtime: Runtime, applied: Applied) -> None:
    deliver, broken = Deliverer(runtime), joined()
    applied.failing.add(broken.member_id)
    await deliver(broken)
    letter = mechanism("example").dead_letter
    async with runtime.transaction() as session:
        await session.execute(sa.update(letter).values(state="waiting", handler="example.renamed"))
    assert await redriving(runtime).all(AT) == (0, 1)
    assert [(row.state, row.reason) for row in await dead_letters(runtime)] == [("dead", "handler_gone")]
