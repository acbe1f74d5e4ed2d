"""Public results, and the staff's way from a draft to a published page."""

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.results.domain import QuestionResult, count_all, in_language, leading_finding, questions_of, shown_counts
from services.results.tables import Answer, Population, Survey
from shared.events.results import ResultsPublished
from shared.messaging import emit, lock
from shared.web import (
    Request,
    Response,
    Route,
    audit,
    problem,
    read_form,
    render,
    runtime,
    see_other,
    staff_required,
    translate,
)
from shared.web.charts import bars, panel_against_population


async def _answers(session: AsyncSession, survey_id: UUID) -> list[dict[str, Any]]:
    return list(await session.scalars(sa.select(Answer.answers).where(Answer.survey_id == survey_id)))


async def show_results(request: Request) -> Response:
    """One card a published survey, newest first."""
    async with runtime(request).transaction() as session:
        surveys = (
            await session.scalars(
                sa.select(Survey).where(Survey.published_at.is_not(None)).order_by(Survey.published_at.desc())
            )
        ).all()
    cards = [(s, in_language((s.questionnaire or {}).get("title"), request.state.lang)) for s in surveys]
    return render(request, "results/list.html", {"cards": cards})


async def show_result(request: Request) -> Response:
    """Purpose, finding, picture and table per question, participants against population, method."""
    async with runtime(request).transaction() as session:
        survey = await _published(session, request.path_params["slug"])
        if survey is None:
            return problem(request, 404)
        context = await _result(request, session, survey)
    return render(request, "results/result.html", context)


async def _published(session: AsyncSession, slug: str) -> Survey | None:
    return await session.scalar(sa.select(Survey).where(Survey.slug == slug, Survey.published_at.is_not(None)))


async def _result(request: Request, session: AsyncSession, survey: Survey) -> dict[str, Any]:
    texts, lang = translate(request), request.state.lang
    questionnaire = survey.questionnaire or {}
    results = count_all(questionnaire, await _answers(session, survey.id), survey.passages or {}, lang)
    pictures = {
        result.id: bars(result.text, _told(result), [(r.label, r.n, r.share) for r in result.rows], texts.percent)
        for result in results
        if result.rows
    }
    population = await session.scalar(sa.select(Population).order_by(Population.year.desc()).limit(1))
    return {
        "survey": survey,
        "title": in_language(questionnaire.get("title"), lang),
        "introduction": in_language(questionnaire.get("introduction"), lang),
        "results": results,
        "pictures": pictures,
        "participants": _participants(request, survey, population),
        "finding": survey.finding or leading_finding(results),
    }


def _told(result: QuestionResult) -> str:
    return "; ".join(f"{row.label}: {row.n}" for row in result.rows)


def _participants(request: Request, survey: Survey, population: Population | None) -> list[dict[str, Any]]:
    """Participants against population by gender and by age band; small numbers are hidden."""
    if population is None or not survey.strata or not survey.answered:
        return []
    percent, parts = translate(request).percent, []
    total = sum(margin["population"] for margin in population.margins)
    for key, name in (("gender", "Kjønn"), ("band", "Alder")):
        counts = Counter(dict.fromkeys(sorted({margin[key] for margin in population.margins}), 0))
        for stratum in survey.strata:
            counts[stratum[key]] += stratum["answered"]
        people: Counter[str] = Counter()
        for margin in population.margins:
            people[margin[key]] += margin["population"]
        shown = shown_counts(counts)
        rows = []
        for group in counts:
            n = shown[group]
            rows.append((_group_name(group), None if n is None else n / survey.answered, people[group] / total))
        title = translate(request).gettext(name)
        parts.append({"name": title, "rows": rows, "picture": panel_against_population(title, title, rows, percent)})
    return parts


def _group_name(code: str) -> str:
    return {"female": "Kvinner", "male": "Menn", "other": "Annet / ikke oppgitt"}.get(code, code)


async def download_result(request: Request) -> Response:
    """The page's tables as CSV: UTF-8, one row a cell; cells that a spreadsheet would run are quoted."""
    async with runtime(request).transaction() as session:
        survey = await _published(session, request.path_params["slug"])
        if survey is None:
            return problem(request, 404)
        context = await _result(request, session, survey)
    return Response(
        _csv(context["results"]),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{survey.slug}.csv"'},
    )


def _csv(results: Sequence[QuestionResult]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["question_id", "question", "answer", "n", "share", "base"])
    for result in results:
        for row in result.rows:
            writer.writerow(
                [_safe(x) for x in (result.id, result.text, row.label)] + [row.n, round(row.share, 4), result.base]
            )
    return out.getvalue()


