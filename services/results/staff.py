"""The staff's way from arrived answers to a published page."""

from datetime import timedelta
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from services.results.findings import leading_finding
from services.results.follow_ups import store as follow_ups
from services.results.publishing import Draft, UnknownPassage, draft_of, publish, with_passages
from services.results.settings import results_settings
from services.results.showing import tables_of
from services.results.suggestions import store as suggestions
from services.results.tables import Answer, Publication, Suggestion, Survey, asked_in, title_of
from shared.messaging import lock
from shared.web import Request, Response, events_at_fault, or_404, render, runtime, see_other, translate
from shared.web.forms import Form, FormErrors, read_form, validate
from shared.web.staff import audit, audit_of, staff_required

_LONGEST = 300
_MESSAGES = {
    "finding": f"Hovedfunnet må fylles ut på bokmål, med høyst {_LONGEST} tegn",
    "finding_nn": f"Hovedfunnet på nynorsk kan ha høyst {_LONGEST} tegn",
    "finding_en": f"Hovedfunnet på engelsk kan ha høyst {_LONGEST} tegn",
}


class FindingInput(BaseModel):
    """The finding in one sentence; Bokmål always."""

    finding: Annotated[str, Field(min_length=1, max_length=_LONGEST)]
    finding_nn: Annotated[str | None, Field(max_length=_LONGEST)] = None
    finding_en: Annotated[str | None, Field(max_length=_LONGEST)] = None


@staff_required("reader")
async def show_staff_results(request: Request) -> Response:
    """Surveys with how many of their answers have arrived, and which wait for approval."""
    async with runtime(request).transaction() as session:
        rows = await _progress(session)
    return render(request, "results/staff_list.html", {"rows": rows})


async def _progress(session: AsyncSession) -> list[tuple[Survey, Publication | None, int, str]]:
    """(survey, its publication, answers arrived, title), newest first."""
    counts = sa.select(Answer.survey_id, sa.func.count().label("n")).group_by(Answer.survey_id).subquery()
    rows = await session.execute(
        sa.select(Survey, Publication, sa.func.coalesce(counts.c.n, 0))
        .outerjoin(Publication, Publication.survey_id == Survey.id)
        .outerjoin(counts, counts.c.survey_id == Survey.id)
        .order_by(Survey.opened_at.desc())
    )
    return [(row[0], row[1], row[2], title_of(row[0])) for row in rows]


@staff_required("reader")
async def show_card(request: Request) -> Response:
    """results' card on the staff home."""
    async with runtime(request).transaction() as session:
        rows = await _progress(session)
        events = await events_at_fault(request, session)
        new, oldest_new = await suggestions.count(session, Suggestion.state == "new")
        open_, oldest_open = await suggestions.count(session, Suggestion.state == "considered")
        suggested, _ = await suggestions.count(session)
        all_follow_ups = await follow_ups.all_of_them(session)
    followed = {follow_up.about_id for follow_up in all_follow_ups}
    late_from = runtime(request).now() - timedelta(days=results_settings().follow_up_days)
    unfollowed = [
        (survey, title, publication.published_at)
        for survey, publication, _, title in rows
        if publication is not None and publication.published_at < late_from and survey.id not in followed
    ]
    rows_waiting = [
        (survey, title)
        for survey, publication, arrived, title in rows
        if publication is None and survey.released is not None and arrived >= survey.released
    ]
    publications = sum(1 for _, publication, _, _ in rows if publication is not None)
    context = {
        "waiting": rows_waiting,
        "published": publications,
        "events": events,
        "new": new,
        "oldest_new": oldest_new,
        "open": open_,
        "oldest_open": oldest_open,
        "suggested": suggested,
        "followed": len(all_follow_ups),
        "unfollowed": unfollowed,
    }
    return render(request, "results/card.html", context)


@staff_required("analyst")
async def show_draft(request: Request) -> Response:
    """The result as it would be published, with every written answer to choose passages from; once public, where."""
    async with runtime(request).transaction() as session:
        survey, publication = or_404(await _survey(session, request))
        draft = await draft_of(session, survey)
        history = await audit_of(session, survey.id)
        rows = await follow_ups.of(session, survey.id)
    if publication is not None:
        title = title_of(survey)
        context = {"survey": survey, "publication": publication, "title": title, "done": rows, "history": history}
        return render(request, "results/staff_published.html", context)
    return _draft_page(request, draft, {}, {}, 200, history)


async def _survey(session: AsyncSession, request: Request) -> tuple[Survey, Publication | None] | None:
    survey_id: UUID = request.path_params["survey_id"]
    survey = await session.get(Survey, survey_id, populate_existing=True)
    if survey is None or survey.questionnaire is None:
        return None
    return survey, await session.get(Publication, survey_id, populate_existing=True)


def _draft_page(
    request: Request, draft: Draft, form: dict[str, object], errors: FormErrors, status: int, history: object = ()
) -> Response:
    survey, languages = draft.survey, request.app.state.renderer.languages
    questionnaire = asked_in(survey)
    tables = tables_of(survey, draft.totals, draft.participants, translate(request), draft.changes)
    findings = {code: leading_finding(questionnaire, draft.totals, texts) for code, texts in languages.items()}
    context = {
        "survey": survey,
        "draft": draft,
        "title": questionnaire.title.nb,
        "finding": findings["nb"],
        "arrived": draft.arrived,
        **tables,
        "uncountable": [question for question in tables["results"] if not question.totals.countable],
        "questions": {question.id: question.text for question in tables["results"]}
        | {part.id: f"{question.text} {part.text}" for question in tables["results"] for part in question.parts},
        "form": form or {"finding": findings["nb"], "finding_nn": findings.get("nn"), "finding_en": findings.get("en")},
        "mail": urlencode({"purpose": "results", "title": questionnaire.title.nb}),
        "errors": errors,
        "history": history,
    }
    return render(request, "results/staff_draft.html", context, status)


@staff_required("editor")
async def publish_result(request: Request) -> Response:
    """Approve: the page is public and those who took part are told. A second click changes nothing."""
    rt = runtime(request)
    form = await read_form(request)
    values, errors = validate(FindingInput, form, _MESSAGES, str)
    async with rt.transaction() as session:
        survey_id = request.path_params["survey_id"]
        await lock(session, survey_id)
        survey, publication = or_404(await _survey(session, request))
        if publication is None:
            draft = await draft_of(session, survey)
            if survey.released is None:
                return see_other(f"/staff/results/{survey_id}")
            if draft.waits and form.get("fewer") != "yes":
                errors |= {"fewer": "Ikke alle svar er kommet. Vent, eller kryss av for å publisere uten dem"}
            try:
                totals = with_passages(draft, _chosen(form, draft))
            except UnknownPassage:
                totals = []
                errors |= {"": "Et svar du valgte, finnes ikke. Velg på nytt"}
            if values is None or errors:
                return _draft_page(request, draft, form.values(), errors, 422)
            texts = {"nb": values.finding, "nn": values.finding_nn, "en": values.finding_en}
            finding = {code: text for code, text in texts.items() if text}
            publication = await publish(session, draft, totals, finding, rt.now(), rt.settings.zone)
            await audit(session, request, "results.result.published", survey_id, answers=draft.arrived)
    return see_other(f"/results/{publication.slug}")


def _chosen(form: Form, draft: Draft) -> dict[str, list[str]]:
    return {question: form.all(f"passage-{question}") for question in draft.texts}
