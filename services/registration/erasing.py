"""Leaving is erasing: the row is blanked, every service is told, and their receipts are kept."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.registration.new_address.moving import drop_address_change
from services.registration.tables import (
    Asked,
    Consent,
    DataRequest,
    Drawn,
    DrawProof,
    ErasureReceipt,
    Member,
    MemberSession,
    OnBehalf,
    Panel,
    SignInAsked,
    SignUp,
    Spared,
)
from shared.database import insert_new
from shared.events.member_data import Erased
from shared.events.registration import ContactRemoved, MemberErased, MemberLeft
from shared.messaging import Delivery, emit, forget_subject

#: Services that answer an erasure with a receipt.
ERASING_SERVICES = ("surveys", "notifications", "meetings", "results")


async def erase(session: AsyncSession, member: Member, now: datetime) -> None:
    """Blank a locked member and tell everybody; the id stays as a tombstone."""
    was_in_panel = member.in_panel
    await drop_address_change(session, member.id)
    await forget_subject(session, member.id)
    await session.execute(sa.delete(SignInAsked).where(SignInAsked.email_key == member.email_key))
    for table in (Consent, SignUp, Asked, Spared, Drawn, DrawProof, MemberSession, DataRequest, OnBehalf):
        await session.execute(sa.delete(table).where(table.member_id == member.id))
    member.status, member.erased_at = "erased", now
    member.name = member.email = member.email_key = None
    member.year_of_birth = member.gender = member.area = member.declared_resident_at = None
    member.channel = member.unreachable_since = None
    member.own_answers = []
    if was_in_panel:
        await session.execute(sa.update(Panel).values(size=Panel.size - 1))
    await emit(
        session,
        ContactRemoved(member_id=member.id),
        MemberLeft(member_id=member.id, left_at=now),
        MemberErased(member_id=member.id, erased_at=now),
    )


async def keep_receipt(session: AsyncSession, event: Erased, _: Delivery) -> None:
    """Store a service's receipt that it has erased the person."""
    values = {"member_id": event.member_id, "service": event.source_service(), "erased_at": event.erased_at}
    await insert_new(session, ErasureReceipt, **values)
