"""Announcing a new installation's thresholds and population, and forgetting answers to questions it no longer asks."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.registration.admitting import reach_thresholds
from services.registration.population.counting import announce_population
from services.registration.tables import Panel, Threshold
from shared.database import insert_new
from shared.events.registration import PanelThresholdSet
from shared.ids import new_id
from shared.messaging import emit, lock
from shared.service import Runtime


async def announce_installation(rt: Runtime) -> None:
    """Publish the first thresholds and the population from the lowest age on, unless they are there already."""
    rules = rt.profile
    async with rt.transaction() as session:
        await insert_new(session, Panel, id=1, size=0)
        size = await session.scalar(sa.select(Panel.size).with_for_update())
        for number, role in ((rules.start_size, "start"), (rules.goal_size, "goal")):
            threshold_id = new_id()
            if await insert_new(session, Threshold, id=threshold_id, size=number, role=role):
                await lock(session, threshold_id)
                await emit(session, PanelThresholdSet(threshold_id=threshold_id, size=number, role=role))
        await reach_thresholds(session, size or 0, rt.now())
        await forget_unasked(session, rules.own_answers)
        await announce_population(session, rt.settings)


async def forget_unasked(session: AsyncSession, answers: frozenset[str]) -> None:
    """Forget answers to questions and options that the profile no longer has."""
    for table in ("member", "sign_up"):
        await session.execute(
            sa.text(
                f"update registration.{table} set own_answers = array(select one from unnest(own_answers) as one"
                " where one = any(cast(:answers as text[]))) where not own_answers <@ cast(:answers as text[])"
            ),
            {"answers": sorted(answers)},
        )
