"""Answers: yes, no, a yes taken back, silence past the deadline, and members who leave."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.meetings.facts import answered
from services.meetings.locks import lock_invitations, lock_meeting, lock_meeting_of
from services.meetings.seats.domain import LINK_LASTS, SAID_YES, UNANSWERED
from services.meetings.tables import Invitation, Meeting
from shared.events.meetings import MeetingReminderDue
from shared.events.notifications import MessageFailed
from shared.messaging import Delivery, emit
from shared.service import Runtime

#: Time before the meeting at which those who have said yes are reminded.
REMINDED_BEFORE = timedelta(hours=48)
#: Mails that ask for an answer, as notifications calls them.
_INVITING = ("meeting", "meeting_volunteer", "meeting_list", "meeting_list_volunteer")


class Reply(StrEnum):
    """What an invited person may say."""

    YES = "yes"
    NO = "no"


async def find(session: AsyncSession, invitation_id: UUID, generation: int) -> tuple[Meeting, Invitation] | None:
    """An invitation as it is, to show a page; None when the link's id is unknown, outdated or the person is gone."""
    row = (
        await session.execute(
            sa.select(Meeting, Invitation).join(Meeting, Meeting.id == Invitation.meeting_id)
            .where(Invitation.id == invitation_id)
        )
    ).one_or_none()  # fmt: skip
    if row is None or row.Invitation.member_id is None or row.Invitation.generation > generation:
        return None
    return row.Meeting, row.Invitation


async def hold(
    session: AsyncSession, invitation_id: UUID, generation: int, now: datetime
) -> tuple[Meeting, Invitation] | None:
    """The invitation and its meeting, for this transaction alone; one whose time to answer is over has lapsed."""
    meeting = await lock_meeting_of(session, sa.select(Invitation.meeting_id).where(Invitation.id == invitation_id))
    if meeting is None:
        return None
    invitations = await lock_invitations(session, Invitation.id == invitation_id, Invitation.generation <= generation)
    if not invitations or invitations[0].member_id is None:
        return None
    row = invitations[0]
    if row.state in UNANSWERED and row.reply_by <= now:
        await settle(session, meeting, [row], "lapsed", now)
    return meeting, row


async def answer(session: AsyncSession, meeting: Meeting, row: Invitation, reply: Reply, now: datetime) -> None:
    """Say yes or no for a held invitation; a no after a yes takes the yes back, until the meeting starts.

    Nothing else changes: a no is final, and an invitation whose time is over holds no seat. A yes keeps the seat that
    the invitation already holds, so seats are never exceeded, however many click at once. On the waiting list a yes is
    a wish for a seat.
    """
    if row.state in UNANSWERED:
        yes = "accepted" if row.state == "invited" else "waiting"
        await settle(session, meeting, [row], yes if reply is Reply.YES else "declined", now)
    elif row.state in SAID_YES and reply is Reply.NO and meeting.state == "drawn" and now < meeting.starts_at:
        await settle(session, meeting, [row], "withdrawn", now)


async def settle(
    session: AsyncSession, meeting: Meeting, rows: Sequence[Invitation], state: str, now: datetime
) -> None:
    """Move locked invitations to a state and publish it; needs are removed with the seat."""
    for row in rows:
        row.state = state
        row.settled_at = now
        if state != "accepted":
            row.needs = None
    await emit(session, *(answered(meeting, row, row.member_id) for row in rows if row.member_id is not None))


async def lapse_silent(rt: Runtime) -> None:
    """Job: an invitation nobody has answered by its deadline gives up its seat, or its place on the waiting list."""
    due = (Invitation.state.in_(UNANSWERED), Invitation.reply_by <= rt.now())
    async with rt.transaction() as session:
        meetings = list(await session.scalars(sa.select(Invitation.meeting_id).where(*due).distinct()))
    for meeting_id in sorted(meetings):
        async with rt.transaction() as session:
            meeting = await lock_meeting(session, meeting_id)
            if meeting is not None:
                rows = await lock_invitations(session, Invitation.meeting_id == meeting_id, *due)
                if rows:
                    await settle(session, meeting, rows, "lapsed", rt.now())


