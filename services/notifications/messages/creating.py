"""Messages come into being, wait, and are released. Who sends them: ``sending/``."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, TypedDict
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.notifications.kinds import codes_about
from services.notifications.messages.domain import Kind
from services.notifications.messages.suppressing import (
    Which,
    give_up_without_address,
    has_correspondent,
    suppress_needless,
)
from services.notifications.tables import Contact, Meeting, Message, Survey
from shared.ids import new_id
from shared.trace import traceparent


class AsksForMail(Protocol):
    """An event that asks for a mail; some also name the member and until when the link opens."""

    @property
    def generation(self) -> int: ...
    @property
    def send_before(self) -> datetime: ...


class NewMessage(TypedDict):
    """The row of one new message."""

    id: UUID
    purpose: str
    subject_id: UUID
    member_id: UUID | None
    survey_id: UUID | None
    meeting_id: UUID | None
    content: dict[str, str] | None
    generation: int
    link_expires_at: datetime | None
    send_before: datetime
    urgent: bool
    consent: str | None
    state: str
    reason: str | None
    traceparent: str | None


def message(
    kind: Kind,
    event: AsksForMail,
    subject_id: UUID,
    *,
    survey_id: UUID | None = None,
    meeting_id: UUID | None = None,
    content: dict[str, str] | None = None,
    held_back: str | None = None,
) -> NewMessage:
    """The message that ``event`` asks for; ``held_back`` is why it is not sent at all."""
    return {
        "id": new_id(),
        "purpose": kind.code,
        "subject_id": subject_id,
        "member_id": getattr(event, "member_id", None),
        "survey_id": survey_id,
        "meeting_id": meeting_id,
        "content": content,
        "generation": event.generation,
        "link_expires_at": getattr(event, "link_expires_at", None),
        "send_before": event.send_before,
        "urgent": kind.urgent,
        "consent": kind.consent,
        "state": "suppressed" if held_back else "waiting",
        "reason": held_back or "no_card_yet",
        "traceparent": traceparent.get(),
    }


async def create_messages(session: AsyncSession, rows: Sequence[NewMessage]) -> None:
    """One message each, unless it exists; pending when card and texts are here and it is wanted."""
    if not rows:
        return
    new = await session.scalars(pg_insert(Message).values(list(rows)).on_conflict_do_nothing().returning(Message.id))
    which = Message.id.in_(list(new))
    await suppress_needless(session, which)
    await give_up_without_address(session, which)
    await release_waiting(session, which)


async def release_waiting(session: AsyncSession, which: Which) -> None:
    """Waiting messages whose card and texts are both here become pending."""
    has_card = sa.exists().where(Contact.member_id == Message.member_id, Contact.removed.is_(False))
    await session.execute(
        sa.update(Message)
        .where(which, Message.state == "waiting", sa.or_(has_card, has_correspondent()), _has_texts())
        .values(state="pending", reason=None)
    )


def _has_texts() -> Which:
    """A survey's mail needs its questionnaire and that it takes answers; one about results needs their address."""
    about_results = Message.purpose.in_(codes_about("result"))
    rests = Survey.state.in_(("paused", "ended"))
    survey = sa.exists().where(
        Survey.id == Message.survey_id,
        Survey.questionnaire.is_not(None),
        sa.or_(~about_results, Survey.slug.is_not(None)),
        sa.or_(about_results, ~rests),
    )
    meeting = sa.exists().where(Meeting.id == Message.meeting_id, Meeting.slug.is_not(None))
    return sa.and_(sa.or_(Message.survey_id.is_(None), survey), sa.or_(Message.meeting_id.is_(None), meeting))
