"""Counting the population from the profile's lowest age on, and telling it to the services that keep it."""

from uuid import UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from services.registration.population.domain import YEAR, bands_from, margins_of, shipped_persons
from services.registration.population.ssb_file import Statistics, packed, unpacked
from services.registration.population.store import areas_in_force, margins_event
from services.registration.tables import Margins
from shared.messaging import emit, lock
from shared.profile.keeping import profile_in_force
from shared.settings import Settings

#: One id for the installation's margins, so that a newer set follows the older one in order.
MARGINS_ID = uuid5(UUID("6ba7b812-9dad-11d1-80b4-00c04fd430c8"), "innbyggerpanel/margins")


async def announce_population(session: AsyncSession, settings: Settings, statistics: Statistics | None = None) -> None:
    """Count ``statistics``, else the figures in force, else the shipped ones from the lowest age on; tell what is new.

    Without figures nothing is compared, and staff are told.
    """
    bands = bands_from((await profile_in_force(session, settings)).minimum_age)
    row = await session.get(Margins, MARGINS_ID)
    if statistics is None and row is not None and row.bands == bands:
        return
    await lock(session, MARGINS_ID)
    # Whoever had the lock may have changed both.
    bands = bands_from((await profile_in_force(session, settings)).minimum_age)
    row = await session.get(Margins, MARGINS_ID, populate_existing=True)
    figures = statistics or _figures(row, settings.installed.number)
    if figures is None or (statistics is None and row is not None and row.bands == bands):
        return
    if row is None:
        row = Margins(id=MARGINS_ID, area_margins=())
        session.add(row)
    row.year, row.figures = figures.year, packed(figures)
    row.bands, row.margins = bands, margins_of(figures.persons, bands)
    areas = await areas_in_force(session)
    row.area_margins = tuple(area.as_margin(bands) for area in areas.areas)
    await emit(session, margins_event(row, areas))


def _figures(row: Margins | None, number: str) -> Statistics | None:
    """By single year of age. An older release kept only the bands: of a file it was given they are not known."""
    if row is not None and row.figures:
        return unpacked(row.figures)
    persons = shipped_persons(number) if row is None or row.year == YEAR else {}
    return Statistics(YEAR, persons) if persons else None
