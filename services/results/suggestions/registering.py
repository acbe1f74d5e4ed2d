"""Registering a matter once, by form or by letter, and removing residents' texts after a time."""

from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.results.settings import results_settings
from services.results.suggestions.store import registered_event, reply_event
from services.results.tables import Suggestion
from shared.database import insert_new
from shared.events.notifications import SuggestionLetterReceived
from shared.events.results import SuggestionContactGiven
from shared.messaging import Delivery, emit, lock
from shared.service import Runtime


async def register(
    session: AsyncSession, suggestion_id: UUID, now: datetime, *, email: str | None = None, **values: object
) -> None:
    """Store a new matter once, publish it and send a receipt; ``email`` is the address from the form."""
    await lock(session, suggestion_id)
    if not await insert_new(session, Suggestion, id=suggestion_id, registered_at=now, generation=1, **values):
        return
    suggestion = await session.get_one(Suggestion, suggestion_id)
    await emit(session, registered_event(suggestion))
    if email is not None:
        await emit(
            session, SuggestionContactGiven(suggestion_id=suggestion_id, email=email, language=suggestion.language)
        )
    if suggestion.wants_answer:
        notice = "attachments_refused" if suggestion.attachments_refused else "receipt"
        await emit(session, reply_event(suggestion, notice, now))


async def register_letter(session: AsyncSession, event: SuggestionLetterReceived, delivery: Delivery) -> None:
    """A letter to the panel's mailbox is a suggestion like one from the form; its sender can be answered by the id."""
    await register(
        session,
        event.suggestion_id,
        delivery.now,
        channel="mail",
        language=event.language if event.language in ("nb", "nn", "en") else "nb",
        heading=event.heading,
        text=event.text,
        removed=event.removed or None,
        wants_answer=True,
        attachments_refused=event.attachments_refused,
    )


async def remove_old_texts(rt: Runtime) -> None:
    """Job: residents' texts are removed once answering no longer needs them; the public wording stays."""
    rules, now = results_settings(), rt.now()
    over = sa.or_(
        Suggestion.answered_at < now - timedelta(days=rules.suggestion_text_days),
        sa.and_(
            Suggestion.answered_at.is_(None),
            Suggestion.registered_at < now - timedelta(days=rules.unanswered_text_days),
        ),
    )
    async with rt.transaction() as session:
        await session.execute(
            sa.update(Suggestion)
            .where(over, Suggestion.text.is_not(None))
            .values(heading=None, text=None, place=None, why=None, removed=None)
        )
