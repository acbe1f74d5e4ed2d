"""Copies of meetings: what they are called, and who said yes to a place, to ask those who were there."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.surveys.audience.tables import Meeting, MeetingGuest
from services.surveys.tables import ErasedMember
from shared.database import upsert, upsert_many
from shared.events.meetings import MeetingAnnounced, MeetingGroupSet, MeetingInvitationAnswered
from shared.messaging import Delivery, lock

#: Groups of a meeting beside those who said yes.
GROUPS = ("present", "control")


async def keep_meeting(session: AsyncSession, event: MeetingAnnounced, _: Delivery) -> None:
    """What it is called; a cancelled one was no meeting."""
    if event.status == "cancelled":
        await session.execute(sa.delete(Meeting).where(Meeting.id == event.meeting_id))
    else:
        await upsert(session, Meeting, id=event.meeting_id, heading=event.heading, starts_at=event.starts_at)


async def keep_guests(
    session: AsyncSession, events: Sequence[MeetingInvitationAnswered], _: Sequence[Delivery]
) -> None:
    """Who has said yes and not taken it back; nothing about an erased member."""
    last: dict[UUID, MeetingInvitationAnswered] = {event.invitation_id: event for event in events}
    members = {event.member_id for event in last.values()}
    await lock(session, *members)
    erased = set(await session.scalars(sa.select(ErasedMember.id).where(ErasedMember.id.in_(members))))
    guests = [event for event in last.values() if event.reply == "accepted" and event.member_id not in erased]
    others = set(last) - {event.invitation_id for event in guests}
    await session.execute(sa.delete(MeetingGuest).where(MeetingGuest.invitation_id.in_(others)))
    if guests:
        await upsert_many(
            session,
            MeetingGuest,
            invitation_id=[event.invitation_id for event in guests],
            meeting_id=[event.meeting_id for event in guests],
            member_id=[event.member_id for event in guests],
        )


async def keep_groups(session: AsyncSession, events: Sequence[MeetingGroupSet], _: Sequence[Delivery]) -> None:
    """Who was at a meeting, and who is in its control group; nothing about an erased member."""
    last: dict[UUID, MeetingGroupSet] = {event.entry_id: event for event in events}
    members = {event.member_id for event in last.values()}
    await lock(session, *members)
    erased = set(await session.scalars(sa.select(ErasedMember.id).where(ErasedMember.id.in_(members))))
    kept = [event for event in last.values() if event.group in GROUPS and event.member_id not in erased]
    others = set(last) - {event.entry_id for event in kept}
    await session.execute(sa.delete(MeetingGuest).where(MeetingGuest.invitation_id.in_(others)))
    if kept:
        await upsert_many(
            session,
            MeetingGuest,
            invitation_id=[event.entry_id for event in kept],
            meeting_id=[event.meeting_id for event in kept],
            member_id=[event.member_id for event in kept],
            group=[event.group for event in kept],
        )
