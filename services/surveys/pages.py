"""Public pages: open and finished surveys, and the schema of questionnaire files."""

import json

import sqlalchemy as sa

from services.surveys.steering.domain import RUNNING
from services.surveys.tables import Survey
from shared.events.questionnaire import json_schema
from shared.rules import last_day
from shared.web import Request, Response, render, runtime


async def show_surveys(request: Request) -> Response:
    """Open surveys, then finished ones, newest first; the way in is the link in the mail."""
    async with runtime(request).transaction() as session:
        surveys = await session.scalars(
            sa.select(Survey).where(Survey.state.in_((*RUNNING, "closed"))).order_by(Survey.opened_at.desc())
        )
        rows = [(survey, survey.questionnaire) for survey in surveys]
    lang = request.state.lang
    context = {
        "open": [
            (survey, questionnaire.title.to(lang), questionnaire.introduction.to(lang), last_day(survey.closes_at))
            for survey, questionnaire in rows
            if survey.state in ("open", "paused")
        ],
        "over": [
            (survey, questionnaire.title.to(lang), last_day(survey.closes_at, survey.closed_at))
            for survey, questionnaire in rows
            if survey.state in ("ended", "closed")
        ],
    }
    return render(request, "surveys/list.html", context)


async def show_schema(_: Request) -> Response:
    """The JSON Schema of questionnaire files."""
    return Response(json.dumps(json_schema(), ensure_ascii=False), media_type="application/schema+json")
