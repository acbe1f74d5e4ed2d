"""Whatever people do, in whatever order and at once: seats are never exceeded, everybody is in exactly one state."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.meetings.planning.cancelling import cancel_meeting
from services.meetings.seats.answering import Reply
from services.meetings.seats.domain import LIVE
from services.meetings.tables import Invitation, Meeting
from shared.events.meetings import MeetingInvitationAnswered, MeetingInvitationIssued
from shared.events.registration import MemberErased, MemberLeft
from shared.service import Runtime
from shared.testing import Deliverer, move, outbox
from tests.meetings.given import a_drawn_meeting, invitations, reply, run_jobs
from tests.members import many, margins

SEATS = 4

#: What happens next: somebody (counted from the oldest invitation) does something, several at once, or time passes.
one_step = st.one_of(
    st.tuples(
        st.just("click"), st.lists(st.tuples(st.integers(0, 30), st.sampled_from(Reply)), min_size=1, max_size=6)
    ),
    st.tuples(st.just("wait"), st.integers(1, 200)),
    st.tuples(st.just("jobs"), st.integers(1, 3)),
    st.tuples(st.just("leave"), st.integers(0, 30)),
    st.tuples(st.just("erase"), st.integers(0, 30)),
    st.tuples(st.just("cancel"), st.just(None)),
)


async def check(rt: Runtime) -> None:
    """The invariants, after every step."""
    async with rt.transaction() as session:
        live = await session.execute(
            sa.select(Meeting.seats, sa.func.count(Invitation.id))
            .outerjoin(Invitation, sa.and_(Invitation.meeting_id == Meeting.id, Invitation.state.in_(LIVE)))
            .group_by(Meeting.id)
        )  # fmt: skip
        for seats, guests in live:
            assert guests <= seats
        # One row a person, one state a row, and the history each was told of ends in that state.
        twice = await session.scalars(
            sa.select(Invitation.member_id)
            .where(Invitation.member_id.is_not(None))
            .group_by(Invitation.member_id)
            .having(sa.func.count() > 1)
        )
        assert list(twice) == []
    replies: dict[Any, str] = {}
    for fact in await outbox(rt, MeetingInvitationIssued, MeetingInvitationAnswered):
        if isinstance(fact, MeetingInvitationIssued):
            assert fact.invitation_id not in replies
            replies[fact.invitation_id] = "invited"
        elif isinstance(fact, MeetingInvitationAnswered):
            before = replies[fact.invitation_id]
            assert before == "invited" or (before, fact.reply) == ("accepted", "withdrawn")
            replies[fact.invitation_id] = fact.reply
    for row in await invitations(rt):
        if row.member_id is not None and row.state != "ended":
            assert replies[row.id] == row.state
    yes_count = sum(1 for state in replies.values() if state == "accepted")
    assert yes_count <= SEATS


async def play(rt: Runtime, deliver: Deliverer, steps: Sequence[tuple[str, Any]]) -> None:
    await deliver(margins(), *many(rt.now(), 14))
    meeting = await a_drawn_meeting(rt, seats=SEATS)
    for what, how in steps:
        rows = await invitations(rt)
        if what == "click":
            clicks = [reply(rt, rows[place % len(rows)], says) for place, says in how]
            await asyncio.gather(*clicks, run_jobs(rt))
        elif what == "wait":
            move(rt, timedelta(hours=how))
        elif what == "jobs":
            await asyncio.gather(*(run_jobs(rt) for _ in range(how)))
        elif what == "cancel":
            async with rt.transaction() as session:
                await cancel_meeting(session, meeting.id, rt.now())
        else:
            await _go(rt, deliver, what, rows[how % len(rows)])
        await check(rt)
    await run_jobs(rt)
    await check(rt)


async def _go(rt: Runtime, deliver: Deliverer, what: str, row: Invitation) -> None:
    if row.member_id is None:
        return
    events: list[MemberLeft | MemberErased] = [MemberLeft(member_id=row.member_id, left_at=rt.now())]
    if what == "erase":
        events.append(MemberErased(member_id=row.member_id, erased_at=rt.now()))
    # Leaving and a click on the same invitation meet.
    await asyncio.gather(deliver(*events), reply(rt, row, Reply.YES), run_jobs(rt))


@pytest.fixture
def world(runtime_of: Callable[..., Awaitable[Runtime]], tmp_path: Path) -> Callable[[], Awaitable[Runtime]]:
    """A new, empty world for every example."""

    def make() -> Awaitable[Runtime]:
        (tmp_path / "clock").unlink(missing_ok=True)
        return runtime_of("meetings")

    return make


async def test_seats_are_never_exceeded_and_everybody_is_in_exactly_one_state(
    world: Callable[[], Awaitable[Runtime]],
) -> None:
    loop = asyncio.get_running_loop()

    @given(st.lists(one_step, min_size=1, max_size=8))
    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    def run(steps: list[tuple[str, Any]]) -> None:
        async def example() -> None:
            rt = await world()
            await play(rt, Deliverer(rt), steps)
            await rt.database.close()

        asyncio.run_coroutine_threadsafe(example(), loop).result(120)

    await asyncio.to_thread(run)
