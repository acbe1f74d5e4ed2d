"""A new version of the areas: stored and published at once, then every member's area, a batch at a time."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.registration.population.areas import Area, Areas
from services.registration.population.store import areas_of, hold_areas, margins_event, newest_scheme
from services.registration.store import member_states
from services.registration.tables import AreaScheme, Margins, Member
from shared.events.registration import MemberChanged
from shared.messaging import emit, lock
from shared.service import Runtime

#: Members published in one transaction.
BATCH = 200


async def set_areas(
    session: AsyncSession, margins: Margins, areas: Sequence[Area], source: str, now: datetime
) -> Areas:
    """Put a new version in force and publish its figures; the job tells every member's area after it."""
    await lock(session, margins.id)
    await hold_areas(session)
    before = await newest_scheme(session)
    scheme = AreaScheme(
        version=(before.version if before else 0) + 1,
        source=source,
        areas=[area.model_dump() for area in areas],
        set_at=now,
    )
    session.add(scheme)
    margins.area_margins = tuple(area.as_margin(margins.bands) for area in areas)
    await emit(session, margins_event(margins, areas_of(scheme)))
    return areas_of(scheme)


async def regroup_members(rt: Runtime) -> None:
    """Job: tell of every member with the area of the version in force; goes on where it stopped."""
    more = True
    while more:
        async with rt.transaction() as session:
            more = await regroup_batch(session, rt.now())


async def regroup_batch(session: AsyncSession, now: datetime, batch: int = BATCH) -> bool:
    """Publish the areas of the next members; False when none are left."""
    newest = sa.select(sa.func.max(AreaScheme.version)).scalar_subquery()
    scheme = await session.scalar(
        sa.select(AreaScheme)
        .where(AreaScheme.version == newest, AreaScheme.regrouped_at.is_(None))
        .with_for_update(skip_locked=True)
    )
    if scheme is None:
        return False
    of_panel = sa.select(Member.id).where(Member.in_panel).order_by(Member.id).limit(batch)
    if scheme.regrouped_after is not None:
        of_panel = of_panel.where(Member.id > scheme.regrouped_after)
    ids = list(await session.scalars(of_panel))
    await lock(session, *ids)
    members = (
        await session.scalars(sa.select(Member).where(Member.id.in_(ids), Member.in_panel).order_by(Member.id))
    ).all()
    if members:
        await emit(session, *(MemberChanged(**state) for state in await member_states(session, members)))
    if len(ids) < batch:
        scheme.regrouped_at, scheme.regrouped_after = now, None
        return False
    scheme.regrouped_after = ids[-1]
    return True
