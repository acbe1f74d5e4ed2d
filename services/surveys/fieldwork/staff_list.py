"""Staff see all surveys: the list, the list as a file, and the card of the staff home."""

from zoneinfo import ZoneInfo

import sqlalchemy as sa

from services.surveys.fieldwork.curve import STATE_WORDS, followed, standing, survey_title
from services.surveys.fieldwork.domain import attention_of, target_of
from services.surveys.fieldwork.store import (
    ORDERS,
    Turnout,
    all_surveys,
    answers_per_day,
    size_reached_without_survey,
    turnouts,
)
from services.surveys.steering.domain import RUNNING
from services.surveys.tables import Survey
from shared.database import count_rows
from shared.rules import last_day
from shared.web import Request, Response, events_at_fault, render, runtime
from shared.web.lists import list_view
from shared.web.staff import audit, staff_required
from shared.web.tables import table_file

#: Bokmål names of states and orders, in the order they are offered.
STATES = {
    "open": "Åpne",
    "paused": "På pause",
    "ended": "Stengt for svar",
    "planned": "Planlagte",
    "closed": "Stengte",
    "cancelled": "Avlyste",
}
ORDER_NAMES = {"newest": "Nyeste først", "oldest": "Eldste først", "closing": "Siste dag for å svare", "topic": "Tema"}
_COLUMNS = ("Tema", "Status", "Åpnet", "Stenger", "Invitert", "Svart", "Andel i prosent", "Mål i prosent")


@staff_required("reader")
async def list_surveys(request: Request) -> Response:
    """Surveys with their state and turnout; state, order and page live in the address."""
    rt = runtime(request)
    view = list_view(request, {"state": tuple(STATES)}, tuple(ORDERS))
    statement = sa.select(Survey).where(*(Survey.state == state for state in view.filters.values()))
    async with rt.transaction() as session:
        total = await count_rows(session, statement)
        surveys = (await session.scalars(view.part(statement.order_by(*ORDERS[view.order])))).all()
        counts = await turnouts(session, surveys)
        if view.form:
            await audit(session, request, "surveys.list.exported", rows=total, form=view.form)
    rows = [(survey, survey_title(survey), counts[survey.id], standing(survey, rt.now())) for survey in surveys]
    if view.form:
        lines = [_line(*row, rt.settings.zone) for row in rows]
        return table_file("undersokelser", _COLUMNS, lines, view.form)
    context = {
        "rows": rows,
        "state_words": STATE_WORDS,
        "view": view,
        "states": STATES,
        "orders": ORDER_NAMES,
        "total": total,
        "may_edit": request.state.staff.may("editor"),
    }
    return render(request, "surveys/staff_list.html", context)


def _line(survey: Survey, title: str, turnout: Turnout, state: str, zone: ZoneInfo) -> tuple[object, ...]:
    """The survey in the list as a file."""
    return (
        title,
        STATE_WORDS[state][0],
        survey.opened_at.astimezone(zone).date() if survey.opened_at else None,
        last_day(survey.closes_at, survey.closed_at).astimezone(zone).date(),
        turnout.invited,
        turnout.answered,
        round(turnout.share * 100, 1),
        survey.target_percent,
    )


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
