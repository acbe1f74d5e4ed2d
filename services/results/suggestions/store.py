"""Reads of suggestions, and their facts as others hear them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.results.suggestions.domain import Decision
from services.results.tables import Suggestion
from shared.events.results import SuggestionAnswered, SuggestionRegistered, SuggestionReplyDue
from shared.messaging import lock

#: A reply is worth sending for this long.
_REPLY_LIFE = timedelta(days=7)


def registered_event(suggestion: Suggestion) -> SuggestionRegistered:
    """The fact that it came."""
    return SuggestionRegistered(
        suggestion_id=suggestion.id, channel=suggestion.channel, registered_at=suggestion.registered_at
    )


async def lock_suggestion(session: AsyncSession, suggestion_id: UUID) -> Suggestion | None:
    """The suggestion under its subject's lock, with its newest state."""
    await lock(session, suggestion_id)
    return await session.get(Suggestion, suggestion_id, populate_existing=True)


async def standing(session: AsyncSession, suggestion: Suggestion) -> Decision:
    """What is decided so far."""
    target = await session.get(Suggestion, suggestion.merged_into) if suggestion.merged_into else None
    return Decision(
        state=suggestion.state,
        answer=suggestion.answer or "",
        public=suggestion.slug is not None,
        public_heading=suggestion.public_heading or "",
        public_text=suggestion.public_text or "",
        forwarded_to=suggestion.forwarded_to or "",
        merged_into=(target.slug or "") if target else "",
    )


def answered_event(suggestion: Suggestion) -> SuggestionAnswered:
    """The fact that staff have decided."""
    assert suggestion.answered_at is not None
    return SuggestionAnswered(
        suggestion_id=suggestion.id, status=suggestion.state, slug=suggestion.slug, answered_at=suggestion.answered_at
    )


async def public_suggestions(session: AsyncSession) -> Sequence[Suggestion]:
    """Matters that are public, newest first."""
    matters = await session.scalars(
        sa.select(Suggestion).where(Suggestion.slug.is_not(None)).order_by(Suggestion.registered_at.desc())
    )
    return matters.all()


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


async def count(session: AsyncSession, *conditions: sa.ColumnElement[bool]) -> tuple[int, Suggestion | None]:
    """(how many suggestions meet the conditions, the oldest of them)."""
    number = await session.scalar(sa.select(sa.func.count()).select_from(Suggestion).where(*conditions))
    oldest = sa.select(Suggestion).where(*conditions).order_by(Suggestion.registered_at, Suggestion.id).limit(1)
    return number or 0, await session.scalar(oldest)


def reply_event(suggestion: Suggestion, notice: str, now: datetime, text: str = "") -> SuggestionReplyDue:
    """The sender's mail: the notice, and staff's own text."""
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
