"""The contact cap: copies of the asking mails of surveys, and members who have had as many as the cap allows."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.meetings.tables import AskedInSurvey, Called, Invitation, Member
from shared.asked_mails import forget_asked_mails, keep_asked_mails
from shared.contact_cap import may_be_asked, quarter_began
from shared.events.surveys import SurveyAnswered, SurveyInvitationIssued, SurveyReminderDue
from shared.messaging import Delivery

SurveyMail = SurveyInvitationIssued | SurveyReminderDue | SurveyAnswered


async def keep_survey_mails(
    session: AsyncSession, events: Sequence[SurveyMail], deliveries: Sequence[Delivery]
) -> None:
    """Keep when surveys asked each member; nothing about an erased one."""
    await keep_asked_mails(
        session,
        AskedInSurvey,
        events,
        deliveries,
        invitation=SurveyInvitationIssued,
        erasures=sa.select(Member.id).where(Member.erased),
    )


def at_the_cap(now: datetime, cap: int) -> sa.Select[UUID]:
    """Members at the contact cap: mails of the quarter have asked them often enough."""
    mine = sa.select(Invitation.member_id).where(
        Invitation.invited_at > quarter_began(now), Invitation.member_id.is_not(None)
    )
    calls = sa.select(Called.member_id).where(Called.asked_at > quarter_began(now), Called.member_id.is_not(None))
    others = sa.select(AskedInSurvey.member_id).where(AskedInSurvey.asked_at > quarter_began(now))
    mails = sa.union_all(mine, calls, others).subquery()
    full = sa.not_(may_be_asked(sa.func.count(), cap))
    return sa.select(mails.c.member_id).group_by(mails.c.member_id).having(full)


#: Job: what no longer counts goes.
forget_mails = forget_asked_mails(AskedInSurvey)
