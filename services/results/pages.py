"""Public results: the list, one result, its tables as files."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.results.domain import key_question
from services.results.findings import picture_alone, show
from services.results.follow_ups import store as follow_ups
from services.results.showing import COLUMNS, table_rows, tables_of
from services.results.tables import Publication, Survey, asked_in
from services.results.trend import Past, trends
from shared.web import Request, Response, or_404, render, runtime, translate
from shared.web.tables import file_format, table_file


async def show_results(request: Request) -> Response:
    """One card a published survey, newest first: the question asked, the finding, its picture."""
    texts = translate(request)
    async with runtime(request).transaction() as session:
        rows = (
            await session.execute(
                sa.select(Survey, Publication)
                .join(Publication, Publication.survey_id == Survey.id)
                .order_by(Publication.published_at.desc())
            )
        ).all()
        by_survey = {follow_up.about_id: follow_up for follow_up in reversed(await follow_ups.all_of_them(session))}
    cards = []
    for survey, publication in rows:
        questionnaire = asked_in(survey)
        questions, key = show(questionnaire, publication.counted, texts), key_question(publication.counted)
        cards.append(
            {
                "publication": publication,
                "title": questionnaire.title.by_language,
                "finding": publication.finding,
                "led_to": by_survey[survey.id].done if survey.id in by_survey else None,
                "first": next((question for question in questions if key and question.id == key.id), None),
            }
        )
    return render(request, "results/list.html", {"cards": cards})


async def show_result(request: Request) -> Response:
    """Purpose, finding, picture and table per question, participants against population, method."""
    async with runtime(request).transaction() as session:
        survey, publication = or_404(await _published(session, request.path_params["slug"]))
        rows = await follow_ups.of(session, survey.id)
        earlier = await _published_before(session, survey)
    context = {"follow_ups": rows, "trends": trends(asked_in(survey), earlier)}
    return render(request, "results/result.html", {**result_context(request, survey, publication), **context})


async def _published_before(session: AsyncSession, survey: Survey) -> list[Past]:
    """Surveys with a public result that closed before this one, the newest first."""
    rows = await session.execute(
        sa.select(Survey, Publication)
        .join(Publication, Publication.survey_id == Survey.id)
        .where(Survey.closed_at < survey.closed_at, Survey.questionnaire.is_not(None))
        .order_by(Survey.closed_at.desc())
    )
    return [Past(asked_in(past), past.closed_at, publication.counted) for past, publication in rows if past.closed_at]


async def _published(session: AsyncSession, slug: str) -> tuple[Survey, Publication] | None:
    if "\x00" in slug:  # Postgres takes none, so nothing can have it
        return None
    row = (
        await session.execute(
            sa.select(Survey, Publication)
            .join(Publication, Publication.survey_id == Survey.id)
            .where(Publication.slug == slug)
        )
    ).first()
    return (row[0], row[1]) if row else None


def result_context(request: Request, survey: Survey, publication: Publication) -> dict[str, Any]:
    """What the result page shows of a publication."""
    texts, questionnaire = translate(request), asked_in(survey)
    return {
        "survey": survey,
        "publication": publication,
        "title": questionnaire.title.to(texts.code),
        "heading": questionnaire.title.by_language,
        "finding": publication.finding,
        "arrived": publication.arrived,
        **tables_of(survey, publication.counted, publication.participants, texts, publication.changes),
    }


async def show_picture(request: Request) -> Response:
    """The picture of the result's key question in one language, for the front page."""
    rt, texts = runtime(request), or_404(request.app.state.renderer.languages.get(request.path_params["code"]))
    async with rt.transaction() as session:
        survey, publication = or_404(await _published(session, request.path_params["slug"]))
    picture = or_404(picture_alone(asked_in(survey), publication.counted, texts, rt.profile.accent))
    # The words can be corrected, so not for long; another profile is another address.
    headers = {
        "cache-control": "public, max-age=600",
        "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    }
    return Response(picture, media_type="image/svg+xml", headers=headers)


async def download_result(request: Request) -> Response:
    """The page's tables as CSV or XLSX."""
    texts, form = translate(request), file_format(request)
    async with runtime(request).transaction() as session:
        survey, publication = or_404(await _published(session, request.path_params["slug"]))
    context = result_context(request, survey, publication)
    columns = [texts.gettext(name) for name in COLUMNS]
    rows = table_rows(context["results"], context["participants"], survey.answered or 0, survey.invited or 0, texts)
    return table_file(publication.slug, columns, rows, form)
