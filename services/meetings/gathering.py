"""Gathering what meetings keeps about a member who asks: draws, invitations, replies, needs and attendance."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.meetings.tables import AskedInSurvey, Called, Candidate, Draw, DrawEntry, Invitation, Meeting
from shared.events.meetings import MemberDataGathered
from shared.events.registration import MemberDataRequested
from shared.member_data import tell_data
from shared.messaging import Delivery


async def gather_data(session: AsyncSession, event: MemberDataRequested, delivery: Delivery) -> None:
    """Answer a request."""
    if delivery.replay:
        return
    entries = await session.execute(
        sa.select(
            Meeting.slug,
            DrawEntry.chance,
            DrawEntry.drawn,
            DrawEntry.gender,
            DrawEntry.band,
            DrawEntry.area,
            DrawEntry.answer,
            DrawEntry.control,
        )
        .join(Meeting, Meeting.id == DrawEntry.meeting_id)
        .where(DrawEntry.member_id == event.member_id)
        .order_by(Meeting.slug)
    )
    committed = await session.execute(
        sa.select(Meeting.slug, Draw.root, Candidate)
        .join(Draw, Draw.meeting_id == Meeting.id)
        .join(Candidate, Candidate.draw_id == Draw.id)
        .where(Candidate.member_id == event.member_id)
        .order_by(Draw.id)
    )
    invitations = await session.execute(
        sa.select(Meeting.slug, Invitation)
        .join(Meeting, Meeting.id == Invitation.meeting_id)
        .where(Invitation.member_id == event.member_id)
        .order_by(Invitation.invited_at, Invitation.id)
    )
    calls = await session.execute(
        sa.select(Meeting.slug, Called.state, Called.answer, Called.asked_at, Called.answered_at)
        .join(Meeting, Meeting.id == Called.meeting_id)
        .where(Called.member_id == event.member_id)
        .order_by(Called.asked_at, Called.id)
    )
    mails = await session.scalars(
        sa.select(AskedInSurvey.asked_at)
        .where(AskedInSurvey.member_id == event.member_id)
        .order_by(AskedInSurvey.asked_at)
    )
    sections = {
        "mails_of_surveys": [{"asked_at": at.isoformat()} for at in mails],
        "calls": [
            {
                "meeting": row.slug,
                "reply": row.state,
                "answer": row.answer or "",
                "asked_at": row.asked_at.isoformat(),
                "replied_at": row.answered_at.isoformat() if row.answered_at else "",
            }
            for row in calls
        ],
        "draws": [
            {
                "meeting": row.slug,
                "chance": str(row.chance),
                "drawn": "yes" if row.drawn else "no",
                "gender": row.gender,
                "age_band": row.band,
                "area": row.area or "",
                "answer_to_the_call": row.answer or "",
                "control_group": "yes" if row.control else "no",
            }
            for row in entries
        ],
        # With the salt the person can check to have been in the pool that was committed to.
        "pools": [
            {
                "meeting": slug,
                "commitment": root or "",
                "number_in_pool": str(candidate.number),
                "gender": candidate.gender,
                "age_band": candidate.band,
                "area": candidate.area,
                "answer_to_the_call": candidate.answer or "",
                "salt": candidate.salt or "",
                "fingerprint": candidate.leaf,
            }
            for slug, root, candidate in committed
        ],
        "invitations": [
            {
                "meeting": slug,
                "reply": invitation.state,
                "gender": invitation.gender,
                "age_band": invitation.band,
                "area": invitation.area or "",
                "answer_to_the_call": invitation.answer or "",
                "had_a_seat": "yes" if invitation.had_seat else "no",
                "mail_came_back": "yes" if invitation.unreached else "no",
                "invited_at": invitation.invited_at.isoformat(),
                "reply_by": invitation.reply_by.isoformat(),
                "reminded_at": invitation.reminded_at.isoformat() if invitation.reminded_at else "",
                "replied_at": invitation.settled_at.isoformat() if invitation.settled_at else "",
                "code_at_the_door": invitation.code,
                "needs": ", ".join(invitation.needs or []),
                "attended": {True: "yes", False: "no", None: ""}[invitation.attended],
            }
            for slug, invitation in invitations
        ],
    }
    await tell_data(session, event, delivery, MemberDataGathered, sections)
