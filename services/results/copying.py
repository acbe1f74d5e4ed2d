"""Reactions to events: answers are kept once, closing says how many to wait for."""

from collections.abc import Sequence

from pydantic_core import to_json
from sqlalchemy.ext.asyncio import AsyncSession

from services.results.tables import Population, Survey
from shared.database import run_sql, upsert
from shared.events.registration import MemberErased, PopulationMarginsSet
from shared.events.results import MemberDataErased
from shared.events.surveys import ResponseSubmitted, SampleDrawn, SurveyChanged, SurveyClosed, SurveyOpened
from shared.messaging import Delivery, emit, forget_subject, lock

_KEEP_ANSWERS = """
insert into results.answer (id, survey_id, strata, answers)
select response_id, survey_id, strata, answers
from jsonb_to_recordset($1::jsonb) as t(response_id uuid, survey_id uuid, strata jsonb, answers jsonb)
on conflict do nothing
"""


async def keep_survey(session: AsyncSession, event: SurveyOpened | SurveyChanged | SurveyClosed, _: Delivery) -> None:
    """What was asked, and at closing how many took part."""
    if isinstance(event, SurveyChanged):
        values: dict[str, object] = {
            "questionnaire": event.questionnaire,
            "closes_at": event.closes_at,
            "corrections": event.corrections,
        }
    elif isinstance(event, SurveyOpened):
        values = {
            "questionnaire": event.questionnaire,
            "opened_at": event.opened_at,
            "closes_at": event.closes_at,
            "asks": event.asks,
            "meeting": event.meeting.model_dump(mode="json") if event.meeting else None,
        }
    else:
        values = {
            "closed_at": event.closed_at,
            "invited": event.invited,
            "answered": event.answered,
            "released": event.released,
            "strata": event.strata,
        }
    await upsert(session, Survey, id=event.survey_id, **values)


async def keep_sample(session: AsyncSession, event: SampleDrawn, _: Delivery) -> None:
    """How those asked were drawn."""
    sample = event.model_dump(include={"rule", "seed", "pool_hash", "pool", "capped", "drawn"})
    await upsert(session, Survey, id=event.survey_id, sample=sample)


async def keep_answers(session: AsyncSession, events: Sequence[ResponseSubmitted], _: Sequence[Delivery]) -> None:
    """Store released answers; an answer's id counts once, however often it comes."""
    await run_sql(session, _KEEP_ANSWERS, to_json(events).decode())


async def keep_population(session: AsyncSession, event: PopulationMarginsSet, _: Delivery) -> None:
    """The newest margins."""
    await upsert(
        session,
        Population,
        id=event.margins_id,
        year=event.year,
        bands=event.bands,
        margins=event.margins,
        areas=event.area_margins,
        area_source=event.area_source,
    )


async def confirm_erasure(session: AsyncSession, event: MemberErased, _: Delivery) -> None:
    """Nothing here is kept under a person, but what was told when they asked for everything."""
    await lock(session, event.member_id)
    await forget_subject(session, event.member_id)
    await emit(session, MemberDataErased(member_id=event.member_id, erased_at=event.erased_at))
