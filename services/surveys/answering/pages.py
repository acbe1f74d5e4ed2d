"""Pages of answering. The link opens a cookie, the pages carry the invitation's id, only POST changes anything."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.surveys.answering.domain import (
    SCALE,
    NotAnAnswer,
    first_unfinished,
    question_count,
    read_answer,
    shown_questions,
)
from services.surveys.answering.store import Opened, Refusal, hold, keep, look, submit
from services.surveys.tables import Invitation, Survey
from shared.tokens import BadLink, LinkExpired
from shared.web import Form, FormErrors, Request, Route, as_id, read_form, render, runtime, see_other, translate
from shared.web import Response as HttpResponse

_COOKIE = "survey"
_COOKIE_LIFE = 14 * 24 * 3600
_BASE = "/surveys/answer"

MESSAGES = {
    "missing": "«{text}» må besvares",
    "not_an_option": "Velg et av svarene på «{text}»",
    "too_many": "Velg høyst {max} svar på «{text}»",
    "not_a_number": "«{text}» må besvares med et helt tall",
    "out_of_range": "«{text}» må besvares med et tall fra {min} til {max}",
    "too_long": "Svaret på «{text}» kan ha høyst {max} tegn",
}


async def show_surveys(request: Request) -> HttpResponse:
    """Open surveys and finished ones; the way in is the link in the mail."""
    async with runtime(request).transaction() as session:
        found = (
            await session.scalars(
                sa.select(Survey).where(Survey.state.in_(["open", "closed"])).order_by(Survey.opened_at.desc())
            )
        ).all()
    rows = [(survey, localised(survey.questionnaire["title"], request.state.lang)) for survey in found]
    return render(request, "surveys/list.html", {"rows": rows})


async def open_invitation(request: Request) -> HttpResponse:
    """Exchange the mail's token for a cookie."""
    rt = runtime(request)
    try:
        link = rt.links.check("survey", request.path_params["token"], rt.now())
    except LinkExpired:
        return _over(request, Refusal.CLOSED)
    except BadLink:
        return _over(request, Refusal.UNKNOWN)
    response = see_other(f"{_BASE}?id={link.id}")
    rt.sealed.set(response, _COOKIE, link.id, {"generation": link.generation}, _COOKIE_LIFE)
    return response


async def show_start(request: Request) -> HttpResponse:
    """Topic, who asks, how long it takes, until when, how answers are kept."""
    async with runtime(request).transaction() as session:
        found = await _look(request, session)
    if isinstance(found, Refusal):
        return _over(request, found)
    invitation, survey, draft = found.invitation, found.survey, found.draft
    questionnaire, lang = survey.questionnaire, request.state.lang
    context = {
        "id": invitation.id,
        "title": localised(questionnaire["title"], lang),
        "introduction": localised(questionnaire.get("introduction"), lang),
        "minutes": questionnaire.get("minutes", 5),
        "questions": question_count(questionnaire),
        "closes_at": survey.closes_at,
        "page": draft.page if draft else 1,
        "begun": draft is not None,
    }
    return render(request, "surveys/start.html", context)


async def show_page(request: Request) -> HttpResponse:
    """One theme, with what was answered before."""
    async with runtime(request).transaction() as session:
        found = await _look(request, session)
    if isinstance(found, Refusal):
        return _over(request, found)
    invitation, survey, draft = found.invitation, found.survey, found.draft
    return _page(request, invitation, survey, _number(request, survey), draft.answers if draft else {}, {}, 200)


async def save_page(request: Request) -> HttpResponse:
    """Keep the page's answers; "next" goes on when they are right, "back" goes back whatever they are."""
    rt = runtime(request)
    form = await read_form(request)
    asked = _asked(request, form.get("id"))
    if asked is None:
        return _over(request, Refusal.UNKNOWN)
    async with rt.transaction() as session:
        held = await hold(session, *asked, rt.now())
        if isinstance(held, Refusal):
            return _over(request, held)
        invitation, survey = held.invitation, held.survey
        number = _number(request, survey)
        before = dict(held.draft.answers) if held.draft else {}
        answers, errors = _read_page(request, survey, number, form, before)
        back = form.get("action") == "back"
        target = max(number - 1, 1) if back else number + (0 if errors else 1)
        pages = len(survey.questionnaire["pages"])
        await keep(session, held, answers, min(target, pages))
        if back:
            return see_other(f"{_BASE}/{target}?id={invitation.id}")
        if errors:
            typed = {question["id"]: _typed(question, form) for question in _questions(survey, number)}
            return _page(request, invitation, survey, number, {**answers, **typed}, errors, 422)
        missing = first_unfinished(survey.questionnaire, answers)
        if missing == number:
            # An answer on this page has brought up a further question: show it before going on.
            return see_other(f"{_BASE}/{number}?id={invitation.id}")
        if number < pages:
            return see_other(f"{_BASE}/{target}?id={invitation.id}")
        if missing is not None:
            return see_other(f"{_BASE}/{missing}?id={invitation.id}")
        await submit(session, held, answers, rt.now())
    return see_other("/surveys/thanks")


