"""Events made from rows: each is a fact when it happens and the row's current state when it is sent again."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.meetings.draw.commitment import Way
from services.meetings.seats.domain import LINK_LASTS
from services.meetings.seats.promising import kind_of_candidate
from services.meetings.tables import Called, Candidate, Draw, DrawEntry, Invitation, Meeting, Notice
from shared.events.meetings import (
    DrawProofIssued,
    MeetingAnnounced,
    MeetingCallAnswered,
    MeetingCallIssued,
    MeetingInvitationAnswered,
    MeetingInvitationIssued,
    MeetingNoticeDue,
    MemberEnteredDraw,
)
from shared.ids import new_id
from shared.messaging import emit_new

#: Notices whose link leads to the person's own page with the calendar file.
_OWN_PAGE = ("changed", "cancelled")
#: A notice of minutes or of a follow-up is worth sending for this long.
NOTICE_LASTS = timedelta(days=30)


def announced(meeting: Meeting) -> MeetingAnnounced:
    """The meeting's full public state."""
    return MeetingAnnounced(
        meeting_id=meeting.id,
        slug=meeting.slug,
        heading=meeting.heading,
        purpose=meeting.purpose,
        place=meeting.place,
        starts_at=meeting.starts_at,
        ends_at=meeting.ends_at,
        seats=meeting.seats,
        reply_by=meeting.reply_by,
        status=meeting.state,
    )


def call_issued(meeting: Meeting, row: Called) -> MeetingCallIssued:
    """The person is asked whether to be in the draw."""
    assert row.member_id is not None
    assert meeting.called_until is not None
    return MeetingCallIssued(
        invitation_id=row.id,
        meeting_id=meeting.id,
        member_id=row.member_id,
        generation=1,
        link_expires_at=meeting.ends_at + LINK_LASTS,
        send_before=meeting.called_until,
        asked_at=(row.asked_at,),
    )


def call_answered(row: Called, member_id: UUID) -> MeetingCallAnswered:
    """The person has answered; ``row`` has the answer."""
    assert row.answered_at is not None
    return MeetingCallAnswered(
        invitation_id=row.id,
        meeting_id=row.meeting_id,
        member_id=member_id,
        reply=row.state,
        answered_at=row.answered_at,
        asked_at=(row.asked_at,),
    )


def issued(meeting: Meeting, row: Invitation) -> MeetingInvitationIssued:
    """The person is asked; the mail is worth sending while there is time to answer."""
    assert row.member_id is not None
    return MeetingInvitationIssued(
        invitation_id=row.id,
        meeting_id=meeting.id,
        member_id=row.member_id,
        generation=row.generation,
        replacement=row.replaces is not None,
        waiting_list=row.state == "reserve",
        volunteer=meeting.called_until is not None,
        reply_by=row.reply_by,
        link_expires_at=meeting.ends_at + LINK_LASTS,
        send_before=row.reply_by,
        asked_at=(row.invited_at,),
    )


def answered(meeting: Meeting, row: Invitation, member_id: UUID) -> MeetingInvitationAnswered:
    """The person's answer, or silence; ``row`` is settled."""
    assert row.settled_at is not None
    return MeetingInvitationAnswered(
        invitation_id=row.id,
        meeting_id=meeting.id,
        member_id=member_id,
        reply=row.state,
        answered_at=row.settled_at,
        generation=row.generation,
        link_expires_at=meeting.ends_at + LINK_LASTS,
        send_before=meeting.starts_at,
        asked_at=(row.invited_at,),
    )


def entered(entry: DrawEntry, draw_id: UUID) -> MemberEnteredDraw:
    """The member's chance in the draw."""
    assert entry.member_id is not None
    return MemberEnteredDraw(
        entry_id=entry.id,
        draw_id=draw_id,
        meeting_id=entry.meeting_id,
        member_id=entry.member_id,
        chance=entry.chance,
        drawn=entry.drawn,
    )


def proof_issued(entry: DrawEntry, draw: Draw, candidate: Candidate, path: Way) -> DrawProofIssued:
    """The member's proof of having been in the pool, as long as its salt is kept."""
    assert entry.member_id is not None
    assert candidate.salt is not None
    return DrawProofIssued(
        entry_id=entry.id,
        meeting_id=entry.meeting_id,
        member_id=entry.member_id,
        salt=candidate.salt,
        kind=kind_of_candidate(candidate),
        path=tuple((side, sister) for side, sister in path),
        root=draw.root or "",
        digest=draw.digest or "",
    )


async def tell(
    session: AsyncSession,
    meeting: Meeting,
    rows: Sequence[Invitation],
    notice: str,
    send_before: datetime,
    follow_up_id: UUID | None = None,
) -> int:
    """Ask for one mail to each of these, erased ones left out, nobody twice about one follow-up; how many."""
    people = {row.id: row for row in rows if row.member_id is not None}
    if not people:
        return 0
    values = [{"id": new_id(), "invitation_id": id_, "follow_up_id": follow_up_id} for id_ in people]
    notices = await session.execute(
        pg_insert(Notice).values(values).on_conflict_do_nothing().returning(Notice.id, Notice.invitation_id)
    )
    events = [
        MeetingNoticeDue(
            notice_id=new.id,
            invitation_id=new.invitation_id,
            meeting_id=meeting.id,
            member_id=member_id,
            notice=notice,
            generation=people[new.invitation_id].generation,
            send_before=send_before,
            link_expires_at=meeting.ends_at + LINK_LASTS if notice in _OWN_PAGE else None,
        )
        for new in notices
        if (member_id := people[new.invitation_id].member_id) is not None
    ]
    await emit_new(session, events)
    return len(events)


async def invitations_of(session: AsyncSession, meeting_id: UUID, *states: str) -> Sequence[Invitation]:
    """The meeting's invitations in these states (or all), in the order they were sent."""
    statement = sa.select(Invitation).where(Invitation.meeting_id == meeting_id).order_by(Invitation.id)
    if states:
        statement = statement.where(Invitation.state.in_(states))
    return (await session.scalars(statement)).all()
