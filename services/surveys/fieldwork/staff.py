"""One survey for staff: how it goes, what can be done, what was done and by whom."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.surveys.audience.showing import who_is_asked
from services.surveys.fieldwork.curve import STATE_WORDS, followed, standing, survey_title
from services.surveys.fieldwork.domain import target_of
from services.surveys.fieldwork.store import (
    Turnout,
    answers_on_paper,
    answers_per_day,
    count_strata,
    members_reminded,
    turnouts,
)
from services.surveys.planning.planning import cancel_plan
from services.surveys.steering.domain import possible
from services.surveys.steering.steering import life_of
from services.surveys.tables import Survey
from services.surveys.watching.counting import page_figures
from shared.rules import last_day
from shared.strata import GENDERS, PEOPLE, band_words
from shared.web import Request, Response, or_404, render, runtime, see_other, translate
from shared.web.staff import audit, audit_of, staff_required


async def figures_of(request: Request, session: AsyncSession, survey: Survey, now: datetime) -> dict[str, Any]:
    """What the page keeps up to date while answers come: curve, target, who has answered, how each page goes."""
    turnout = (await turnouts(session, [survey]))[survey.id]
    per_day = await answers_per_day(session, [survey.id], runtime(request).settings.zone.key)
    strata = await count_strata(session, survey.id)
    return {
        "survey": survey,
        "turnout": turnout,
        "on_paper": await answers_on_paper(session, survey.id),
        "reminded": await members_reminded(session, survey.id),
        "followed": followed(request, survey, turnout, per_day[survey.id], now) if survey.opened_at else None,
        "strata": [
            (
                PEOPLE.get(stratum.gender, stratum.gender),
                band_words(stratum.band),
                Turnout(stratum.invited, stratum.answered),
                target_of(stratum.invited, survey.target_percent),
            )
            for stratum in sorted(strata, key=lambda stratum: (GENDERS.index(stratum.gender), stratum.band))
        ],
        "pages": await page_figures(session, survey.id, survey.questionnaire) if survey.opened_at else [],
    }


@staff_required("reader")
async def show_survey(request: Request) -> Response:
    """One survey: plan, response curve, expected end, who has answered by stratum, what was done and by whom."""
    rt = runtime(request)
    now = rt.now()
    async with rt.transaction() as session:
        survey = or_404(await session.get(Survey, request.path_params["survey_id"]))
        figures = await figures_of(request, session, survey, now)
        deeds = await audit_of(session, survey.id)
        people = await who_is_asked(session, survey, translate(request), rt.settings.zone, now)
    context: dict[str, object] = {
        "title": survey_title(survey),
        **figures,
        "asked": people,
        "last_day": last_day(survey.closes_at),
        "standing": standing(survey, now),
        "state_words": STATE_WORDS,
        "may_edit": request.state.staff.may("editor"),
        "possible": possible(life_of(survey), now) if survey.opened_at else (),
        "done": deeds,
    }
    return render(request, "surveys/staff_survey.html", context)


@staff_required("editor")
async def confirm_cancelling(request: Request) -> Response:
    """Ask once before a plan is cancelled."""
    async with runtime(request).transaction() as session:
        survey = or_404(await session.get(Survey, request.path_params["survey_id"]))
    if survey.state != "planned":
        return see_other(f"/staff/surveys/{survey.id}")
    return render(request, "surveys/staff_cancel.html", {"survey": survey, "title": survey_title(survey)})


@staff_required("editor")
async def cancel(request: Request) -> Response:
    """Cancel a plan; a second click changes nothing."""
    survey_id: UUID = request.path_params["survey_id"]
    async with runtime(request).transaction() as session:
        or_404(await session.get(Survey, survey_id))
        done = await cancel_plan(session, survey_id)
        if done:
            await audit(session, request, "surveys.survey.cancelled", survey_id)
    return see_other(f"/staff/surveys/{survey_id}{'?saved=cancelled' if done else ''}")
