"""Reminders by plan: published in batches to those who have not answered, at hours when people read mail."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.surveys.audience.contacts import at_the_cap
from services.surveys.fieldwork.domain import FRESH
from services.surveys.fieldwork.store import count_strata
from services.surveys.reminding.domain import (
    Reminding,
    moment_after_inviting,
    next_moment,
    second_moment,
    strata_with_enough,
)
from services.surveys.reminding.holidays import is_holiday
from services.surveys.tables import Invitation, Member, Survey
from shared.events.surveys import SurveyReminderDue
from shared.messaging import emit, lock
from shared.rules import end_of_day
from shared.service import Runtime

#: Invitations per transaction.
BATCH = 500


def reminding_of(survey: Survey) -> Reminding:
    """How the survey reminds."""
    return Reminding(survey.again_after, survey.remind_from, survey.remind_to, survey.remind_until_enough)


def keep_reminder_apart(survey: Survey, now: datetime, zone: ZoneInfo) -> None:
    """Everybody has been invited now: a reminder too soon after it is moved, by the day that staff read."""
    if survey.reminder_at is None or survey.reminded:
        return
    moment = moment_after_inviting(survey.reminder_at, now, survey.closes_at, reminding_of(survey), is_holiday, zone)
    # Where there is no later day, those the survey was tried on still get theirs.
    if moment is not None or survey.soft_size is None or survey.soft:
        survey.reminder_at = moment


async def remind_due(rt: Runtime) -> None:
    """Job: publish the reminders of every open survey whose moment has come, to those who have not answered."""
    while await _remind_next(rt):
        pass


async def _remind_next(rt: Runtime) -> bool:
    now, zone = rt.now(), rt.settings.zone
    async with rt.transaction() as session:
        survey = await session.scalar(
            sa.select(Survey)
            .where(
                Survey.state == "open",
                Survey.reminded.is_(False),
                Survey.inviting.is_(False),
                Survey.reminder_at <= now,
                Survey.closes_at > now,
            )
            .order_by(Survey.id)
            .limit(1)
            .with_for_update(key_share=True, skip_locked=True)
        )
        if survey is None:
            return False
        moment = next_moment(now, survey.remind_from, survey.remind_to, is_holiday, zone)
        if moment > now:
            survey.reminder_at = moment
            return True
        if survey.remind_skips is None:
            survey.remind_skips = await _enough(session, survey)
        silent = await _remind_batch(session, survey, rt.profile.contact_cap, now, zone)
        if len(silent) == BATCH:
            survey.remind_after = silent[-1]
        else:
            _plan_next(survey, now, zone)
        return True


async def _enough(session: AsyncSession, survey: Survey) -> list[list[str]]:
    """Strata that are not reminded this time; counted once a reminder, not once a batch."""
    if not survey.remind_until_enough:
        return []
    strata = await count_strata(session, survey.id)
    return strata_with_enough(
        [((cell.gender, cell.band), cell.invited, cell.answered) for cell in strata], survey.target_percent
    )


async def _remind_batch(
    session: AsyncSession, survey: Survey, cap: int, now: datetime, zone: ZoneInfo
) -> Sequence[UUID]:
    """Remind the next of those who are silent; all that were looked at."""
    following = _silent(survey, zone).order_by(Invitation.id).limit(BATCH)
    if survey.remind_after is not None:
        following = following.where(Invitation.id > survey.remind_after)
    silent = list(await session.scalars(following))
    # Locked first and read again: somebody may have answered between the two.
    await lock(session, *silent)
    # A reminder asks once more, so it counts, and a member at the contact cap gets none.
    members = sa.select(Invitation.member_id).where(Invitation.id.in_(silent))
    full = at_the_cap(now, cap, Member.id.in_(members))
    rows = await session.execute(
        sa.update(Invitation)
        .where(Invitation.id.in_(_silent(survey, zone).where(Invitation.id.in_(silent), Member.id.not_in(full))))
        .values(reminded_at=now, asked_at=sa.func.array_append(Invitation.asked_at, now))
        .returning(Invitation.id, Invitation.member_id, Invitation.generation, Invitation.asked_at)
    )
    last = next_reminder_at(survey, now, zone) is None
    events = [
        SurveyReminderDue(
            invitation_id=row.id,
            survey_id=survey.id,
            member_id=row.member_id,
            generation=row.generation,
            reminder=survey.reminder,
            last=last,
            link_expires_at=survey.closes_at,
            send_before=survey.closes_at,
            asked_at=tuple(row.asked_at),
        )
        for row in rows
    ]
    if events:
        await emit(session, *events)
    return silent


def _plan_next(survey: Survey, now: datetime, zone: ZoneInfo) -> None:
    """This reminder has reached everybody it should: the second one is planned, or reminding is done."""
    moment = next_reminder_at(survey, now, zone)
    survey.remind_after = survey.remind_skips = None
    if moment is None:
        survey.reminded = True
    else:
        survey.reminder, survey.reminder_at = survey.reminder + 1, moment


def next_reminder_at(survey: Survey, now: datetime, zone: ZoneInfo) -> datetime | None:
    """When the second reminder goes if the first goes now; None when there is none, or no time for it."""
    if survey.reminder > 1:
        return None
    moment = second_moment(now.astimezone(zone).date(), reminding_of(survey), is_holiday, zone)
    return moment if moment is not None and moment < survey.closes_at else None


def _silent(survey: Survey, zone: ZoneInfo) -> sa.Select[UUID]:
    """Invitations this reminder is for: unanswered, not reminded of late nor just invited, of who still takes part."""
    assert survey.reminder_at is not None
    before = end_of_day(survey.reminder_at.astimezone(zone).date() - FRESH, zone)
    silent = (
        sa.select(Invitation.id)
        .join(Member, Member.id == Invitation.member_id)
        .where(
            Invitation.survey_id == survey.id,
            Invitation.answered_at.is_(None),
            Invitation.invited_at < before,
            sa.or_(Invitation.reminded_at.is_(None), Invitation.reminded_at < survey.reminder_at),
            Member.status == "active",
            Member.purposes.contains(["surveys"]),
        )
    )
    enough = [(gender, band) for gender, band in survey.remind_skips or ()]
    return silent.where(sa.tuple_(Invitation.gender, Invitation.band).not_in(enough)) if enough else silent
