"""Mails to those who raised a matter: their address is kept here alone, under the suggestion's id."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.notifications.kinds import KINDS, codes_about, codes_to_correspondents
from services.notifications.messages.creating import create_messages, message
from services.notifications.messages.domain import Kind
from services.notifications.settings import notification_settings
from services.notifications.tables import Correspondent, Message
from shared.database import count_rows, insert_new
from shared.events.results import SuggestionContactGiven, SuggestionReplyDue
from shared.ids import new_id
from shared.messaging import Delivery, PermanentError
from shared.service import Runtime

#: Notices that a machine sends by itself, for every letter.
_RECEIPTS = ("receipt", "attachments_refused")


@dataclass(frozen=True)
class _Asked:
    """What a message needs to know of a mail that no event asks for."""

    send_before: datetime
    generation: int = 1


async def write_to_addresses(
    session: AsyncSession,
    kind: Kind,
    addresses: Collection[str],
    language: str,
    content: dict[str, str],
    send_before: datetime,
    now: datetime,
) -> None:
    """One mail to each address; ``forget_correspondents`` forgets them the next day."""
    ids = [new_id() for _ in addresses]
    session.add_all(
        Correspondent(suggestion_id=id_, email=email, language=language, since=now)
        for id_, email in zip(ids, addresses, strict=True)
    )
    await session.flush()
    await create_messages(session, [message(kind, _Asked(send_before), id_, content=content) for id_ in ids])


async def write_to_correspondent(
    session: AsyncSession, event: SuggestionContactGiven | SuggestionReplyDue, delivery: Delivery
) -> None:
    """Keep the address given in the form; write receipts, states and answers to it."""
    if isinstance(event, SuggestionContactGiven):
        values = {"suggestion_id": event.suggestion_id, "email": event.email, "language": event.language}
        await insert_new(session, Correspondent, since=delivery.now, **values)
        return
    kind = KINDS.get(f"suggestion_{event.notice}")
    if kind is None:
        raise PermanentError(f"no mail for the notice {event.notice}")
    if delivery.replay:
        return
    content = {"heading": event.heading, "text": event.text, "status": event.status, "slug": event.slug or ""}
    held_back = await _why_no_receipt(session, event.suggestion_id) if event.notice in _RECEIPTS else None
    await create_messages(session, [message(kind, event, event.suggestion_id, content=content, held_back=held_back)])
    if event.notice == "answer":
        await session.execute(
            sa.update(Correspondent)
            .where(Correspondent.suggestion_id == event.suggestion_id)
            .values(answered_at=delivery.now)
        )


async def _why_no_receipt(session: AsyncSession, suggestion_id: UUID) -> str | None:
    """Why this sender gets no receipt: a machine's letter perhaps, or an address that has had enough of them today.

    Anybody may give anybody's address, and a machine may answer every receipt.
    """
    if await session.scalar(sa.select(Correspondent.doubtful).where(Correspondent.suggestion_id == suggestion_id)):
        return "may_be_machine"
    this, earlier = aliased(Correspondent), aliased(Correspondent)
    lately = (
        sa.select(earlier)
        .join(this, _mailbox(this) == _mailbox(earlier))
        .where(
            this.suggestion_id == suggestion_id,
            earlier.created_at < this.created_at,
            earlier.created_at > this.created_at - timedelta(days=1),
        )
    )
    enough = await count_rows(session, lately) >= notification_settings().receipts_per_day
    return "receipts_enough" if enough else None


def _mailbox(sender: type[Correspondent]) -> sa.ColumnElement[str]:
    """As ``counted_as``."""
    return sa.func.regexp_replace(sa.func.lower(sender.email), sa.text(r"'\+[^@]*@'"), sa.text("'@'"))


async def forget_correspondents(rt: Runtime) -> None:
    """Blank addresses of suggestions answered long ago (or never), trials and staff, and texts of mails to them."""
    settings, now = notification_settings(), rt.now()
    days = {"answered": settings.correspondent_days, "unanswered": settings.unanswered_days}
    interval = {name: sa.func.make_interval(0, 0, 0, value) for name, value in days.items()}
    over = sa.or_(
        Correspondent.answered_at < now - interval["answered"],
        sa.and_(Correspondent.answered_at.is_(None), Correspondent.since < now - interval["unanswered"]),
    )
    briefly = sa.exists().where(
        Message.subject_id == Correspondent.suggestion_id, Message.purpose.in_(codes_about("trial", "staff"))
    )
    over = sa.or_(over, sa.and_(briefly, Correspondent.since < now - timedelta(days=1)))
    async with rt.transaction() as session:
        rows = await session.scalars(
            sa.update(Correspondent)
            .where(Correspondent.email.is_not(None), over)
            .values(email=None, in_reply_to=None)
            .returning(Correspondent.suggestion_id)
        )
        ids = list(rows)
        about = (Message.subject_id.in_(ids), Message.purpose.in_(codes_to_correspondents()))
        await session.execute(
            sa.update(Message)
            .where(*about, Message.state.in_(["waiting", "pending"]))
            .values(state="no_address", reason="forgotten")
        )
        await session.execute(sa.update(Message).where(*about).values(content=None))
