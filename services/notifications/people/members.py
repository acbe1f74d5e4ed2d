"""Members: their cards, what they want mail about, and their erasure."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.notifications.messages.creating import release_waiting
from services.notifications.messages.suppressing import give_up_on_member, suppress_needless
from services.notifications.settings import notification_settings
from services.notifications.tables import Contact, Member, Message, to_made_up
from shared.addresses import same_mailbox
from shared.database import CLOCK, insert_many, upsert, upsert_many
from shared.events.notifications import MemberDataErased
from shared.events.registration import (
    ContactChanged,
    ContactRemoved,
    MemberChanged,
    MemberErased,
    MemberJoined,
    MemberLeft,
)
from shared.messaging import Delivery, emit, forget_subject, lock
from shared.service import Runtime


async def keep_cards(
    session: AsyncSession, events: Sequence[ContactChanged | ContactRemoved], deliveries: Sequence[Delivery]
) -> None:
    """The newest cards; a removed one stays removed. Messages that waited for a card are due now."""
    newest: dict[UUID, ContactChanged] = {}
    for event in events:
        if isinstance(event, ContactRemoved):
            newest.pop(event.member_id, None)
            await remove_card(session, event.member_id)
        else:
            newest[event.member_id] = event
    if newest:
        made_up = deliveries[0].settings.synthetic_email
        await _keep_cards(session, sorted(newest.values(), key=lambda card: card.member_id), made_up)


async def _keep_cards(session: AsyncSession, cards: Sequence[ContactChanged], made_up: str) -> None:
    statement = insert_many(
        Contact,
        member_id=[card.member_id for card in cards],
        name=[card.name for card in cards],
        email=[card.email for card in cards],
        language=[card.language for card in cards],
        address_number=[card.address_number for card in cards],
        synthetic=[same_mailbox(card.email, made_up) for card in cards],
    )
    new = statement.excluded
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["member_id"],
            set_={
                "name": new.name,
                "email": new.email,
                "language": new.language,
                "synthetic": new.synthetic,
                "address_number": new.address_number,
                "unreachable": sa.case((Contact.email == new.email, Contact.unreachable), else_=None),
                "soft_refusals": sa.case((Contact.email == new.email, Contact.soft_refusals), else_=0),
                "address_since": sa.case((Contact.email == new.email, Contact.address_since), else_=CLOCK),
            },
            where=Contact.removed.is_(False),
        )
    )
    await release_waiting(session, Message.member_id.in_([card.member_id for card in cards]))


async def remove_card(session: AsyncSession, member_id: UUID) -> None:
    """Blank the card, leave a tombstone, and let nothing more be sent to it."""
    blank = {"name": None, "email": None, "unreachable": None, "address_since": None, "removed": True}
    await upsert(session, Contact, member_id=member_id, **blank)
    await give_up_on_member(session, member_id, "removed", urgent_too=True)


async def keep_wishes(
    session: AsyncSession, events: Sequence[MemberJoined | MemberChanged | MemberLeft], deliveries: Sequence[Delivery]
) -> None:
    """What members want mail about now; open mails that are no longer wanted are suppressed.

    Whoever joins is reached again, as the others take it: that a mail came back before was no member's.
    """
    joined = [
        event.member_id
        for event, delivery in zip(events, deliveries, strict=True)
        if isinstance(event, MemberJoined) and event.reachable and not delivery.replay
    ]
    await session.execute(
        sa.update(Contact).where(Contact.member_id.in_(joined)).values(unreachable=None, soft_refusals=0)
    )
    newest = {event.member_id: event for event in events}
    ids = sorted(newest)
    wishes = [
        ((), "left") if isinstance(event, MemberLeft) else (event.purposes, event.status)
        for event in (newest[member_id] for member_id in ids)
    ]
    await upsert_many(
        session, Member, id=ids, purposes=[purposes for purposes, _ in wishes], status=[status for _, status in wishes]
    )
    await suppress_needless(session, Message.member_id.in_(ids))


async def erase(session: AsyncSession, event: MemberErased) -> None:
    """Blank the card and the recipients, and say so."""
    await remove_card(session, event.member_id)
    await session.execute(sa.delete(Message).where(Message.member_id == event.member_id, to_made_up()))
    await session.execute(sa.update(Message).where(Message.member_id == event.member_id).values(member_id=None))
    # Also for an id never heard of: a service filled by state alone must not take an older wish for a newer one.
    await upsert(session, Member, id=event.member_id, purposes=[], status="left")
    await lock(session, event.member_id)
    await forget_subject(session, event.member_id)
    await emit(session, MemberDataErased(member_id=event.member_id, erased_at=event.erased_at))


async def forget_recipients(rt: Runtime) -> None:
    """Job: after its time a mail in the list no longer says whose it was, and is a count.

    A mail about its recipient (a sign-in link) names the member a second time, as what it is about.
    """
    days = timedelta(days=notification_settings().mail_log_days)
    about = sa.case((Message.subject_id == Message.member_id, sa.func.gen_random_uuid()), else_=Message.subject_id)
    over = (Message.send_before < rt.now() - days, Message.state.not_in(["waiting", "pending", "sending"]))
    async with rt.transaction() as session:
        await session.execute(
            sa.update(Message)
            .where(Message.member_id.is_not(None), *over)
            .values(member_id=None, content=None, subject_id=about)
        )
