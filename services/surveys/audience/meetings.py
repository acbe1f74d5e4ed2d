"""Copies of meetings: what they are called, and who said yes to a place, to ask those who were there."""

from collections.abc import Mapping, Sequence
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
    """Store the meeting's name; a cancelled meeting goes."""
    if event.status == "cancelled":
        await session.execute(sa.delete(Meeting).where(Meeting.id == event.meeting_id))
    else:
        await upsert(session, Meeting, id=event.meeting_id, heading=event.heading, starts_at=event.starts_at)


async def keep_guests(
    session: AsyncSession, events: Sequence[MeetingInvitationAnswered], _: Sequence[Delivery]
) -> None:
    """Store who has said yes and not taken it back."""
    places = {
        event.invitation_id: (event.meeting_id, event.member_id, "guest" if event.reply == "accepted" else None)
        for event in events
    }
    await _keep_places(session, places)


async def keep_groups(session: AsyncSession, events: Sequence[MeetingGroupSet], _: Sequence[Delivery]) -> None:
    """Store who was at a meeting, and who is in its control group."""
    places = {
        event.entry_id: (event.meeting_id, event.member_id, event.group if event.group in GROUPS else None)
        for event in events
    }
    await _keep_places(session, places)


async def _keep_places(session: AsyncSession, places: Mapping[UUID, tuple[UUID, UUID, str | None]]) -> None:
    """Store (meeting, member, group) of each place; without a group there is none, nor of an erased member."""
    members = {member_id for _, member_id, _ in places.values()}
    await lock(session, *members)
    erased_ids = set(await session.scalars(sa.select(ErasedMember.id).where(ErasedMember.id.in_(members))))
    rows = [(id_, *place) for id_, place in places.items() if place[2] and place[1] not in erased_ids]
    empty = places.keys() - {id_ for id_, *_ in rows}
    await session.execute(sa.delete(MeetingGuest).where(MeetingGuest.invitation_id.in_(empty)))
    if rows:
        names = ("invitation_id", "meeting_id", "member_id", "group")
        columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
        await upsert_many(session, MeetingGuest, **columns)
