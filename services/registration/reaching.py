"""Reaching a member: sending notifications the contact card again, and marking an address that takes no mail."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.registration.store import changed_event, contact_card, in_panel, lock_member
from shared.events.notifications import ContactCardMissing, MemberUnreachable
from shared.events.registration import ContactRemoved
from shared.messaging import Delivery, emit


async def send_card_again(session: AsyncSession, event: ContactCardMissing, delivery: Delivery) -> None:
    """Answer with the card as it is now, or with its removal for somebody who is gone."""
    if delivery.replay:
        return
    member = await lock_member(session, event.member_id)
    gone = member is None or member.status == "erased"
    await emit(session, ContactRemoved(member_id=event.member_id) if gone or member is None else contact_card(member))


async def mark_unreachable(session: AsyncSession, event: MemberUnreachable, delivery: Delivery) -> None:
    """The address takes no mail: staff, the member and the other services see it until the address changes.

    Of an address the member no longer has, nothing is to be said.
    """
    if delivery.replay:
        return
    member = in_panel(await lock_member(session, event.member_id))
    if member is None or event.address_number not in (None, member.address_number):
        return
    if member.unreachable_since is None:
        member.unreachable_since = event.since
        await emit(session, await changed_event(session, member))
