"""Sending a call: staff decide on it, and a job asks its members, a thousand at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.meetings.calling.answering import takes_answers
from services.meetings.contacts import at_the_cap
from services.meetings.facts import call_issued
from services.meetings.locks import hold_draws, lock_meeting
from services.meetings.seats.lottery import FEATURES, Kind
from services.meetings.seats.pool import WILLING, kind_of, newest_margins, rested
from services.meetings.seats.preparing import current_draw
from services.meetings.tables import Called, Margins, Meeting, Member
from shared.ids import new_id
from shared.messaging import emit_new
from shared.service import Runtime

#: Members looked at in one transaction.
BATCH = 1000
_FIRST = UUID(int=0)


@dataclass(frozen=True)
class Call:
    """What staff decide about a call."""

    until: datetime
    only: Mapping[str, Sequence[str]]
    """Values to ask, by feature; an empty list means everybody."""
    question: str = ""
    options: Sequence[str] = ()

    def is_for(self, kind: Kind) -> bool:
        """Whether people of this kind are asked."""
        pairs = zip(FEATURES, kind, strict=False)
        return all(value in self.only[feature] for feature, value in pairs if self.only.get(feature))


async def may_call(session: AsyncSession, meeting: Meeting, now: datetime) -> bool:
    """Whether a call may be sent: no other is under way, and no draw is asked for or made."""
    if meeting.state != "announced" or meeting.calling is not None or takes_answers(meeting, now):
        return False
    return await current_draw(session, meeting.id) is None


async def start_call(session: AsyncSession, meeting_id: UUID, call: Call, now: datetime) -> Meeting | None:
    """Keep the call; the job sends it. None when there may be none.

    A later call asks others, as the earlier one did: its question stays, since some have answered it.
    """
    meeting = await lock_meeting(session, meeting_id)
    if meeting is None or not await may_call(session, meeting, now):
        return None
    meeting.called_until, meeting.calling = call.until, _FIRST
    only = {feature: list(values) for feature, values in call.only.items()}
    question = meeting.call or {"question": call.question, "options": list(call.options)}
    meeting.call = {"question": question["question"], "options": question["options"], "only": only}
    return meeting


async def end_call(session: AsyncSession, meeting_id: UUID, now: datetime) -> Meeting | None:
    """Take no more answers from now on; None when the call is over. What people were told stays known."""
    meeting = await lock_meeting(session, meeting_id)
    if meeting is None or not takes_answers(meeting, now):
        return None
    assert meeting.called_until is not None
    meeting.call = {**(meeting.call or {}), "told": meeting.called_until.isoformat()}
    meeting.called_until, meeting.calling = now, None
    return meeting


async def who_is_called(
    session: AsyncSession, meeting: Meeting, call: Call, now: datetime, cap: int, after: UUID = _FIRST, most: int = 0
) -> tuple[list[UUID], UUID | None]:
    """Whom the call asks, of the next ``most`` willing members (0 is all) behind ``after``; and the last looked at.

    Those asked to a meeting lately, by an earlier call to this one, or at the contact cap are not asked.
    """
    willing = (
        sa.select(Member.id, Member.gender, Member.year_of_birth, Member.area)
        .where(WILLING, Member.id > after)
        .order_by(Member.id)
    )
    before = sa.select(Called.member_id).where(Called.meeting_id == meeting.id)
    silent: set[UUID | None] = set()
    for which in (rested(meeting, now), at_the_cap(now, cap), before):
        silent |= set(await session.scalars(which))
    rows = (await session.execute(willing.limit(most) if most else willing)).all()
    margins = await newest_margins(session)
    ids = [row.id for row in rows if row.id not in silent and call.is_for(_kind(row, margins))]
    return ids, rows[-1].id if rows else None


def _kind(row: sa.Row[UUID, str | None, int | None, str | None], margins: Margins | None) -> Kind:
    return kind_of(row.gender, row.year_of_birth, row.area, margins)


async def send_calls(rt: Runtime) -> None:
    """Job: ask the next of those a call is for; after a crash it goes on where it stopped."""
    async with rt.transaction() as session:
        sending = list(await session.scalars(sa.select(Meeting.id).where(Meeting.calling.is_not(None))))
    for meeting_id in sorted(sending):
        while True:
            async with rt.transaction() as session:
                if not await send_some(session, meeting_id, rt.now(), rt.profile.contact_cap):
                    break


async def send_some(session: AsyncSession, meeting_id: UUID, now: datetime, cap: int) -> bool:
    """Ask the next batch; whether there may be more."""
    # An erasure waits, so nobody who is being erased is asked.
    await hold_draws(session)
    meeting = await lock_meeting(session, meeting_id)
    if meeting is None or meeting.calling is None or meeting.called_until is None or meeting.call is None:
        return False
    if meeting.state != "announced" or now >= meeting.called_until:
        meeting.calling = None
        return False
    call = Call(meeting.called_until, meeting.call["only"])
    ids, meeting.calling = await who_is_called(session, meeting, call, now, cap, meeting.calling, BATCH)
    rows = [Called(id=new_id(), meeting_id=meeting_id, member_id=id_, state="asked", asked_at=now) for id_ in ids]
    session.add_all(rows)
    await emit_new(session, [call_issued(meeting, row) for row in rows])
    return meeting.calling is not None
