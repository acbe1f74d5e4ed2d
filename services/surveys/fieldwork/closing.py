"""Closing and release: all answers leave at once, in one random order, in cells of at least k.

It comes a day after the survey's end (``steering``), or at once where staff say so. A submission holds the survey's
advisory lock shared, closing holds it alone, so an answer is either in the release or refused. The whole release is one
transaction: after a crash nothing has left and the next run does all of it.
"""

import secrets
from collections import Counter
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from services.surveys.fieldwork.domain import ReleaseCell, release_cells
from services.surveys.fieldwork.store import count_strata
from services.surveys.sealing import Seal, SurveyKeys, keys_of
from services.surveys.steering.steering import end_due_surveys, hold_running
from services.surveys.tables import Response, Survey
from services.surveys.watching.counting import keep_stopped
from shared.events.surveys import AnswerStrata, ResponseSubmitted, SurveyClosed
from shared.ids import random_id
from shared.messaging import emit, emit_new
from shared.service import Runtime

log = structlog.get_logger()

#: Answers per insert into the outbox.
BATCH = 500


async def close_due_surveys(rt: Runtime) -> None:
    """Job: end what has reached its last day's end, and release what ended a day ago, one survey per transaction."""
    await end_due_surveys(rt)
    due = sa.and_(Survey.state == "ended", Survey.release_at <= rt.now())
    async with rt.transaction() as session:
        surveys = list(await session.scalars(sa.select(Survey.id).where(due).order_by(Survey.id)))
    for survey_id in surveys:
        async with rt.transaction() as session:
            # Somebody may have opened it again since.
            survey = await hold_running(session, survey_id)
            if survey is not None and survey.release_at is not None and survey.release_at <= rt.now():
                await close_survey(session, keys_of(rt.settings), survey_id, rt.now())


async def destroy_keys(rt: Runtime) -> None:
    """Job: destroy the keys of closed surveys, so that nobody can open their answers, even in copies of the database.

    After the release's transaction and not within it: a key destroyed before would lose every answer with a rollback.
    """
    keys = keys_of(rt.settings)
    if with_keys := keys.surveys():
        async with rt.transaction() as session:
            statement = sa.select(Survey.id).where(Survey.id.in_(with_keys), Survey.state == "closed")
            ids = (await session.scalars(statement)).all()
        for survey_id in ids:
            keys.destroy(survey_id)
            log.info("surveys.key.destroyed", survey=str(survey_id))


async def close_survey(session: AsyncSession, keys: SurveyKeys, survey_id: UUID, now: datetime) -> Survey | None:
    """Close and release; the survey, or None when somebody else has closed it already."""
    survey = await hold_running(session, survey_id)
    if survey is None:
        return None
    assert survey.opened_at is not None
    strata = await count_strata(session, survey_id)
    count = await _release(session, keys.seal(survey_id, survey.public_key), survey)
    await keep_stopped(session, survey_id)
    await session.execute(sa.select(sa.func.surveys.drop_resting_place(survey_id)))
    survey.closed_at = survey.closed_at or now
    survey.state = "closed"
    survey.inviting = False
    survey.invited = sum(stratum.invited for stratum in strata)
    survey.answered = sum(stratum.answered for stratum in strata)
    survey.released = count
    await emit(session, await closed_event(session, survey))
    return survey


async def closed_event(session: AsyncSession, survey: Survey) -> SurveyClosed:
    """The fact, which is also the closed survey's state: rows of invitations outlive their members' erasure."""
    assert survey.opened_at is not None
    assert survey.closed_at is not None
    return SurveyClosed(
        survey_id=survey.id,
        opened_at=survey.opened_at,
        closed_at=survey.closed_at,
        invited=survey.invited or 0,
        answered=survey.answered or 0,
        released=survey.released or 0,
        strata=tuple(await count_strata(session, survey.id, by_area=True)),
    )


async def _release(session: AsyncSession, seal: Seal, survey: Survey) -> int:
    """Publish every answer; how many left."""
    rows = await session.execute(sa.select(Response.id, Response.sealed).where(Response.survey_id == survey.id))
    resting = [seal.open(row.id, row.sealed) for row in rows]
    # Answers sealed before areas were known have none.
    numbers = Counter((row["gender"], row["band"], row.get("area")) for row in resting)
    cells = release_cells(numbers, [band.code for band in survey.bands], survey.cell_minimum)
    if not cells:
        return 0
    # The rows' order in the table is the order of answering; only the operating system's randomness may replace it.
    secrets.SystemRandom().shuffle(resting)
    events = [
        ResponseSubmitted(
            response_id=random_id(),
            survey_id=survey.id,
            strata=_strata_of(cells[row["gender"], row["band"], row.get("area")]),
            answers=row["answers"],
        )
        for row in resting
    ]
    for start in range(0, len(events), BATCH):
        await emit_new(session, events[start : start + BATCH])
    return len(events)


def _strata_of(cell: ReleaseCell) -> AnswerStrata:
    return AnswerStrata(gender=cell.gender, bands=cell.bands, areas=cell.areas)
