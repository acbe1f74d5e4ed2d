"""Gathering what notifications keeps about a member who asks: the card, every mail, and matters from the address.

It alone knows which matters are theirs: results is told their ids, and answers with their texts.
"""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.notifications.tables import Contact, Correspondent, Message
from shared.events.notifications import MattersNamed, MemberDataGathered
from shared.events.registration import MemberDataRequested
from shared.member_data import NOT_CONFIRMED, tell_data
from shared.messaging import Delivery, emit


async def gather_data(session: AsyncSession, event: MemberDataRequested, delivery: Delivery) -> None:
    """Answer a request."""
    if delivery.replay:
        return
    card = await session.get(Contact, event.member_id)
    email = card.email if card is not None and not card.removed else None
    mails = await session.scalars(
        sa.select(Message).where(Message.member_id == event.member_id).order_by(Message.created_at, Message.id)
    )
    found = await session.scalars(
        sa.select(Correspondent)
        .where(sa.func.lower(Correspondent.email) == (email or "").lower(), Correspondent.email != "")
        .order_by(Correspondent.since)
    )
    matters = found.all()
    sections = {
        "contact_card": [
            {
                "name": card.name or "",
                "email": card.email or "",
                "language": card.language,
                "takes_no_mail": card.unreachable or "",
                "refused_for_now": str(card.soft_refusals),
                "refused_for_now_since": card.soft_since.isoformat() if card.soft_since else "",
                "address_changed_at": card.address_since.isoformat() if card.address_since else "",
            }
        ]
        if card is not None and email
        else [],
        "mails": [
            {
                "about": mail.purpose,
                "survey_id": str(mail.survey_id or ""),
                "meeting_id": str(mail.meeting_id or ""),
                "state": mail.state,
                "reason": mail.reason or "",
                "words_of_its_own": ", ".join(f"{name}: {words}" for name, words in (mail.content or {}).items()),
                "written_at": mail.created_at.isoformat(),
            }
            for mail in mails
        ],
        "matters_raised_from_the_address": [
            {
                "matter_id": str(matter.suggestion_id),
                "whose": NOT_CONFIRMED,
                "since": matter.since.isoformat(),
                "by": "mail" if matter.by_mail else "form",
                "language": matter.language,
                "id_of_the_letter": matter.in_reply_to or "",
                "may_be_from_a_machine": "yes" if matter.doubtful else "no",
                "answered_at": matter.answered_at.isoformat() if matter.answered_at else "",
            }
            for matter in matters
        ],
    }
    await tell_data(session, event, delivery, MemberDataGathered, sections)
    ids = tuple(matter.suggestion_id for matter in matters)
    await emit(session, MattersNamed(member_id=event.member_id, request_id=event.request_id, suggestion_ids=ids))
