"""Queries for the members that a survey may ask, and for the counts of a forecast."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.surveys.audience.contacts import mails_counted
from services.surveys.audience.domain import NONE, Audience
from services.surveys.audience.forecast import Forecast, forecast
from services.surveys.audience.sampling import Pool, population_of, response_of
from services.surveys.audience.tables import MeetingGuest
from services.surveys.fieldwork.domain import Cell
from services.surveys.tables import Invitation, Margins, Member, Survey
from shared.events.registration import AgeBand, Margin
from shared.strata import GENDERS, band_of, gender_of

#: Surveys opened within this time tell how strata answer.
_LATELY = timedelta(days=2 * 365)


def invitable() -> sa.ColumnElement[bool]:
    """The members whom a survey that opens now invites: ``may_be_invited`` as the database asks it."""
    return sa.and_(Member.status == "active", Member.purposes.contains(["surveys"]))


def wanted_by(survey: Survey, zone: ZoneInfo) -> sa.ColumnElement[bool]:
    """``wanted`` by an opened survey: ages are those of the year it opened in, as people here write it."""
    assert survey.opened_at is not None
    return wanted(survey.audience, survey.opened_at.astimezone(zone).year)


def wanted(audience: Audience, year: int) -> sa.ColumnElement[bool]:
    """``is_wanted`` as the database asks it."""
    age = sa.literal(year) - Member.year_of_birth
    conditions: list[sa.ColumnElement[bool]] = []
    if audience.genders:
        other = Member.gender.not_in(GENDERS) if "other" in audience.genders else sa.false()
        conditions.append(sa.or_(Member.gender.in_(audience.genders), other))
    if audience.age_from is not None:
        conditions.append(age >= audience.age_from)
    if audience.age_to is not None:
        conditions.append(age <= audience.age_to)
    if audience.areas:
        conditions.append(sa.func.coalesce(Member.area, NONE).in_(audience.areas))
    if audience.languages:
        conditions.append(sa.func.coalesce(Member.language, NONE).in_(audience.languages))
    if audience.joined_since is not None:
        conditions.append(Member.joined_at >= audience.joined_since)
    took_part: list[sa.ColumnElement[bool]] = []
    if audience.survey is not None:
        took_part.append(
            sa.exists().where(
                Invitation.survey_id == audience.survey,
                Invitation.member_id == Member.id,
                Invitation.answered_at.is_not(None),
            )
        )
    if audience.meeting is not None:
        guest = sa.exists().where(
            MeetingGuest.meeting_id == audience.meeting,
            MeetingGuest.member_id == Member.id,
            MeetingGuest.group == audience.group,
        )
        took_part.append(guest)
    if took_part:
        conditions.append(sa.or_(*took_part))
    return sa.and_(sa.true(), *conditions)


async def count_pool(
    session: AsyncSession,
    audience: Audience,
    zone: ZoneInfo,
    bands_year: int | None,
    bands: Sequence[AgeBand],
    now: datetime,
) -> Counter[tuple[Cell, int]]:
    """How many the survey is for, by cell and mails in the quarter."""
    mails_by_member = mails_counted(now)
    mails = sa.func.coalesce(mails_by_member.c.mails, 0)
    rows = await session.execute(
        sa.select(Member.gender, Member.year_of_birth, Member.area, mails, sa.func.count())
        .outerjoin(mails_by_member, mails_by_member.c.member_id == Member.id)
        .where(invitable(), wanted(audience, now.astimezone(zone).year))
        .group_by(Member.gender, Member.year_of_birth, Member.area, mails)
    )
    pool: Counter[tuple[Cell, int]] = Counter()
    for gender, born, area, had, number in rows:
        pool[(gender_of(gender), band_of(born, bands_year, bands), area), had] += number
    return pool


async def past_answers(session: AsyncSession, now: datetime) -> dict[Cell, tuple[int, int]]:
    """(invited, answered) by cell, over the surveys of the last two years that are over."""
    over = sa.select(Survey.id).where(Survey.state == "closed", Survey.opened_at > now - _LATELY)
    rows = await session.execute(
        sa.select(
            Invitation.gender, Invitation.band, Invitation.area, sa.func.count(), sa.func.count(Invitation.answered_at)
        )
        .where(Invitation.survey_id.in_(over))
        .group_by(Invitation.gender, Invitation.band, Invitation.area)
    )
    return {(gender, band, area): (invitations, answers) for gender, band, area, invitations, answers in rows}


def residents_of(pool: Pool, margins: Margins | None) -> dict[Cell, float]:
    """The residents each of the pool's cells stands for."""
    people: Counter[Cell] = Counter()
    for (cell, _), number in pool.items():
        people[cell] += number
    population, areas = (margins.population, margins.areas) if margins else ([], [])
    # Areas kept by a release that did not keep their figures have none.
    by_area = {
        area["code"]: (area["population"], _cells(map(Margin.model_validate, area["cells"])))
        for area in areas
        if "population" in area
    }
    return population_of(people, people, _cells(population), by_area)


def _cells(margins: Iterable[Margin]) -> dict[tuple[str, str], int]:
    return {(margin.gender, margin.band): margin.population for margin in margins}


async def newest_margins(session: AsyncSession) -> Margins | None:
    """The population's newest figures."""
    return await session.scalar(sa.select(Margins).order_by(Margins.year.desc()).limit(1))


async def foresee(
    session: AsyncSession, audience: Audience, size: int | None, cap: int, reminders: int, now: datetime, zone: ZoneInfo
) -> Forecast:
    """What a survey for ``audience`` would come to if it opened now, with a sample of ``size`` or everybody."""
    margins = await newest_margins(session)
    bands = margins.bands if margins else ()
    pool = await count_pool(session, audience, zone, margins.year if margins else None, bands, now)
    response = response_of({cell for cell, _ in pool}, await past_answers(session, now))
    return forecast(pool, residents_of(pool, margins), response, size, cap, [band.code for band in bands], reminders)