async def show_thanks(request: Request) -> HttpResponse:
    """Thanks, and when results come."""
    return render(request, "surveys/thanks.html")


def localised(texts: Any, lang: str) -> str:
    """The text in the visitor's language, else Bokmål."""
    return str((texts or {}).get(lang) or (texts or {}).get("nb") or "")


def _asked(request: Request, asked: str | None) -> tuple[UUID, int] | None:
    """The invitation the page names and the generation this browser's cookie holds of it; None without the cookie."""
    invitation_id = as_id(asked)
    held = runtime(request).sealed.get(request, _COOKIE, invitation_id) if invitation_id else None
    return (invitation_id, int(held["generation"])) if invitation_id and held else None


async def _look(request: Request, session: AsyncSession) -> Opened | Refusal:
    asked = _asked(request, request.query_params.get("id"))
    return await look(session, *asked, runtime(request).now()) if asked else Refusal.UNKNOWN


def _over(request: Request, refusal: Refusal) -> HttpResponse:
    return render(request, "surveys/over.html", {"refusal": refusal}, 410)


def _number(request: Request, survey: Survey) -> int:
    asked: int = request.path_params["number"]
    return min(max(asked, 1), len(survey.questionnaire["pages"]))


def _questions(survey: Survey, number: int) -> list[Any]:
    return list(survey.questionnaire["pages"][number - 1]["questions"])


def _typed(question: Any, form: Form) -> Any:
    values = form.all(question["id"])
    return values if question["type"] == "several_choices" else (values[0] if values else "")


def _read_page(
    request: Request, survey: Survey, number: int, form: Form, before: dict[str, Any]
) -> tuple[dict[str, Any], FormErrors]:
    """Right answers kept, wrong ones as errors; a question hidden by this page's own answers is not asked."""
    texts, answers, errors = translate(request), dict(before), {}
    for question in _questions(survey, number):
        answers.pop(question["id"], None)
        if question not in shown_questions({"questions": [question]}, answers):
            continue
        try:
            value = read_answer(question, form.all(question["id"]))
        except NotAnAnswer as refusal:
            text = localised(question["text"], request.state.lang)
            if not (refusal.code == "missing" and question.get("show_if") and question["id"] not in form.values()):
                errors[question["id"]] = texts.gettext(MESSAGES[refusal.code]).format(text=text, **refusal.parameters)
            continue
        if value is not None:
            answers[question["id"]] = value
    for name in form.refused:
        errors[name] = texts.gettext("Teksten har tegn vi ikke kan ta imot. Skriv den på nytt uten usynlige tegn.")
    return answers, errors


def _page(
    request: Request, invitation: Invitation, survey: Survey, number: int, answers: Any, errors: FormErrors, status: int
) -> HttpResponse:
    pages, lang = survey.questionnaire["pages"], request.state.lang
    page = pages[number - 1]
    context = {
        "id": invitation.id,
        "survey_title": localised(survey.questionnaire["title"], lang),
        "title": localised(page["title"], lang),
        "questions": shown_questions(page, answers) if status == 200 else _seen(page, answers, errors),
        "answers": answers,
        "errors": errors,
        "number": number,
        "pages": len(pages),
        "scale": SCALE,
        "t": lambda texts: localised(texts, lang),
    }
    return render(request, "surveys/page.html", context, status)


def _seen(page: Any, answers: Any, errors: FormErrors) -> list[Any]:
    """Questions to show beside errors: those seen, and those an error is about."""
    shown = shown_questions(page, answers)
    return [question for question in page["questions"] if question in shown or question["id"] in errors]


PAGES = (
    Route("/surveys", show_surveys),
    Route("/surveys/thanks", show_thanks),
    Route(_BASE, show_start),
    Route(_BASE + "/{number:int}", show_page),
    Route(_BASE + "/{number:int}", save_page, methods=["POST"]),
    Route(_BASE + "/{token}", open_invitation),
)
