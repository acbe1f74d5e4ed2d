"""Queries of the panel's composition, and the areas in force."""

from collections import Counter
from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.registration.population.areas import Area, Areas
from services.registration.population.domain import SOURCE, Composition, band_of, compose
from services.registration.tables import AreaScheme, Margins, Member
from shared.database import hold
from shared.events.registration import PopulationMarginsSet

_SCHEME = "registration.areas"


async def newest_margins(session: AsyncSession) -> Margins | None:
    """The population the panel is compared with, or None before it is set."""
    return await session.scalar(sa.select(Margins).order_by(Margins.year.desc()).limit(1))


async def newest_scheme(session: AsyncSession) -> AreaScheme | None:
    """The areas in force as stored, or None before any are named."""
    return await session.scalar(sa.select(AreaScheme).order_by(AreaScheme.version.desc()).limit(1))


async def hold_areas(session: AsyncSession) -> None:
    """Hold the scheme of areas until this transaction ends, so that nobody is published with an area of an old one."""
    await hold(session, _SCHEME)


async def areas_in_force(session: AsyncSession) -> Areas:
    """The areas, which stay in force until this transaction ends."""
    await hold(session, _SCHEME, shared=True)
    return areas_of(await newest_scheme(session))


def areas_of(scheme: AreaScheme | None) -> Areas:
    """The stored version as values; version 0 without areas before any are named."""
    if scheme is None:
        return Areas(0, ())
    return Areas(scheme.version, tuple(Area.model_validate(area) for area in scheme.areas), scheme.source)


async def composition(session: AsyncSession) -> Composition:
    """The panel against the newest margins: two grouped queries whatever the panel's size."""
    newest = await newest_margins(session)
    cells = await session.execute(
        sa.select(Member.gender, Member.year_of_birth, sa.func.count().label("members"))
        .where(Member.in_panel)
        .group_by(Member.gender, Member.year_of_birth)
    )
    bands = newest.bands if newest else ()
    numbers: Counter[tuple[str, str]] = Counter()
    for row in cells:
        age = (newest.year if newest else 0) - (row.year_of_birth or 0)
        numbers[row.gender or "other", band_of(age, bands) or ""] += row.members
    areas = areas_of(await newest_scheme(session))
    return compose(numbers, newest.margins if newest else (), areas.count(await _members_by_postcode(session)), areas)


async def members_outside(session: AsyncSession, areas: Areas) -> int:
    """Members who live in a postcode of no area."""
    return areas.count(await _members_by_postcode(session)).get("", 0)


async def _members_by_postcode(session: AsyncSession) -> Mapping[str, int]:
    rows = await session.execute(sa.select(Member.area, sa.func.count()).where(Member.in_panel).group_by(Member.area))
    return {postcode or "": count for postcode, count in rows}


async def own_answers(session: AsyncSession) -> Mapping[str, int]:
    """How many members have told what about themselves, by ``question:option``."""
    each = sa.select(sa.func.unnest(Member.own_answers).label("answer")).where(Member.in_panel).subquery()
    rows = await session.execute(sa.select(each.c.answer, sa.func.count()).group_by(each.c.answer))
    return {row[0]: row[1] for row in rows}


def margins_event(margins: Margins, areas: Areas) -> PopulationMarginsSet:
    """The stored margins as others get them."""
    return PopulationMarginsSet(
        margins_id=margins.id,
        year=margins.year,
        source=SOURCE,
        bands=margins.bands,
        margins=margins.margins,
        area_scheme=areas.code,
        area_margins=margins.area_margins,
        area_source=areas.source,
    )
