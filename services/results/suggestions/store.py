"""Queries and changes of suggestions."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.results.suggestions.domain import DECIDED, Decision, notice_of
from services.results.tables import Suggestion
from shared.database import hold
from shared.events.results import (
    SuggestionAnswered,
    SuggestionContactGiven,
    SuggestionRegistered,
    SuggestionReplyDue,
)
from shared.messaging import emit, lock
from shared.slugs import free_slug, slug_words

#: A reply that could not be sent for so long says nothing any more.
_REPLY_LIFE = timedelta(days=7)


async def register(
    session: AsyncSession, suggestion_id: UUID, now: datetime, *, email: str | None = None, **values: Any
) -> None:
    """Keep a new matter once, tell that it came, and send its sender a receipt. ``email``: given in the form."""
    await lock(session, suggestion_id)
    made = await session.scalar(
        pg_insert(Suggestion)
        .values(id=suggestion_id, registered_at=now, generation=1, **values)
        .on_conflict_do_nothing()
        .returning(Suggestion.id)
    )
    if made is None:
        return
    suggestion = await session.get_one(Suggestion, suggestion_id)
    await emit(session, registered_event(suggestion))
    if email is not None:
        await emit(
            session,
            SuggestionContactGiven(suggestion_id=suggestion_id, email=email, language=suggestion.language),
        )
    if suggestion.wants_answer:
        notice = "attachments_refused" if suggestion.attachments_refused else "receipt"
        await emit(session, _reply(suggestion, notice, now))


def registered_event(suggestion: Suggestion) -> SuggestionRegistered:
    """The fact that it came."""
    return SuggestionRegistered(
        suggestion_id=suggestion.id, channel=suggestion.channel, registered_at=suggestion.registered_at
    )


def _reply(suggestion: Suggestion, notice: str, now: datetime, text: str = "") -> SuggestionReplyDue:
    return SuggestionReplyDue(
        suggestion_id=suggestion.id,
        notice=notice,
        status=suggestion.state,
        heading=suggestion.heading or suggestion.public_heading or "",
        text=text,
        slug=suggestion.slug,
        generation=suggestion.generation,
        send_before=now + _REPLY_LIFE,
    )


async def lock_suggestion(session: AsyncSession, suggestion_id: UUID) -> Suggestion | None:
    """The suggestion under its subject's lock, with its newest state."""
    await lock(session, suggestion_id)
    return await session.get(Suggestion, suggestion_id, populate_existing=True)


async def standing(session: AsyncSession, suggestion: Suggestion) -> Decision:
    """What is decided so far."""
    joined = await session.get(Suggestion, suggestion.merged_into) if suggestion.merged_into else None
    return Decision(
        state=suggestion.state,
        answer=suggestion.answer or "",
        public=suggestion.slug is not None,
        public_heading=suggestion.public_heading or "",
        public_text=suggestion.public_text or "",
        forwarded_to=suggestion.forwarded_to or "",
        merged_into=(joined.slug or "") if joined else "",
    )


def notice_to(suggestion: Suggestion, decision: Decision) -> str | None:
    """The notice its sender gets if this is decided; None without an address, or with nothing new to tell."""
    return notice_of(suggestion.state, decision, suggestion.answer) if suggestion.wants_answer else None


async def decide(
    session: AsyncSession, suggestion: Suggestion, decision: Decision, merged_into: UUID | None, now: datetime
) -> str | None:
    """Keep what staff decided (``settled``) about a locked suggestion; the notice its sender gets, if any."""
    notice = notice_to(suggestion, decision)
    before = (suggestion.state, suggestion.answer or "")
    newly = decision.state in DECIDED and (decision.state, decision.answer) != before
    suggestion.state = decision.state
    suggestion.answer = decision.answer or None
    suggestion.forwarded_to = decision.forwarded_to or None
    suggestion.merged_into = merged_into
    suggestion.public_heading = decision.public_heading or None
    suggestion.public_text = decision.public_text or None
    if decision.public:
        suggestion.slug = suggestion.slug or await _free_slug(session, decision.public_heading)
    else:
        suggestion.slug = None
    if decision.state in DECIDED:
        suggestion.answered_at = suggestion.answered_at or now
    if notice is not None:
        suggestion.generation += 1
    if newly:
        await emit(session, answered_event(suggestion))
    if notice is not None:
        await emit(session, _reply(suggestion, notice, now, decision.answer))
    return notice


def answered_event(suggestion: Suggestion) -> SuggestionAnswered:
    """The fact that staff have decided."""
    assert suggestion.answered_at is not None
    return SuggestionAnswered(
        suggestion_id=suggestion.id,
        status=suggestion.state,
        slug=suggestion.slug,
        answered_at=suggestion.answered_at,
    )


async def _free_slug(session: AsyncSession, heading: str) -> str:
    await hold(session, "results.slug")
    wanted = slug_words(heading, 60, "sak")
    taken = set(await session.scalars(sa.select(Suggestion.slug).where(Suggestion.slug.startswith(wanted))))
    return free_slug(wanted, {slug for slug in taken if slug})


async def public_suggestions(session: AsyncSession) -> Sequence[Suggestion]:
    """Matters that are public, newest first."""
    found = await session.scalars(
        sa.select(Suggestion).where(Suggestion.slug.is_not(None)).order_by(Suggestion.registered_at.desc())
    )
    return found.all()


async def public_suggestion(session: AsyncSession, slug: str) -> Suggestion | None:
    """One public matter."""
    if "\x00" in slug:  # Postgres takes none, so nothing can have it
        return None
    return await session.scalar(sa.select(Suggestion).where(Suggestion.slug == slug))


def chosen(filters: Mapping[str, str]) -> sa.Select[Suggestion]:
    """Suggestions for staff, what has waited longest first; filters: ``state``, ``channel`` and ``public``."""
    columns = {"state": Suggestion.state, "channel": Suggestion.channel}
    rows = sa.select(Suggestion).order_by(Suggestion.registered_at, Suggestion.id)
    if "public" in filters:
        rows = rows.where(Suggestion.slug.is_not(None) if filters["public"] == "yes" else Suggestion.slug.is_(None))
    return rows.where(*(column == filters[name] for name, column in columns.items() if name in filters))


async def count(session: AsyncSession, *conditions: Any) -> tuple[int, datetime | None]:
    """(how many suggestions meet the conditions, when the oldest of them came)."""
    counted = sa.select(sa.func.count(), sa.func.min(Suggestion.registered_at)).where(*conditions)
    row = (await session.execute(counted)).one()
    return row[0], row[1]


async def remove_old_texts(session: AsyncSession, answered_before: datetime, registered_before: datetime) -> int:
    """Remove what residents wrote in matters answered, or raised and never answered, before; how many.

    The public wording stays.
    """
    over = sa.or_(
        Suggestion.answered_at < answered_before,
        sa.and_(Suggestion.answered_at.is_(None), Suggestion.registered_at < registered_before),
    )
    gone = await session.execute(
        sa.update(Suggestion)
        .where(over, Suggestion.text.is_not(None))
        .values(heading=None, text=None, place=None, why=None, removed=None)
        .returning(Suggestion.id)
    )
    return len(gone.all())
