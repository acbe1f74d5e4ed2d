"""Staff see all surveys: the list, the list as a file, and the card of the staff home."""

from dataclasses import replace

from services.surveys.domain import last_day
from services.surveys.fieldwork.curve import STATE_WORDS, followed, standing, survey_title
from services.surveys.fieldwork.domain import attention_of, target_of
from services.surveys.fieldwork.store import (
    ORDERS,
    Turnout,
    all_surveys,
    answers_per_day,
    list_of_surveys,
    size_reached_without_survey,
    turnouts,
)
from services.surveys.steering.domain import RUNNING
from services.surveys.tables import Survey
from shared.web import (
    FORMATS,
    Request,
    Response,
    audit,
    events_at_fault,
    file_format,
    list_view,
    render,
    runtime,
    staff_required,
    table_file,
)
from shared.web.lists import PER_PAGE

#: Bokmål names of states and orders, in the order they are offered.
STATES = {
    "open": "Åpne",
    "paused": "På pause",
    "ended": "Stengt for svar",
    "planned": "Planlagte",
    "closed": "Lukkede",
    "cancelled": "Avlyste",
}
ORDER_NAMES = {"newest": "Nyeste først", "oldest": "Eldste først", "closing": "Siste dag for å svare", "topic": "Tema"}
_COLUMNS = ("Tema", "Status", "Åpnet", "Lukker", "Invitert", "Svart", "Andel i prosent", "Mål i prosent")


@staff_required("reader")
async def list_surveys(request: Request) -> Response:
    """Surveys with their state and turnout; state, order and page live in the address."""
    view = list_view(request, {"state": tuple(STATES)}, tuple(ORDERS))
    async with runtime(request).transaction() as session:
        surveys, total = await list_of_surveys(
            session, view.filters.get("state"), view.order, offset=view.offset, limit=PER_PAGE
        )
        counts = await turnouts(session, surveys)
    now = runtime(request).now()
    context = {
        "rows": [(survey, survey_title(survey), counts[survey.id], standing(survey, now)) for survey in surveys],
        "state_words": STATE_WORDS,
        "view": view,
        "states": STATES,
        "orders": ORDER_NAMES,
        "total": total,
        "files": [(form, replace(view, path=f"{view.path}/list.{form}").link(page=1)) for form in FORMATS],
        "may_edit": request.state.staff.may("editor"),
    }
    return render(request, "surveys/staff_list.html", context)


@staff_required("reader")
async def export_surveys(request: Request) -> Response:
    """The list as it is filtered and ordered, every page of it, as a file."""
    form = file_format(request)
    view = list_view(request, {"state": tuple(STATES)}, tuple(ORDERS))
    zone = runtime(request).settings.zone
    async with runtime(request).transaction() as session:
        surveys, total = await list_of_surveys(session, view.filters.get("state"), view.order)
        counts = await turnouts(session, surveys)
        await audit(session, request, "surveys.list.exported", rows=total, form=form)
    rows = [
        (
            survey_title(survey),
            STATE_WORDS[standing(survey, runtime(request).now())][0],
            survey.opened_at.astimezone(zone).date() if survey.opened_at else None,
            last_day(survey.closes_at, survey.closed_at).astimezone(zone).date(),
            counts[survey.id].invited,
            counts[survey.id].answered,
            round(counts[survey.id].share * 100, 1),
            survey.target_percent,
        )
        for survey in surveys
    ]
    return table_file("undersokelser", _COLUMNS, rows, form)


@staff_required("reader")
async def show_card(request: Request) -> Response:
    """The card of the staff home: open surveys with their curves, planned ones, and what needs somebody today."""
    rt = runtime(request)
    now, zone = rt.now(), rt.settings.zone
    async with rt.transaction() as session:
        surveys = await all_surveys(session)
        counts = await turnouts(session, surveys)
        days = await answers_per_day(session, [s.id for s in surveys if s.state in RUNNING], zone.key)
        events = await events_at_fault(request, session)
        waiting_size = await size_reached_without_survey(session)
    context = {
        "open": [followed(request, s, counts[s.id], days[s.id], now) for s in surveys if s.state in RUNNING],
        "planned": [(s, survey_title(s)) for s in surveys if s.state == "planned" and s.closes_at > now],
        "todo": [
            (reason, s, survey_title(s), counts[s.id], last_day(s.closes_at))
            for s in surveys
            if (
                reason := attention_of(
                    s.state, s.opens_at, s.closes_at, _missing(s, counts[s.id]), now, zone, soft=s.soft
                )
            )
        ],
        "waiting_size": waiting_size,
        "events": events,
        "none_yet": not surveys,
    }
    return render(request, "surveys/staff_card.html", context)


def _missing(survey: Survey, turnout: Turnout) -> int:
    """Answers lacking to the target."""
    return max(0, target_of(turnout.invited, survey.target_percent) - turnout.answered)
