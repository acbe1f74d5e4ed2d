"""From answers to a publication: count once, keep what was counted."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.results.changes import changes_of, surveys_beside, waiting_for
from services.results.counting import count_answers, written_in
from services.results.domain import Counted, gender_shares, key_question, merged_groups
from services.results.tables import Answer, Population, Publication, Survey, asked_in
from shared.database import hold
from shared.events.results import ResultsPublished
from shared.messaging import emit
from shared.rules import last_day
from shared.slugs import free_slug
from shared.strata import nearest_band


@dataclass(frozen=True)
class Draft:
    """What would be published now."""

    survey: Survey
    totals: list[Counted]
    participants: dict[str, object]
    texts: dict[str, list[tuple[UUID, str]]]
    """Question id -> (answer's id, what was written), sorted by the text: the order says nothing about who or when."""
    arrived: int
    changes: list[dict[str, Any]]
    """Changes from before to after a meeting, for the survey of its participants."""
    waits_for: int
    """Surveys of the same meeting that have not ended."""

    @property
    def waits(self) -> bool:
        """Whether answers are still to come, or the survey is open."""
        return self.survey.released is None or self.arrived < self.survey.released


async def draft_of(session: AsyncSession, survey: Survey) -> Draft:
    """Count every answer that has arrived."""
    rows = (await session.execute(sa.select(Answer.id, Answer.answers).where(Answer.survey_id == survey.id))).all()
    questionnaire = asked_in(survey)
    answers = [row.answers for row in rows]
    texts_of: dict[str, list[tuple[UUID, str]]] = {}
    for name in written_in(questionnaire):
        pairs = [(str(row.answers[name]), row.id) for row in rows if name in row.answers]
        # One of each text, by the least id: it is as random as any, and the same at every look.
        id_by_text = dict(sorted(pairs, reverse=True))
        texts_of[name] = [(id_, text) for text, id_ in sorted(id_by_text.items())]
    population = await session.scalar(sa.select(Population).order_by(Population.year.desc()).limit(1))
    beside = await surveys_beside(session, survey)
    return Draft(
        survey,
        count_answers(questionnaire, answers),
        _participants(survey, population),
        texts_of,
        len(answers),
        await changes_of(session, survey, beside),
        waiting_for(survey, beside),
    )


def _participants(survey: Survey, population: Population | None) -> dict[str, object]:
    """Those who took part against the population: lists of [code or codes, share, target] under "gender" and "band".

    Under "area" the codes are names, "" for outside every area, and "area_source" says whose figures they are.

    Groups too small to show are joined or left out (see ``merged_groups`` and ``gender_shares``).
    """
    if population is None or not survey.strata:
        return {}
    genders: Counter[str] = Counter()
    bands: Counter[str] = Counter()
    for stratum in survey.strata:
        genders[stratum.gender] += stratum.answered
        bands[nearest_band(stratum.band, population.bands)] += stratum.answered
    people: Counter[str] = Counter()
    for margin in population.margins:
        people[margin.gender] += margin.population
        people[margin.band] += margin.population
    everybody = sum(margin.population for margin in population.margins) or 1
    # The population register counts two genders; "none of them" would be a wrong number for the third.
    targets = {code: people[code] / everybody if code in people else None for code in genders}
    groups = merged_groups([(band.code, bands[band.code]) for band in population.bands])
    answers = sum(n for _, n in groups)
    return _by_area(survey, population) | {
        "gender": [[code, share, targets[code]] for code, share in gender_shares(genders).items()],
        "band": [[list(codes), n / answers, sum(people[code] for code in codes) / everybody] for codes, n in groups],
    }


def _by_area(survey: Survey, population: Population) -> dict[str, object]:
    living = sum(area.population for area in population.areas)
    if not living:
        return {}
    answers: Counter[str] = Counter()
    for stratum in survey.strata or ():
        answers[stratum.area or ""] += stratum.answered
    people = {area.area: area.population for area in population.areas}
    labels = {area.area: area.label or area.area for area in population.areas} | {"": ""}
    outside = sum(n for code, n in answers.items() if code not in people)
    groups = merged_groups([*((code, answers[code]) for code in people), *([("", outside)] if outside else [])])
    everybody = sum(n for _, n in groups)
    rows = [
        [[labels[code] for code in codes], n / everybody,
         None if "" in codes else sum(people[code] for code in codes) / living]
        for codes, n in groups
    ]  # fmt: skip
    has_people = any(code for code in answers if code in people)
    return {"area": rows, "area_source": population.area_source} if has_people else {}


class UnknownPassage(ValueError):
    """A chosen passage is no answer to that question."""


def with_passages(draft: Draft, choices: Mapping[str, Sequence[str]]) -> list[Counted]:
    """The totals with the passages whose answers' ids were chosen; raises UnknownPassage.

    An id, not a place in a list: an answer that arrives meanwhile must not publish its neighbour.
    """
    return [_with_passages(draft, question, choices) for question in draft.totals]


def _with_passages(draft: Draft, question: Counted, choices: Mapping[str, Sequence[str]]) -> Counted:
    texts = {str(id_): text for id_, text in draft.texts.get(question.id, ())}
    ids = choices.get(question.id, ())
    if any(id_ not in texts for id_ in ids):
        raise UnknownPassage(question.id)
    parts = tuple(_with_passages(draft, part, choices) for part in question.parts)
    return replace(question, passages=tuple(texts[id_] for id_ in ids), parts=parts)


async def publish(
    session: AsyncSession,
    draft: Draft,
    all_totals: Sequence[Counted],
    finding: Mapping[str, str],
    now: datetime,
    zone: ZoneInfo,
) -> Publication:
    """Store what was counted and publish the fact; the survey's subject is locked."""
    survey = draft.survey
    publication = Publication(
        survey_id=survey.id,
        slug=await _free_slug(session, survey, now, zone),
        finding=dict(finding),
        counted=tuple(all_totals),
        participants=draft.participants,
        changes=draft.changes,
        arrived=draft.arrived,
        published_at=now,
    )
    session.add(publication)
    await emit(session, published_event(publication, survey))
    return publication


async def _free_slug(session: AsyncSession, survey: Survey, now: datetime, zone: ZoneInfo) -> str:
    """``klima-2027-03-12``, with a number behind it when the same questionnaire closed twice that day."""
    await hold(session, "results.slug")
    day = last_day(survey.closes_at or now, survey.closed_at).astimezone(zone).date()
    base = f"{asked_in(survey).id}-{day.isoformat()}"
    slugs = set(await session.scalars(sa.select(Publication.slug).where(Publication.slug.startswith(base))))
    return free_slug(base, slugs)


def published_event(publication: Publication, survey: Survey) -> ResultsPublished:
    """The fact, which is also the publication's state."""
    key = key_question(publication.counted)
    pictured = next((part for part in asked_in(survey).parts if key and part.id == key.id), None)
    return ResultsPublished(
        survey_id=publication.survey_id,
        slug=publication.slug,
        published_at=publication.published_at,
        heading=asked_in(survey).title.by_language,
        finding=publication.finding,
        picture=pictured.text.by_language if pictured else None,
    )
