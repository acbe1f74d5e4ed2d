"""Staff decisions about a matter: stored, told to its sender, and published where the matter is public."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.results.suggestions.domain import DECIDED, Decision, notice_of
from services.results.suggestions.store import answered_event, reply_event
from services.results.tables import Suggestion
from shared.database import hold
from shared.messaging import emit
from shared.slugs import free_slug, slug_words


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
        await emit(session, reply_event(suggestion, notice, now, decision.answer))
    return notice


async def _free_slug(session: AsyncSession, heading: str) -> str:
    await hold(session, "results.slug")
    base = slug_words(heading, 60, "sak")
    slugs = set(await session.scalars(sa.select(Suggestion.slug).where(Suggestion.slug.startswith(base))))
    return free_slug(base, {slug for slug in slugs if slug})
