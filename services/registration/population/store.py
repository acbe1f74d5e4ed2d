"""Queries of the panel's composition."""

from collections import Counter

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.registration.places import AREA_SCHEME
from services.registration.population.domain import SOURCE, Composition, band_of, compose
from services.registration.tables import Margins, Member
from shared.events.registration import AgeBand, AreaMargin, Margin, PopulationMarginsSet

ACTIVE = ("active", "paused")


async def newest_margins(session: AsyncSession) -> Margins | None:
    """The population the panel is compared with, or None before it is set."""
    return await session.scalar(sa.select(Margins).order_by(Margins.year.desc()).limit(1))


async def composition(session: AsyncSession) -> Composition:
    """The panel against the newest margins: one grouped query whatever the panel's size."""
    stored = await newest_margins(session)
    found = await session.execute(
        sa.select(Member.gender, Member.year_of_birth, sa.func.count().label("members"))
        .where(Member.status.in_(ACTIVE))
        .group_by(Member.gender, Member.year_of_birth)
    )
    bands = [AgeBand.model_validate(band) for band in stored.bands] if stored else []
    counted: Counter[tuple[str, str]] = Counter()
    for row in found:
        age = (stored.year if stored else 0) - (row.year_of_birth or 0)
        counted[row.gender or "other", band_of(age, bands) or ""] += row.members
    margins = [Margin.model_validate(margin) for margin in stored.margins] if stored else []
    return compose(counted, margins)


async def members_by_area(session: AsyncSession) -> dict[str, int]:
    """Members per postcode."""
    found = await session.execute(
        sa.select(Member.area, sa.func.count()).where(Member.status.in_(ACTIVE)).group_by(Member.area)
    )
    return {area or "": count for area, count in found}


def margins_event(stored: Margins) -> PopulationMarginsSet:
    """The stored margins as others get them."""
    return PopulationMarginsSet(
        margins_id=stored.id,
        year=stored.year,
        source=SOURCE,
        bands=tuple(AgeBand.model_validate(band) for band in stored.bands),
        margins=tuple(Margin.model_validate(margin) for margin in stored.margins),
        area_scheme=AREA_SCHEME,
        area_margins=tuple(AreaMargin.model_validate(margin) for margin in stored.area_margins),
    )
