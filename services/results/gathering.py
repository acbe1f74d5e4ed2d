"""The answer to a member who asks for their data: results keeps nothing under a member."""

from sqlalchemy.ext.asyncio import AsyncSession

from shared.events.registration import MemberDataRequested
from shared.events.results import MemberDataGathered
from shared.member_data import tell_data
from shared.messaging import Delivery


async def gather_data(session: AsyncSession, event: MemberDataRequested, delivery: Delivery) -> None:
    """Answer a request: released answers have no owner, and matters lie under an address that notifications holds."""
    if delivery.replay:
        return
    await tell_data(session, event, delivery, MemberDataGathered, {})
