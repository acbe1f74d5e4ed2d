"""Copies of other services' facts that residents see on the own page and on the front page."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.registration.joining.store import lock_member
from services.registration.tables import Asked, Drawn, FollowUp, Meeting, Member, PublishedResult, Survey
from shared.events.meetings import MeetingAnnounced, MemberEnteredDraw
from shared.events.notifications import MemberUnreachable
from shared.events.results import FollowUpRecorded, ResultsPublished
from shared.events.surveys import SurveyAnswered, SurveyInvitationIssued, SurveyOpened
from shared.messaging import Delivery, subscribe


async def keep_survey_title(session: AsyncSession, event: SurveyOpened, _: Delivery) -> None:
    """What the survey is called."""
    await _put(session, Survey, id=event.survey_id, title=event.questionnaire["title"], closes_at=event.closes_at)


async def keep_asked(session: AsyncSession, event: SurveyInvitationIssued | SurveyAnswered, _: Delivery) -> None:
    """That a member was asked, and whether they took part; nothing about somebody who has left."""
    if await _is_gone(session, event.member_id):
        return
    values: dict[str, Any] = {"member_id": event.member_id, "survey_id": event.survey_id}
    if isinstance(event, SurveyAnswered):
        values["answered_at"] = event.answered_at
    await _put(session, Asked, invitation_id=event.invitation_id, **values)


async def keep_meeting(session: AsyncSession, event: MeetingAnnounced, _: Delivery) -> None:
    """What the meeting is called, and when it is."""
    await _put(session, Meeting, id=event.meeting_id, slug=event.slug, heading=event.heading, starts_at=event.starts_at)


async def keep_drawn(session: AsyncSession, event: MemberEnteredDraw, _: Delivery) -> None:
    """That a member was in a draw."""
    if not await _is_gone(session, event.member_id):
        values = {"member_id": event.member_id, "meeting_id": event.meeting_id}
        await _put(session, Drawn, entry_id=event.entry_id, chance=event.chance, drawn=event.drawn, **values)


async def keep_result(session: AsyncSession, event: ResultsPublished, _: Delivery) -> None:
    """A result for the front page."""
    values = {"slug": event.slug, "heading": event.heading, "finding": event.finding}
    await _put(session, PublishedResult, survey_id=event.survey_id, published_at=event.published_at, **values)


async def keep_follow_up(session: AsyncSession, event: FollowUpRecorded, _: Delivery) -> None:
    """What came of it."""
    values = {"about_id": event.about_id, "done": event.done, "done_on": event.done_on}
    await _put(session, FollowUp, id=event.follow_up_id, **values)


async def mark_unreachable(session: AsyncSession, event: MemberUnreachable, delivery: Delivery) -> None:
    """The address takes no mail: staff and the member see it until the address changes."""
    if delivery.replay:
        return
    member = await lock_member(session, event.member_id)
    if member is not None and member.status in ("active", "paused"):
        member.unreachable_since = member.unreachable_since or event.since


async def _is_gone(session: AsyncSession, member_id: Any) -> bool:
    """Whether the member is erased; their row is held, so that an erasure either sees this copy or comes first."""
    status = await session.scalar(sa.select(Member.status).where(Member.id == member_id).with_for_update(read=True))
    return status in (None, "erased")


async def _put(session: AsyncSession, table: Any, **values: Any) -> None:
    """Insert, or bring up to date what the row's own key names."""
    keys = [column.name for column in table.__table__.primary_key]
    changed = {name: value for name, value in values.items() if name not in keys}
    await session.execute(pg_insert(table).values(**values).on_conflict_do_update(index_elements=keys, set_=changed))


HANDLERS = [
    subscribe("registration.keep_survey_title", keep_survey_title, SurveyOpened),
    subscribe("registration.keep_asked", keep_asked, SurveyInvitationIssued, SurveyAnswered),
    subscribe("registration.keep_meeting", keep_meeting, MeetingAnnounced),
    subscribe("registration.keep_drawn", keep_drawn, MemberEnteredDraw),
    subscribe("registration.keep_result", keep_result, ResultsPublished),
    subscribe("registration.keep_follow_up", keep_follow_up, FollowUpRecorded),
    subscribe("registration.mark_unreachable", mark_unreachable, MemberUnreachable),
]
