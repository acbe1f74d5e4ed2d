"""Staff: plan a survey, follow it, close it. Whatever reaches residents is shown first and asked once."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Literal
from uuid import UUID

from markupsafe import Markup
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from services.surveys.fieldwork.closing import close_survey
from services.surveys.fieldwork.domain import PlanRefused, answered_by_day, expected_at_end, plan_survey
from services.surveys.fieldwork.store import (
    Turnout,
    add_survey,
    all_surveys,
    announced_sizes,
    answer_moments,
    cancel_plan,
    turnouts,
    would_be_invited,
)
from services.surveys.questionnaire.model import Questionnaire
from services.surveys.questionnaire.shelf import shipped
from services.surveys.tables import Survey
from shared.ids import new_id
from shared.web import (
    FormErrors,
    Request,
    Response,
    Route,
    audit,
    audit_of,
    problem,
    read_form,
    render,
    runtime,
    see_other,
    staff_required,
    translate,
    validate,
)
from shared.web.charts import line

#: Bokmål names of actions in the audit trail.
ACTIONS = {
    "surveys.survey.planned": "planla undersøkelsen",
    "surveys.survey.cancelled": "avlyste planen",
    "surveys.survey.closed": "lukket undersøkelsen",
}

_MESSAGES = {
    "questionnaire": "Velg hva undersøkelsen handler om.",
    "opens": "Velg når undersøkelsen skal åpne.",
    "opens_on": "Skriv dagen undersøkelsen åpner, som dag, måned og år.",
    "threshold_size": "Velg et av de kunngjorte panelstørrelsene.",
    "closes_on": "Skriv siste dag for å svare, som dag, måned og år.",
    "reminder_on": "Skriv dagen for påminnelse som dag, måned og år, eller la feltet stå tomt.",
    "opens_on_missing": "Skriv dagen undersøkelsen åpner.",
    "opens_in_the_past": "Dagen har vært. Velg en dag fra og med i dag.",
    "closes_before_opening": "Siste dag for å svare kan ikke være før undersøkelsen åpner.",
    "open_too_long": "Undersøkelsen kan stå åpen i høyst ett år.",
    "reminder_outside": "Påminnelsen må gå etter at undersøkelsen åpner, og senest siste dag for å svare.",
}


class PlanInput(BaseModel):
    """The plan form; days are ISO dates."""

    questionnaire: str
    opens: Literal["now", "date", "threshold"]
    opens_on: date | None = None
    threshold_size: int | None = None
    closes_on: date
    reminder_on: date | None = None


def survey_title(survey: Survey) -> str:
    """The questionnaire's topic in Bokmål."""
    return Questionnaire.model_validate(survey.questionnaire).title.nb


@staff_required("reader")
async def list_surveys(request: Request) -> Response:
    """All surveys with their state and turnout."""
    async with runtime(request).transaction() as session:
        surveys, counts = await all_surveys(session), await turnouts(session)
    rows = [(survey, survey_title(survey), counts.get(survey.id, Turnout(0, 0))) for survey in surveys]
    return render(request, "surveys/staff_list.html", {"rows": rows, "now": runtime(request).now()})


@staff_required("reader")
async def show_card(request: Request) -> Response:
    """The card of the staff home, with what needs somebody today."""
    rt = runtime(request)
    now = rt.now()
    async with rt.transaction() as session:
        surveys, counts = await all_surveys(session), await turnouts(session)
    context = {
        "open": [
            (survey, survey_title(survey), counts.get(survey.id, Turnout(0, 0)))
            for survey in surveys
            if survey.state == "open"
        ],
        "planned": [(s, survey_title(s)) for s in surveys if s.state == "planned" and s.closes_at > now],
        "missed": [(s, survey_title(s)) for s in surveys if s.state == "planned" and s.closes_at <= now],
        "ending": [
            (s, survey_title(s)) for s in surveys if s.state == "open" and s.closes_at - now < timedelta(days=2)
        ],
        "none_yet": not surveys,
    }
    return render(request, "surveys/staff_card.html", context)


@staff_required("editor")
async def plan_form(request: Request) -> Response:
    """The empty plan form with a sensible proposal: two weeks, reminder after one."""
    today = runtime(request).today()
    proposal = {
        "opens": "now",
        "closes_on": (today + timedelta(days=14)).isoformat(),
        "reminder_on": (today + timedelta(days=7)).isoformat(),
    }
    async with runtime(request).transaction() as session:
        return await _show_form(request, session, proposal, {})


async def _show_form(
    request: Request, session: AsyncSession, form: dict[str, Any], errors: FormErrors, status: int = 200
) -> Response:
    lang = translate(request)
    sizes = await announced_sizes(session)
    context = {
        "form": form,
        "errors": errors,
        "questionnaires": [(one.id, f"{one.title.nb} ({len(one.questions)} spørsmål)") for one in shipped().values()],
        "sizes": [
            (one.size, f"{lang.number(one.size)} medlemmer" + (" (alt nådd)" if one.reached_at else ""))
            for one in sizes
        ],
    }
    return render(request, "surveys/staff_plan.html", context, status)


