"""Moving to a new address, which has a contact card of its own until it is confirmed."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.registration.store import changed_event, contact_card, hold_address, member_by_email
from services.registration.tables import AddressChange, Member
from shared.addresses import address_key
from shared.events.registration import ConfirmationRequested, ContactChanged, ContactRemoved
from shared.ids import new_id
from shared.messaging import emit, forget_subject, lock


async def ask_for_new_address(
    session: AsyncSession, member: Member, email: str, now: datetime, expires: datetime, *, may_mail: bool
) -> None:
    """Let the new address wait, and send a link to it.

    An address somebody else has gets none, nor does one that has had too many; it waits all the same, on every page and
    in the data file, so that nobody can ask this form who is a member.
    """
    await hold_address(session, email)
    await drop_address_change(session, member.id)
    in_use = await member_by_email(session, email) is not None
    change = AddressChange(id=new_id(), member_id=member.id, email=email, asked_at=now, taken=in_use or not may_mail)
    session.add(change)
    await lock(session, change.id)
    if change.taken:
        return
    await emit(
        session,
        ContactChanged(member_id=change.id, name=member.name or "", email=email, language=member.language),
        ConfirmationRequested(
            member_id=change.id, generation=1, send_before=expires, link_expires_at=expires, about="address"
        ),
    )


async def move_to(session: AsyncSession, member: Member, change: AddressChange) -> bool:
    """The locked member has the new address from now on.

    False when somebody else took it meanwhile, and for who has left: an erased row stays empty.
    """
    if not member.in_panel or change.taken:
        return False
    await hold_address(session, change.email)
    owner = await member_by_email(session, change.email)
    if owner is not None and owner != member.id:
        return False
    reached_again = member.unreachable_since is not None
    member.email, member.email_key, member.unreachable_since = change.email, address_key(change.email), None
    member.address_number += 1
    await drop_address_change(session, member.id)
    await emit(session, contact_card(member))
    if reached_again:
        await emit(session, await changed_event(session, member))
    return True


async def drop_address_change(session: AsyncSession, member_id: UUID) -> None:
    """Forget an address that waits, its card and its mail."""
    for change_id in list(
        await session.scalars(sa.select(AddressChange.id).where(AddressChange.member_id == member_id))
    ):
        await lock(session, change_id)
        await forget_subject(session, change_id)
        await session.execute(sa.delete(AddressChange).where(AddressChange.id == change_id))
        await emit(session, ContactRemoved(member_id=change_id))


async def drop_old_address_changes(session: AsyncSession, before: datetime) -> None:
    """Forget addresses nobody confirmed."""
    members = await session.scalars(sa.select(AddressChange.member_id).where(AddressChange.asked_at < before))
    for member_id in list(members):
        await lock(session, member_id)
        await drop_address_change(session, member_id)
