"""Gathering what results keeps about a member who asks: nothing is kept under a member, and it says so."""

from sqlalchemy.ext.asyncio import AsyncSession

from shared.events.registration import MemberDataRequested
from shared.events.results import MemberDataGathered
from shared.messaging import Delivery, emit, lock


async def gather_data(session: AsyncSession, event: MemberDataRequested, delivery: Delivery) -> None:
    """Answer a request: released answers have no owner, and matters lie under an address that notifications holds."""
    if delivery.replay:
        return
    await lock(session, event.member_id)
    await emit(
        session,
        MemberDataGathered(request_id=event.request_id, member_id=event.member_id, kept={}, gathered_at=delivery.now),
    )
