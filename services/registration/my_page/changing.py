"""Changing the details a member told about themselves."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.registration.joining.domain import DetailsInput
from services.registration.store import changed_event, contact_card
from services.registration.tables import Member
from shared.messaging import emit


async def save_details(session: AsyncSession, member: Member, details: DetailsInput, now: datetime) -> None:
    """Change a locked member's details; the address stays until the new one is confirmed."""
    card = (member.name, member.language)
    member.name, member.language = details.name, details.language
    member.year_of_birth, member.gender, member.area = details.year_of_birth, details.gender, details.postcode
    member.declared_resident_at = (member.declared_resident_at or now) if details.declared_resident else None
    if details.own_answers is not None:
        member.own_answers = list(details.own_answers)
    if card != (member.name, member.language):
        await emit(session, contact_card(member))
    await emit(session, await changed_event(session, member))