async def free_unreached_seat(session: AsyncSession, event: MessageFailed, delivery: Delivery) -> None:
    """Stop waiting for an invitation whose mail the address refused.

    An invitation whose mail our own server failed to send keeps its seat, or an outage would use up the whole pool.
    """
    if event.purpose not in _INVITING or not event.address_at_fault or event.about_id is None:
        return
    meeting = await lock_meeting_of(session, sa.select(Invitation.meeting_id).where(Invitation.id == event.about_id))
    if meeting is not None:
        rows = await lock_invitations(session, Invitation.id == event.about_id, Invitation.state.in_(UNANSWERED))
        await _lapse_unreached(session, meeting, rows, delivery.now)


async def _lapse_unreached(session: AsyncSession, meeting: Meeting, rows: Sequence[Invitation], now: datetime) -> None:
    for row in rows:
        row.unreached = True
    if rows:
        await settle(session, meeting, rows, "lapsed", now)


async def give_up_seats(
    session: AsyncSession, member_id: UUID, states: Sequence[str], now: datetime, *, unreached: bool = False
) -> None:
    """End the member's invitations in these states, of meetings that have not started.

    The caller has changed the member's state while draws wait, so no new invitation can come.
    """
    mine = (Invitation.member_id == member_id, Invitation.state.in_(states))
    meetings = await session.scalars(
        sa.select(Meeting.id)
        .join(Invitation, Invitation.meeting_id == Meeting.id)
        .where(*mine, Meeting.starts_at > now)
        .order_by(Meeting.id)
    )
    for meeting_id in list(meetings):
        meeting = await lock_meeting(session, meeting_id)
        assert meeting is not None
        rows = await lock_invitations(session, Invitation.meeting_id == meeting_id, *mine)
        if unreached:
            await _lapse_unreached(session, meeting, rows, now)
        elif rows:
            await settle(session, meeting, rows, "withdrawn", now)


async def remind_due(rt: Runtime) -> None:
    """Job: remind those who have said yes, once, unless they said so only after the day of reminding."""
    now = rt.now()
    near = (
        Invitation.state == "accepted",
        Invitation.reminded_at.is_(None),
        Meeting.state == "drawn",
        Meeting.starts_at > now,
        Meeting.starts_at - REMINDED_BEFORE <= now,
        Invitation.settled_at < Meeting.starts_at - REMINDED_BEFORE,
    )
    pairs = sa.select(Meeting.id).join(Invitation, Invitation.meeting_id == Meeting.id).where(*near).distinct()
    async with rt.transaction() as session:
        meetings = list(await session.scalars(pairs))
    for meeting_id in sorted(meetings):
        async with rt.transaction() as session:
            await _remind(session, meeting_id, now)


async def _remind(session: AsyncSession, meeting_id: UUID, now: datetime) -> None:
    meeting = await lock_meeting(session, meeting_id)
    if meeting is None or meeting.state != "drawn":
        return
    rows = await lock_invitations(
        session,
        Invitation.meeting_id == meeting_id,
        Invitation.state == "accepted",
        Invitation.reminded_at.is_(None),
        Invitation.settled_at < meeting.starts_at - REMINDED_BEFORE,
    )
    for row in rows:
        row.reminded_at = now
    events = [
        MeetingReminderDue(
            invitation_id=row.id,
            meeting_id=meeting.id,
            member_id=row.member_id,
            generation=row.generation,
            link_expires_at=meeting.ends_at + LINK_LASTS,
            send_before=meeting.starts_at,
        )
        for row in rows
        if row.member_id is not None
    ]
    if events:
        await emit(session, *events)


async def forget_needs(rt: Runtime) -> None:
    """Job: practical needs are kept until the meeting is over."""
    over = sa.select(Meeting.id).where(Meeting.ends_at <= rt.now())
    async with rt.transaction() as session:
        await session.execute(
            sa.update(Invitation)
            .where(Invitation.needs.is_not(None), Invitation.meeting_id.in_(over))
            .values(needs=None)
        )