@staff_required("editor")
async def plan(request: Request) -> Response:
    """Show what the plan will do; with ``confirmed`` and the id from that page, store it."""
    rt = runtime(request)
    form = await read_form(request)
    values, errors = validate(PlanInput, form, _MESSAGES, str)
    async with rt.transaction() as session:
        sizes = {one.size for one in await announced_sizes(session)}
        questionnaire = shipped().get(values.questionnaire) if values else None
        if values is not None and questionnaire is None:
            errors["questionnaire"] = _MESSAGES["questionnaire"]
        if values is not None and values.opens == "threshold" and values.threshold_size not in sizes:
            errors["threshold_size"] = _MESSAGES["threshold_size"]
        if values is None or questionnaire is None or errors:
            return await _show_form(request, session, form.values(), errors, 422)
        try:
            planned = plan_survey(
                values.opens, values.opens_on, values.closes_on, values.reminder_on, rt.now(), rt.settings.zone
            )
        except PlanRefused as refused:
            return await _show_form(request, session, form.values(), {refused.field: _MESSAGES[refused.code]}, 422)
        size = values.threshold_size if values.opens == "threshold" else None
        survey_id = _uuid(form.get("survey_id"))
        if form.get("confirmed") != "yes" or survey_id is None:
            people = await would_be_invited(session)
            context = {
                "survey_id": new_id(),
                "values": {name: "" if value is None else value for name, value in values.model_dump().items()},
                "title": questionnaire.title.nb,
                "introduction": questionnaire.introduction.nb,
                "questions": len(questionnaire.questions),
                "people": people,
                "total": sum(people.values()),
                "plan": planned,
            }
            return render(request, "surveys/staff_plan_confirm.html", context)
        name = request.state.staff.name
        if await add_survey(session, survey_id, questionnaire, values.opens, size, planned, rt.now(), name):
            detail = {"questionnaire": questionnaire.id, "opens": values.opens, "size": size}
            await audit(session, request, "surveys.survey.planned", survey_id, **detail)
    return see_other(f"/staff/surveys/{survey_id}")


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None


@staff_required("reader")
async def show_survey(request: Request) -> Response:
    """One survey: plan, response curve, expected end, what was done and by whom."""
    rt = runtime(request)
    async with rt.transaction() as session:
        survey = await session.get(Survey, request.path_params["survey_id"])
        if survey is None:
            return problem(request, 404)
        turnout = (await turnouts(session)).get(survey.id, Turnout(0, 0))
        moments = await answer_moments(session, survey.id)
        done = await audit_of(session, survey.id)
    now = rt.now()
    until = survey.closed_at or min(now, survey.closes_at)
    curve, expected = [], None
    if survey.opened_at is not None:
        curve = answered_by_day(moments, survey.opened_at, until, rt.settings.zone)
        if survey.state == "open":
            expected = expected_at_end(turnout.answered, survey.opened_at, survey.closes_at, now, turnout.invited)
    context = {
        "survey": survey,
        "title": survey_title(survey),
        "turnout": turnout,
        "curve": curve,
        "picture": _picture(request, curve, turnout),
        "expected": expected,
        "last_day": survey.closes_at - timedelta(seconds=1),
        "missed": survey.state == "planned" and survey.closes_at <= now,
        "may_edit": request.state.staff.may("editor"),
        "done": [(row.at, row.actor_name, ACTIONS.get(row.action, row.action)) for row in done],
    }
    return render(request, "surveys/staff_survey.html", context)


def _picture(request: Request, curve: Sequence[tuple[date, int]], turnout: Turnout) -> Markup:
    """The response curve against everybody invited; empty before the survey has opened."""
    if not curve:
        return Markup("")
    number = translate(request).number
    title = f"{number(turnout.answered)} av {number(turnout.invited)} har svart"
    points = [(f"{day.day}.{day.month}.", total) for day, total in curve]
    return line(title, "Hvor mange som hadde svart ved slutten av hver dag.", points, turnout.invited, turnout.invited)


@staff_required("editor")
async def confirm_closing(request: Request) -> Response:
    """Ask once before an open survey is closed (or a plan cancelled)."""
    async with runtime(request).transaction() as session:
        survey = await session.get(Survey, request.path_params["survey_id"])
        if survey is None:
            return problem(request, 404)
        if survey.state not in ("open", "planned"):
            return see_other(f"/staff/surveys/{survey.id}")
        turnout = (await turnouts(session)).get(survey.id, Turnout(0, 0))
    context = {"survey": survey, "title": survey_title(survey), "turnout": turnout}
    return render(request, "surveys/staff_close.html", context)


@staff_required("editor")
async def close(request: Request) -> Response:
    """Close an open survey and release its answers, or cancel a plan; a second click changes nothing."""
    rt = runtime(request)
    survey_id: UUID = request.path_params["survey_id"]
    form = await read_form(request)
    async with rt.transaction() as session:
        if await session.get(Survey, survey_id) is None:
            return problem(request, 404)
        if form.get("action") == "cancel":
            if await cancel_plan(session, survey_id):
                await audit(session, request, "surveys.survey.cancelled", survey_id)
        elif form.get("action") == "close":
            closed = await close_survey(session, survey_id, rt.now())
            if closed is not None:
                detail = {"answered": closed.answered, "released": closed.released}
                await audit(session, request, "surveys.survey.closed", survey_id, **detail)
        else:
            return problem(request, 400)
    return see_other(f"/staff/surveys/{survey_id}")


STAFF_PAGES = (
    Route("/staff/surveys", list_surveys),
    Route("/staff/surveys/card", show_card),
    Route("/staff/surveys/plan", plan_form, methods=["GET"]),
    Route("/staff/surveys/plan", plan, methods=["POST"]),
    Route("/staff/surveys/{survey_id:uuid}", show_survey),
    Route("/staff/surveys/{survey_id:uuid}/close", confirm_closing, methods=["GET"]),
    Route("/staff/surveys/{survey_id:uuid}/close", close, methods=["POST"]),
)
