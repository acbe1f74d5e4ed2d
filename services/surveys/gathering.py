"""The part of surveys in a member's data file: that they were asked and took part, never what was answered."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.surveys.audience.tables import AskedToMeeting, Candidate, MeetingGuest
from services.surveys.tables import Draft, Invitation
from shared.events.registration import MemberDataRequested
from shared.events.surveys import MemberDataGathered
from shared.member_data import tell_data
from shared.messaging import Delivery


async def gather_data(session: AsyncSession, event: MemberDataRequested, delivery: Delivery) -> None:
    """Answer a request; half-finished answers rest sealed, so the file says that there are some and not what."""
    if delivery.replay:
        return
    started = sa.exists().where(Draft.survey_id == Invitation.survey_id, Draft.invitation_id == Invitation.id)
    invitations = await session.execute(
        sa.select(Invitation, started)
        .where(Invitation.member_id == event.member_id)
        .order_by(Invitation.invited_at, Invitation.id)
    )
    rows = [
        {
            "survey_id": str(invitation.survey_id),
            "invited_at": invitation.invited_at.isoformat(),
            "mails_sent_at": ", ".join(at.isoformat() for at in invitation.asked_at),
            "answered_at": invitation.answered_at.isoformat() if invitation.answered_at else "",
            "reminded_at": invitation.reminded_at.isoformat() if invitation.reminded_at else "",
            "told_of_the_result_at": invitation.noticed_at.isoformat() if invitation.noticed_at else "",
            "gender": invitation.gender,
            "age_band": invitation.band,
            "area": invitation.area or "",
            "half_finished_answers": "sealed, until sent in or until the survey closes"
            if has_draft and invitation.answered_at is None
            else "none",
            "answer": "sealed, yours to see and change by your link until the survey closes"
            if has_draft and invitation.answered_at
            else "",
        }
        for invitation, has_draft in invitations
    ]
    mails = await session.scalars(
        sa.select(AskedToMeeting.asked_at)
        .where(AskedToMeeting.member_id == event.member_id)
        .order_by(AskedToMeeting.asked_at)
    )
    candidates = await session.scalars(
        sa.select(Candidate).where(Candidate.member_id == event.member_id).order_by(Candidate.id)
    )
    guests = await session.scalars(sa.select(MeetingGuest).where(MeetingGuest.member_id == event.member_id))
    pools = [
        {
            "survey_id": str(candidate.survey_id),
            "outcome": candidate.outcome,
            "gender": candidate.gender,
            "age_band": candidate.band,
            "area": candidate.area or "",
            "mails_in_the_quarter": str(candidate.mails),
            # With the salt the person can check to have been in the pool whose fingerprint is public.
            "salt": candidate.salt or "",
            "fingerprint": candidate.leaf,
        }
        for candidate in candidates
    ]
    sections = {
        "invitations": rows,
        "pools": pools,
        "meetings": [{"meeting_id": str(guest.meeting_id), "group": guest.group} for guest in guests],
        "mails_of_meetings": [{"asked_at": at.isoformat()} for at in mails],
    }
    await tell_data(session, event, delivery, MemberDataGathered, sections)
