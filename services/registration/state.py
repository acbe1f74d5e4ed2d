"""Current state for a new or emptied subscriber: thresholds, population, members and their contact cards."""

from collections.abc import AsyncIterator

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.registration.population.store import areas_in_force, margins_event
from services.registration.store import contact_card, lock_member, member_states
from services.registration.tables import Margins, Member, Threshold
from shared.events import Event
from shared.events.registration import ContactRemoved, MemberErased, MemberJoined, PanelThresholdSet
from shared.messaging import lock
from shared.profile.keeping import PROFILE_ID, last_change


async def state_events(session: AsyncSession) -> AsyncIterator[Event | None]:
    """Each entity's newest state, read under its lock."""
    for threshold_id in list(await session.scalars(sa.select(Threshold.id).order_by(Threshold.size))):
        await lock(session, threshold_id)
        threshold = await session.get_one(Threshold, threshold_id, populate_existing=True)
        yield threshold_event(threshold)
    if await last_change(session):
        # Locked only where there is something to tell: a lock makes the subject's row.
        await lock(session, PROFILE_ID)
        if change := await last_change(session):
            yield change
    for margins_id in list(await session.scalars(sa.select(Margins.id))):
        await lock(session, margins_id)
        yield margins_event(
            await session.get_one(Margins, margins_id, populate_existing=True), await areas_in_force(session)
        )
    ids = sa.select(Member.id).where(Member.status != "applicant").order_by(Member.joined_at)
    for member_id in list(await session.scalars(ids)):
        member = await lock_member(session, member_id)
        if member is None or member.status == "applicant":
            continue
        if member.status == "erased":
            # A restored service must not keep what it was told to erase.
            yield ContactRemoved(member_id=member.id)
            assert member.erased_at is not None
            yield MemberErased(member_id=member.id, erased_at=member.erased_at)
        else:
            yield contact_card(member)
            yield MemberJoined(**(await member_states(session, [member]))[0])
        yield None


def threshold_event(threshold: Threshold) -> PanelThresholdSet:
    """The announced size, with the instant it was reached if it was."""
    return PanelThresholdSet(
        threshold_id=threshold.id, size=threshold.size, role=threshold.role, reached_at=threshold.reached_at
    )
