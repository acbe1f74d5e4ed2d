"""Staff follow a survey and close it; the list and the card of the staff home."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from markupsafe import Markup

from services.surveys.fieldwork.closing import close_survey
from services.surveys.fieldwork.domain import GENDERS, answered_by_day, attention_of, expected_at_end, target_of
from services.surveys.fieldwork.store import (
    Turnout,
    all_surveys,
    answers_per_day,
    cancel_plan,
    count_strata,
    size_reached_without_survey,
    turnouts,
)
from services.surveys.questionnaire.model import Questionnaire
from services.surveys.tables import Survey
from shared.web import (
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
)
from shared.web.charts import line

#: Bokmål names of actions in the audit trail.
ACTIONS = {
    "surveys.survey.planned": "planla undersøkelsen",
    "surveys.survey.cancelled": "avlyste planen",
    "surveys.survey.closed": "lukket undersøkelsen",
}
_GENDER_NAMES = {"female": "Kvinner", "male": "Menn", "other": "Annet eller ikke oppgitt"}


def survey_title(survey: Survey) -> str:
    """The questionnaire's topic in Bokmål."""
    return Questionnaire.model_validate(survey.questionnaire).title.nb


@staff_required("reader")
async def list_surveys(request: Request) -> Response:
    """All surveys with their state and turnout."""
    async with runtime(request).transaction() as session:
        surveys = await all_surveys(session)
        counts = await turnouts(session, surveys)
    rows = [(survey, survey_title(survey), counts[survey.id]) for survey in surveys]
    return render(request, "surveys/staff_list.html", {"rows": rows, "now": runtime(request).now()})


@staff_required("reader")
async def show_card(request: Request) -> Response:
    """The card of the staff home: open surveys with their curves, planned ones, and what needs somebody today."""
    rt = runtime(request)
    now, zone = rt.now(), rt.settings.zone
    async with rt.transaction() as session:
        surveys = await all_surveys(session)
        counts = await turnouts(session, surveys)
        days = await answers_per_day(session, [s.id for s in surveys if s.state == "open"], zone.key)
        waiting_size = await size_reached_without_survey(session)
    context = {
        "open": [_followed(request, s, counts[s.id], days[s.id], now) for s in surveys if s.state == "open"],
        "planned": [(s, survey_title(s)) for s in surveys if s.state == "planned" and s.closes_at > now],
        "todo": [
            (reason, s, survey_title(s), counts[s.id])
            for s in surveys
            if (reason := attention_of(s.state, s.opens_at, s.closes_at, _missing(s, counts[s.id]), now, zone))
        ],
        "waiting_size": waiting_size,
        "none_yet": not surveys,
    }
    return render(request, "surveys/staff_card.html", context)


def _missing(survey: Survey, turnout: Turnout) -> int:
    """Answers lacking to the target."""
    return max(0, target_of(turnout.invited, survey.target_percent) - turnout.answered)


def _followed(
    request: Request, survey: Survey, turnout: Turnout, per_day: Mapping[date, int], now: datetime
) -> dict[str, Any]:
    """What is shown of an open or closed survey: curve, picture, target, expected end."""
    zone = runtime(request).settings.zone
    assert survey.opened_at is not None
    until = survey.closed_at or min(now, survey.closes_at)
    curve = answered_by_day(per_day, survey.opened_at.astimezone(zone).date(), until.astimezone(zone).date())
    expected = None
    # The first hours say little: a handful of quick answers would promise everybody.
    if survey.state == "open" and now - survey.opened_at >= timedelta(days=1):
        expected = expected_at_end(turnout.answered, survey.opened_at, survey.closes_at, now, turnout.invited)
    target = target_of(turnout.invited, survey.target_percent)
    return {
        "survey": survey,
        "title": survey_title(survey),
        "turnout": turnout,
        "curve": curve,
        "picture": _picture(request, curve, turnout, target),
        "expected": expected,
        "target": target,
        "last_day": survey.closes_at - timedelta(seconds=1),
    }


def _picture(request: Request, curve: Sequence[tuple[date, int]], turnout: Turnout, target: int) -> Markup:
    """The response curve towards the target."""
    number = translate(request).number
    title = f"{number(turnout.answered)} av {number(turnout.invited)} har svart"
    description = f"Hvor mange som hadde svart ved slutten av hver dag. Den stiplede linjen er målet, {number(target)}."
    # Two points at least, so that the first day has a line too.
    points = [("", 0), *((f"{day.day}.{day.month}.", total) for day, total in curve)]
    return line(title, description, points, max(target, turnout.answered), target)


@staff_required("reader")
async def show_survey(request: Request) -> Response:
    """One survey: plan, response curve, expected end, who has answered by stratum, what was done and by whom."""
    rt = runtime(request)
    now = rt.now()
    async with rt.transaction() as session:
        survey = await session.get(Survey, request.path_params["survey_id"])
        if survey is None:
            return problem(request, 404)
        turnout = (await turnouts(session, [survey]))[survey.id]
        per_day = (await answers_per_day(session, [survey.id], rt.settings.zone.key))[survey.id]
        strata = await count_strata(session, survey.id)
        done = await audit_of(session, survey.id)
    context: dict[str, Any] = {
        "survey": survey,
        "title": survey_title(survey),
        "turnout": turnout,
        "followed": _followed(request, survey, turnout, per_day, now) if survey.opened_at else None,
        "strata": [
            (_GENDER_NAMES.get(one.gender, one.gender), one.band, Turnout(one.invited, one.answered))
            for one in sorted(strata, key=lambda one: (GENDERS.index(one.gender), one.band))
        ],
        "last_day": survey.closes_at - timedelta(seconds=1),
        "missed": survey.state == "planned" and survey.closes_at <= now,
        "opening": survey.state == "planned" and survey.opens_at is not None and survey.opens_at <= now,
        "may_edit": request.state.staff.may("editor"),
        "done": [(row.at, row.actor_name, ACTIONS.get(row.action, row.action)) for row in done],
    }
    return render(request, "surveys/staff_survey.html", context)


@staff_required("editor")
async def confirm_closing(request: Request) -> Response:
    """Ask once before an open survey is closed (or a plan cancelled)."""
    async with runtime(request).transaction() as session:
        survey = await session.get(Survey, request.path_params["survey_id"])
        if survey is None:
            return problem(request, 404)
        if survey.state not in ("open", "planned"):
            return see_other(f"/staff/surveys/{survey.id}")
        turnout = (await turnouts(session, [survey]))[survey.id]
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
    Route("/staff/surveys/{survey_id:uuid}", show_survey),
    Route("/staff/surveys/{survey_id:uuid}/close", confirm_closing, methods=["GET"]),
    Route("/staff/surveys/{survey_id:uuid}/close", close, methods=["POST"]),
)
