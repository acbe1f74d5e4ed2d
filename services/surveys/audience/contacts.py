"""The contact cap: copies of the asking mails of meetings, and the number each member has had in the quarter."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.surveys.audience.tables import AskedToMeeting
from services.surveys.tables import ErasedMember, Invitation, Member, Survey
from shared.asked_mails import forget_asked_mails, keep_asked_mails
from shared.contact_cap import may_be_asked, quarter_began
from shared.events.meetings import (
    MeetingCallAnswered,
    MeetingCallIssued,
    MeetingInvitationAnswered,
    MeetingInvitationIssued,
)
from shared.messaging import Delivery

MeetingMail = MeetingInvitationIssued | MeetingInvitationAnswered | MeetingCallIssued | MeetingCallAnswered


async def keep_meeting_mails(
    session: AsyncSession, events: Sequence[MeetingMail], deliveries: Sequence[Delivery]
) -> None:
    """Keep when meetings asked each member; nothing about an erased one."""
    await keep_asked_mails(
        session,
        AskedToMeeting,
        events,
        deliveries,
        invitation=MeetingInvitationIssued,
        erasures=sa.select(ErasedMember.id),
    )


def mails_counted(now: datetime, *members: sa.ColumnElement[bool]) -> sa.Subquery:
    """(member_id, mails): how many mails that asked something each got in the quarter; those with none lack.

    ``members`` are conditions on ``Member`` that narrow it down, for a batch.
    """
    since = quarter_began(now)
    # Mails go out while a survey is open: the invitations of one that was over by then hold none that count.
    lately = sa.select(Survey.id).where(sa.or_(Survey.closed_at.is_(None), Survey.closed_at > since))
    mine = sa.select(Invitation.member_id, sa.func.unnest(Invitation.asked_at).label("at")).where(
        Invitation.member_id.is_not(None), Invitation.survey_id.in_(lately)
    )
    others = sa.select(AskedToMeeting.member_id, AskedToMeeting.asked_at.label("at"))
    if members:
        ids = sa.select(Member.id).where(*members)
        mine = mine.where(Invitation.member_id.in_(ids))
        others = others.where(AskedToMeeting.member_id.in_(ids))
    mails = sa.union_all(mine, others).subquery()
    return (
        sa.select(mails.c.member_id, sa.func.count().label("mails"))
        .where(mails.c.at > since)
        .group_by(mails.c.member_id)
        .subquery()
    )


def at_the_cap(now: datetime, cap: int, *members: sa.ColumnElement[bool]) -> sa.Select[UUID]:
    """Members at the contact cap, who may not be asked now."""
    mails = mails_counted(now, *members)
    return sa.select(mails.c.member_id).where(sa.not_(may_be_asked(mails.c.mails, cap)))


#: Job: what no longer counts goes.
forget_mails = forget_asked_mails(AskedToMeeting)