def _safe(text: str) -> str:
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


@staff_required("reader")
async def show_staff_results(request: Request) -> Response:
    """Surveys with how many of their answers have arrived, and which wait for approval."""
    async with runtime(request).transaction() as session:
        rows = await _progress(session)
    return render(request, "results/staff_list.html", {"rows": rows})


async def _progress(session: AsyncSession) -> list[tuple[Survey, int, str]]:
    counts = sa.select(Answer.survey_id, sa.func.count().label("n")).group_by(Answer.survey_id).subquery()
    found = await session.execute(
        sa.select(Survey, sa.func.coalesce(counts.c.n, 0))
        .outerjoin(counts, counts.c.survey_id == Survey.id)
        .order_by(Survey.opened_at.desc())
    )
    return [(row[0], row[1], in_language((row[0].questionnaire or {}).get("title"), "nb")) for row in found]


def waits_for_approval(survey: Survey, arrived: int) -> bool:
    """Closed, complete, and not public."""
    return survey.released is not None and arrived >= survey.released and survey.published_at is None


@staff_required("reader")
async def show_card(request: Request) -> Response:
    """results' card on the staff home."""
    async with runtime(request).transaction() as session:
        rows = await _progress(session)
    waiting = [(survey, title) for survey, arrived, title in rows if waits_for_approval(survey, arrived)]
    published = sum(1 for survey, _, _ in rows if survey.published_at is not None)
    return render(request, "results/card.html", {"waiting": waiting, "published": published})


@staff_required("reader")
async def show_draft(request: Request) -> Response:
    """The result as it would be published, with every written answer to choose passages from."""
    async with runtime(request).transaction() as session:
        survey = await session.get(Survey, request.path_params["survey_id"])
        if survey is None or survey.questionnaire is None:
            return problem(request, 404)
        context = await _result(request, session, survey)
        answers = await _answers(session, survey.id)
    written = _written(survey.questionnaire, answers)
    return render(
        request,
        "results/draft.html",
        context | {"written": {q: list(enumerate(texts)) for q, texts in written.items()}, "arrived": len(answers)},
    )


def _written(questionnaire: Mapping[str, Any], answers: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Written answers per question, sorted: their order says nothing about who wrote them or when."""
    return {
        question["id"]: sorted({str(answer[question["id"]]) for answer in answers if question["id"] in answer})
        for question in questions_of(questionnaire)
        if question["type"] in ("short_text", "long_text")
    }


@staff_required("editor")
async def publish_result(request: Request) -> Response:
    """Approve: the page is public and those who took part are told. A second click changes nothing."""
    rt = runtime(request)
    form = await read_form(request)
    async with rt.transaction() as session:
        survey_id = request.path_params["survey_id"]
        await lock(session, survey_id)
        survey = await session.get(Survey, survey_id, populate_existing=True)
        if survey is None or survey.questionnaire is None:
            return problem(request, 404)
        answers = await _answers(session, survey_id)
        if survey.released is None or (len(answers) < survey.released and form.get("fewer") != "yes"):
            return see_other(f"/staff/results/{survey_id}")
        if survey.published_at is None:
            survey.slug = f"{survey.questionnaire['id']}-{(survey.closed_at or rt.now()).date().isoformat()}"
            survey.finding = (form.get("finding") or "")[:500] or None
            survey.passages = {
                question: [text for place, text in enumerate(texts) if str(place) in form.all(f"passage-{question}")]
                for question, texts in _written(survey.questionnaire, answers).items()
            }
            survey.arrived_at_publication, survey.published_at = len(answers), rt.now()
            await session.flush()
            await emit(
                session, ResultsPublished(survey_id=survey_id, slug=survey.slug, published_at=survey.published_at)
            )
            await audit(session, request, "results.result.published", survey_id, answers=len(answers))
    return see_other(f"/results/{survey.slug}")


async def show_work(request: Request) -> Response:
    """What the panel has done: today, its published results."""
    return await show_results(request)


async def show_suggest(request: Request) -> Response:
    """How to send a matter to the panel: by e-mail."""
    return render(request, "results/suggest.html")


PAGES = [
    Route("/results", show_results),
    Route("/results/{slug}", show_result),
    Route("/results/{slug}/table.csv", download_result),
    Route("/work", show_work),
    Route("/suggest", show_suggest),
    Route("/staff/results", show_staff_results),
    Route("/staff/results/card", show_card),
    Route("/staff/results/{survey_id:uuid}", show_draft),
    Route("/staff/results/{survey_id:uuid}", publish_result, methods=["POST"]),
]
