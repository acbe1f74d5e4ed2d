"""Copies of registration's facts this service needs: members, thresholds, age bands; and their erasure."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.surveys.audience.choosing import invitable
from services.surveys.audience.contacts import at_the_cap
from services.surveys.audience.tables import AskedToMeeting, Candidate, MeetingGuest
from services.surveys.fieldwork.inviting import invite_latecomers
from services.surveys.locks import wait_for_openings
from services.surveys.tables import Draft, ErasedMember, FollowUpNotice, Invitation, Margins, Member, Threshold
from shared.database import insert_new, upsert, upsert_many
from shared.events.registration import (
    MemberChanged,
    MemberErased,
    MemberJoined,
    MemberLeft,
    MemberState,
    PanelThresholdReached,
    PanelThresholdSet,
    PopulationMarginsSet,
)
from shared.events.surveys import MemberDataErased
from shared.messaging import Delivery, emit, forget_subject, lock
from shared.profile.keeping import profile_in_force

MemberEvent = MemberJoined | MemberChanged | MemberLeft | MemberErased


async def project_members(session: AsyncSession, events: Sequence[MemberEvent], deliveries: Sequence[Delivery]) -> None:
    """Keep the members' states; those who joined before an open survey opened are invited now.

    So is, where the survey asks who joins while it is open, a member who says yes to surveys or ends a pause meanwhile.
    States in a row are stored together: an import or a state sent again is a few statements a batch.
    """
    if any(isinstance(event, MemberJoined | MemberChanged) for event in events):
        # The lock comes first: either the opening sees these members, or this handler sees the open survey.
        await wait_for_openings(session)
    states: dict[UUID, MemberState] = {}
    late: set[UUID] = set()
    changed_ids: set[UUID] = set()
    for event, delivery in zip(events, deliveries, strict=True):
        match event:
            case MemberJoined() | MemberChanged():
                states[event.member_id] = event
                if not delivery.replay:
                    (late if isinstance(event, MemberJoined) else changed_ids).add(event.member_id)
            case MemberLeft():
                await _keep_members(session, states, late, changed_ids, delivery)
                await _withdraw(session, event.member_id)
            case MemberErased():
                await _keep_members(session, states, late, changed_ids, delivery)
                await erase_member(session, event.member_id, delivery.now)
    if deliveries:
        await _keep_members(session, states, late, changed_ids, deliveries[-1])


async def _keep_members(
    session: AsyncSession, states: dict[UUID, MemberState], late: set[UUID], changed_ids: set[UUID], delivery: Delivery
) -> None:
    """Store the states and invite who is late, or wants to be asked from now on; empties all. Erased stay erased."""
    await lock(session, *states)
    asked_before = set(await session.scalars(sa.select(Member.id).where(Member.id.in_(changed_ids), invitable())))
    erased_ids = set(await session.scalars(sa.select(ErasedMember.id).where(ErasedMember.id.in_(states))))
    living = [state for id_, state in states.items() if id_ not in erased_ids]
    if living:
        await upsert_many(
            session,
            Member,
            id=[state.member_id for state in living],
            year_of_birth=[state.year_of_birth for state in living],
            gender=[state.gender for state in living],
            area=[state.area for state in living],
            purposes=[state.purposes for state in living],
            status=[state.standing for state in living],
            joined_at=[state.joined_at for state in living],
            language=[state.language for state in living],
        )
        await invite_latecomers(session, late - erased_ids, delivery.now, delivery.settings.zone)
        willing = await _below_cap(session, changed_ids - asked_before - erased_ids, delivery)
        await invite_latecomers(session, willing, delivery.now, delivery.settings.zone, new=True)
    for emptied in (states, late, changed_ids):
        emptied.clear()


async def _below_cap(session: AsyncSession, members: set[UUID], delivery: Delivery) -> set[UUID]:
    """The ids of members who have not been asked too often lately."""
    if not members:
        return members
    cap = (await profile_in_force(session, delivery.settings)).contact_cap
    return members - set(await session.scalars(at_the_cap(delivery.now, cap, Member.id.in_(members))))


async def _withdraw(session: AsyncSession, member_id: UUID) -> list[UUID]:
    """Take the member out of every survey; the ids of the invitations, which are locked.

    Links already sent open nothing any more, and what was half-finished goes, and with it what says which answer is the
    person's. Deleting the member waits for a batch of
    invitations being made right now, so none is missed; their locks wait for a page being answered right now.
    """
    await session.execute(sa.delete(Member).where(Member.id == member_id))
    invitations = list(await session.scalars(sa.select(Invitation.id).where(Invitation.member_id == member_id)))
    await lock(session, *invitations)
    await session.execute(
        sa.update(Invitation)
        .where(Invitation.id.in_(invitations), Invitation.answered_at.is_(None))
        .values(generation=Invitation.generation + 1)
    )
    await session.execute(sa.delete(Draft).where(Draft.invitation_id.in_(invitations)))
    return invitations


async def erase_member(session: AsyncSession, member_id: UUID, now: datetime) -> None:
    """Erase everything about the person, leave a tombstone, and publish the receipt.

    Answers already sent in cannot be found, and that is the point of them; counts of invited and answered stay.
    """
    await lock(session, member_id)
    if not await insert_new(session, ErasedMember, id=member_id, erased_at=now):
        return
    invitations = await _withdraw(session, member_id)
    await session.execute(sa.update(Invitation).where(Invitation.id.in_(invitations)).values(member_id=None))
    for table in (AskedToMeeting, MeetingGuest):
        await session.execute(sa.delete(table).where(table.member_id == member_id))
    # The fingerprint stays, so that the pool can still be checked; without the salt nobody can try whose it was.
    mine = sa.update(Candidate).where(Candidate.member_id == member_id).values(member_id=None, salt=None)
    candidates = list(await session.scalars(mine.returning(Candidate.id)))
    notices = await session.scalars(
        sa.delete(FollowUpNotice).where(FollowUpNotice.invitation_id.in_(invitations)).returning(FollowUpNotice.id)
    )
    await forget_subject(session, member_id, *invitations, *notices, *candidates)
    await emit(session, MemberDataErased(member_id=member_id, erased_at=now))


async def project_threshold(
    session: AsyncSession, event: PanelThresholdSet | PanelThresholdReached, _: Delivery
) -> None:
    """Remember announced sizes and that one was reached; surveys planned for it are opened by the job."""
    role = event.role if isinstance(event, PanelThresholdSet) else ""
    statement = pg_insert(Threshold).values(
        id=event.threshold_id, size=event.size, role=role, reached_at=event.reached_at
    )
    new = statement.excluded
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["id"],
            set_={
                "size": new.size,
                "role": sa.case((new.role == "", Threshold.role), else_=new.role),
                "reached_at": sa.func.coalesce(Threshold.reached_at, new.reached_at),
            },
        )
    )


async def project_margins(session: AsyncSession, event: PopulationMarginsSet, _: Delivery) -> None:
    """Keep the newest age bands; surveys already open keep those they opened with."""
    areas = [
        {
            "code": area.area,
            "name": area.label or area.area,
            "population": area.population,
            "cells": [cell.model_dump() for cell in area.cells],
        }
        for area in event.area_margins
    ]
    await upsert(
        session, Margins, id=event.margins_id, year=event.year, bands=event.bands, population=event.margins, areas=areas
    )
