"""Members: their cards, what they want mail about, mails about membership, and their erasure."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.notifications.messages import (
    create_messages,
    give_up_on_member,
    message,
    release_waiting,
    suppress_needless,
)
from services.notifications.tables import Contact, Member, Message
from shared.events.notifications import MemberDataErased
from shared.events.registration import (
    ConfirmationRequested,
    ContactChanged,
    ContactRemoved,
    MemberChanged,
    MemberErased,
    MemberJoined,
    MemberLeft,
    SignInRequested,
    SignUpRepeated,
)
from shared.messaging import Delivery, emit, forget_subject, lock, subscribe


async def keep_card(session: AsyncSession, event: ContactChanged | ContactRemoved, _: Delivery) -> None:
    """The newest card; a removed one stays removed. Messages that waited for the card are due now."""
    if isinstance(event, ContactRemoved):
        await remove_card(session, event.member_id)
        return
    statement = pg_insert(Contact).values(
        member_id=event.member_id, name=event.name, email=event.email, language=event.language
    )
    same = Contact.email == statement.excluded.email
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["member_id"],
            set_={
                "name": event.name,
                "email": event.email,
                "language": event.language,
                "unreachable": sa.case((same, Contact.unreachable), else_=None),
            },
            where=Contact.removed.is_(False),
        )
    )
    await release_waiting(session, Message.member_id == event.member_id)


async def remove_card(session: AsyncSession, member_id: UUID) -> None:
    """Blank the card, leave a tombstone, and let nothing more be sent to it."""
    blank = {"name": None, "email": None, "unreachable": None, "removed": True}
    await session.execute(
        pg_insert(Contact)
        .values(member_id=member_id, **blank)
        .on_conflict_do_update(index_elements=["member_id"], set_=blank)
    )
    await give_up_on_member(session, member_id, "removed", urgent_too=True)


async def keep_wishes(session: AsyncSession, event: MemberJoined | MemberChanged | MemberLeft, _: Delivery) -> None:
    """What the member wants mail about now; open mails that are no longer wanted are suppressed."""
    if isinstance(event, MemberLeft):
        values = {"purposes": [], "status": "left"}
    else:
        values = {"purposes": list(event.purposes), "status": event.status}
    await session.execute(
        pg_insert(Member).values(id=event.member_id, **values).on_conflict_do_update(index_elements=["id"], set_=values)
    )
    await suppress_needless(session, Message.member_id == event.member_id)


_PURPOSES = {ConfirmationRequested: "confirm", SignUpRepeated: "already_member", SignInRequested: "sign_in"}


async def write_about_membership(
    session: AsyncSession,
    event: ConfirmationRequested | SignUpRepeated | SignInRequested | MemberErased,
    delivery: Delivery,
) -> None:
    """Confirmation, "already a member" and sign-in mails; after erasure nothing is left to write to."""
    if isinstance(event, MemberErased):
        await erase(session, event)
    elif not delivery.replay:
        about_address = isinstance(event, ConfirmationRequested) and event.about == "address"
        purpose = "confirm_address" if about_address else _PURPOSES[type(event)]
        await create_messages(session, [message(purpose, event, event.member_id)])


async def erase(session: AsyncSession, event: MemberErased) -> None:
    """Blank the card and the recipients, and say so."""
    await remove_card(session, event.member_id)
    await session.execute(sa.update(Message).where(Message.member_id == event.member_id).values(member_id=None))
    gone: dict[str, Any] = {"purposes": [], "status": "left"}
    # Also for an id never heard of: a service filled by state alone must not take an older wish for a newer one.
    await session.execute(
        pg_insert(Member).values(id=event.member_id, **gone).on_conflict_do_update(index_elements=["id"], set_=gone)
    )
    await lock(session, event.member_id)
    await forget_subject(session, event.member_id)
    await emit(session, MemberDataErased(member_id=event.member_id, erased_at=event.erased_at))


HANDLERS = [
    subscribe("notifications.keep_card", keep_card, ContactChanged, ContactRemoved),
    subscribe("notifications.keep_wishes", keep_wishes, MemberJoined, MemberChanged, MemberLeft),
    subscribe(
        "notifications.write_about_membership",
        write_about_membership,
        ConfirmationRequested,
        SignUpRepeated,
        SignInRequested,
        MemberErased,
    ),
]
