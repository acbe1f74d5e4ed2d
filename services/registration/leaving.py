"""Leaving is erasing: the row is blanked, every service is told, and their receipts are kept."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.registration.joining.store import add_consents, contact_card, lock_member, member_states, purposes_of
from services.registration.settings import registration_settings
from services.registration.tables import Asked, Consent, Drawn, ErasureReceipt, Member, Panel, SignUp
from shared.events import meetings, notifications, results, surveys
from shared.events.notifications import ContactCardMissing, MailPreferenceChanged
from shared.events.registration import ContactRemoved, MemberChanged, MemberErased, MemberLeft
from shared.messaging import Delivery, emit, forget_subject, subscribe

#: Services that answer an erasure with a receipt.
ERASING_SERVICES = ("surveys", "notifications", "meetings", "results")


async def erase(session: AsyncSession, member: Member, now: datetime) -> None:
    """Blank a locked member and tell everybody; the id stays as a tombstone."""
    counted = member.status in ("active", "paused")
    await forget_subject(session, member.id)
    for table in (Consent, SignUp, Asked, Drawn):
        await session.execute(sa.delete(table).where(table.member_id == member.id))
    member.status, member.erased_at = "erased", now
    member.name = member.email = member.email_key = None
    member.year_of_birth = member.gender = member.area = member.declared_resident_at = None
    member.channel = member.unreachable_since = None
    await session.flush()
    if counted:
        await session.execute(sa.update(Panel).values(size=Panel.size - 1))
    await emit(
        session,
        ContactRemoved(member_id=member.id),
        MemberLeft(member_id=member.id, left_at=now),
        MemberErased(member_id=member.id, erased_at=now),
    )


async def keep_receipt(session: AsyncSession, event: Any, _: Delivery) -> None:
    """A service has erased the person."""
    await session.execute(
        pg_insert(ErasureReceipt)
        .values(member_id=event.member_id, service=event.source_service(), erased_at=event.erased_at)
        .on_conflict_do_nothing()
    )


async def send_card_again(session: AsyncSession, event: ContactCardMissing, delivery: Delivery) -> None:
    """Answer with the card as it is now, or with its removal for somebody who is gone."""
    if delivery.replay:
        return
    member = await lock_member(session, event.member_id)
    gone = member is None or member.status == "erased"
    await emit(session, ContactRemoved(member_id=event.member_id) if gone or member is None else contact_card(member))


async def change_consent(session: AsyncSession, event: MailPreferenceChanged, delivery: Delivery) -> None:
    """An unsubscribe in a mail is a withdrawn consent, and taking it back is a new one."""
    if delivery.replay:
        return
    member = await lock_member(session, event.member_id)
    if member is None or member.status not in ("active", "paused"):
        return
    if event.wanted == (event.purpose in await purposes_of(session, member.id)):
        return
    if event.wanted:
        version = registration_settings().consent_version
        add_consents(session, member, [event.purpose], event.changed_at, version, "mail")
        await session.flush()
    else:
        await session.execute(
            sa.update(Consent)
            .where(Consent.member_id == member.id, Consent.purpose == event.purpose, Consent.withdrawn_at.is_(None))
            .values(withdrawn_at=event.changed_at)
        )
    await emit(session, await changed_event(session, member))


async def changed_event(session: AsyncSession, member: Member) -> MemberChanged:
    """The member's full state after a change."""
    return MemberChanged(**(await member_states(session, [member]))[0])


HANDLERS = [
    subscribe(
        "registration.keep_erasure_receipt",
        keep_receipt,
        surveys.MemberDataErased,
        notifications.MemberDataErased,
        meetings.MemberDataErased,
        results.MemberDataErased,
    ),
    subscribe("registration.send_card_again", send_card_again, ContactCardMissing),
    subscribe("registration.change_consent", change_consent, MailPreferenceChanged),
]
