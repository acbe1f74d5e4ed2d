"""Copies of registration's facts this service needs: members, thresholds, age bands; and their erasure."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.surveys.fieldwork.inviting import invite_latecomer, wait_for_openings
from services.surveys.tables import Draft, ErasedMember, FollowUpNotice, Invitation, Margins, Member, Threshold
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
from shared.messaging import Delivery, emit, forget_subject, lock, subscribe


async def project_member(
    session: AsyncSession, event: MemberJoined | MemberChanged | MemberLeft | MemberErased, delivery: Delivery
) -> None:
    """Keep the member's state; a member who joined before an open survey opened is invited now."""
    match event:
        case MemberJoined():
            # The lock comes first: either the opening sees this member, or this handler sees the open survey.
            await wait_for_openings(session)
            if await _keep_member(session, event) and not delivery.replay:
                await invite_latecomer(session, event.member_id, delivery.now)
        case MemberChanged():
            await _keep_member(session, event)
        case MemberLeft():
            await _withdraw(session, event.member_id)
        case MemberErased():
            await erase_member(session, event.member_id, delivery.now)


async def _keep_member(session: AsyncSession, event: MemberState) -> bool:
    """Store the state as it is now; False for a member who has been erased."""
    await lock(session, event.member_id)
    if await session.get(ErasedMember, event.member_id) is not None:
        return False
    values = {
        "year_of_birth": event.year_of_birth,
        "gender": event.gender,
        "area": event.area,
        "purposes": list(event.purposes),
        "status": event.status,
        "joined_at": event.joined_at,
    }
    statement = pg_insert(Member).values(id=event.member_id, **values)
    await session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))
    return True


async def _withdraw(session: AsyncSession, member_id: UUID) -> list[UUID]:
    """Take the member out of every survey; the ids of the invitations, which are locked.

    Links already sent open nothing any more, and what was half-finished goes. Deleting the member waits for a batch of
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
    """Blank everything kept about the person, leave a tombstone, and say so.

    Answers already sent in cannot be found, and that is the point of them; counts of invited and answered stay.
    """
    await lock(session, member_id)
    new = await session.scalar(
        pg_insert(ErasedMember).values(id=member_id, erased_at=now).on_conflict_do_nothing().returning(ErasedMember.id)
    )
    if new is None:
        return
    invitations = await _withdraw(session, member_id)
    await session.execute(sa.update(Invitation).where(Invitation.id.in_(invitations)).values(member_id=None))
    notices = await session.scalars(
        sa.delete(FollowUpNotice).where(FollowUpNotice.invitation_id.in_(invitations)).returning(FollowUpNotice.id)
    )
    await forget_subject(session, member_id, *invitations, *notices)
    await emit(session, MemberDataErased(member_id=member_id, erased_at=now))


async def project_threshold(
    session: AsyncSession, event: PanelThresholdSet | PanelThresholdReached, delivery: Delivery
) -> None:
    """Remember announced sizes and that one was reached; surveys planned for it are opened by the job."""
    del delivery
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


async def project_margins(session: AsyncSession, event: PopulationMarginsSet, delivery: Delivery) -> None:
    """Keep the newest age bands; surveys already open keep those they opened with."""
    del delivery
    values = {"year": event.year, "bands": [band.model_dump() for band in event.bands]}
    statement = pg_insert(Margins).values(id=event.margins_id, **values)
    await session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))


MEMBER_HANDLERS = (
    subscribe("surveys.project_member", project_member, MemberJoined, MemberChanged, MemberLeft, MemberErased),
    subscribe("surveys.project_threshold", project_threshold, PanelThresholdSet, PanelThresholdReached),
    subscribe("surveys.project_margins", project_margins, PopulationMarginsSet),
)
