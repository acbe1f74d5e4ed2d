"""Queries of follow-ups and their objects."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.results.tables import FollowUp, Meeting, Publication, Suggestion, Survey, title_of
from shared.events.results import FollowUpRecorded

#: (kind, id, slug, title) of something public.
About = tuple[str, UUID, str, str]
#: Where the page of each kind of object stands.
PATHS = {"survey": "/results/", "meeting": "/meetings/", "suggestion": "/suggest/"}


async def of(session: AsyncSession, about_id: UUID) -> Sequence[FollowUp]:
    """What one object led to, newest first."""
    follow_ups = await session.scalars(
        sa.select(FollowUp).where(FollowUp.about_id == about_id).order_by(FollowUp.done_on.desc(), FollowUp.id)
    )
    return follow_ups.all()


async def all_of_them(session: AsyncSession) -> Sequence[FollowUp]:
    """Every follow-up, newest first."""
    return (await session.scalars(sa.select(FollowUp).order_by(FollowUp.done_on.desc(), FollowUp.id))).all()


async def objects(session: AsyncSession) -> dict[str, About]:
    """``about:id`` -> (about, id, slug, title) of everything public that a follow-up may be about, newest first."""
    public: list[tuple[Any, str, UUID, str, str]] = []
    rows = await session.execute(sa.select(Survey, Publication).join(Publication, Publication.survey_id == Survey.id))
    for survey, publication in rows:
        title = title_of(survey)
        public.append((publication.published_at, "survey", survey.id, publication.slug, title))
    for meeting in await session.scalars(sa.select(Meeting).where(Meeting.status.in_(["held", "minuted"]))):
        public.append((meeting.starts_at, "meeting", meeting.id, meeting.slug or "", meeting.heading or ""))
    for suggestion in await session.scalars(sa.select(Suggestion).where(Suggestion.slug.is_not(None))):
        title = suggestion.public_heading or ""
        public.append((suggestion.registered_at, "suggestion", suggestion.id, suggestion.slug or "", title))
    public.sort(key=lambda row: row[0], reverse=True)
    return {f"{about}:{id_}": (about, id_, slug, title) for _, about, id_, slug, title in public}


async def took_part(session: AsyncSession, about: str, about_id: UUID) -> int:
    """How many answered the survey or came to the meeting."""
    place = {"survey": (Survey.answered, Survey.id), "meeting": (Meeting.attended, Meeting.id)}.get(about)
    if place is None:
        return 0
    return await session.scalar(sa.select(place[0]).where(place[1] == about_id)) or 0


def recorded_event(follow_up: FollowUp) -> FollowUpRecorded:
    """The fact, which is also the follow-up's state."""
    return FollowUpRecorded(
        follow_up_id=follow_up.id,
        about=follow_up.about,
        about_id=follow_up.about_id,
        slug=follow_up.slug,
        done=follow_up.done,
        done_on=follow_up.done_on.isoformat(),
        recorded_at=follow_up.recorded_at,
    )
