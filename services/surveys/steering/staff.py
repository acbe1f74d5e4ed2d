"""Staff steer a survey: pause, go on, extend, close, open again, let its answers leave; each asked about once."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from services.surveys.fieldwork.closing import close_survey
from services.surveys.fieldwork.curve import survey_title
from services.surveys.fieldwork.store import turnouts
from services.surveys.sealing import keys_of
from services.surveys.steering.domain import SECOND_THOUGHTS, Deed, last_day_at, possible
from services.surveys.steering.steering import life_of, steer
from services.surveys.tables import Survey
from shared.rules import FieldRefused, last_day
from shared.web import Request, Response, problem, render, runtime, see_other
from shared.web.forms import FormErrors, read_form, validate
from shared.web.staff import audit, staff_required

#: What was done, as the audit trail names it.
_ACTIONS = {
    Deed.TO_ALL: "surveys.survey.sent_to_all",
    Deed.PAUSE: "surveys.survey.paused",
    Deed.GO_ON: "surveys.survey.resumed",
    Deed.EXTEND: "surveys.survey.extended",
    Deed.END: "surveys.survey.ended",
    Deed.REOPEN: "surveys.survey.reopened",
    Deed.RELEASE: "surveys.survey.closed",
}
#: Deeds that need a last day to answer on.
_WITH_DAY = (Deed.EXTEND, Deed.REOPEN)
_MESSAGES = {
    "closes_on": "Skriv ny siste dag for å svare, som dag, måned og år.",
    "day_has_been": "Dagen har vært. Velg i dag eller en senere dag.",
    "no_later_day": "Velg en dag etter den som gjelder nå.",
    "open_too_long": "Undersøkelsen kan stå åpen i høyst ett år.",
}


class _Day(BaseModel):
    closes_on: date


@staff_required("editor")
async def confirm(request: Request) -> Response:
    """What the deed does to whom, before it is done."""
    async with runtime(request).transaction() as session:
        page = await _asked(request, session)
        if isinstance(page, Response):
            return page
        return await _page(request, session, *page, {}, {})


@staff_required("editor")
async def do(request: Request) -> Response:
    """Do the deed once; a second click finds it done."""
    rt, form = runtime(request), await read_form(request)
    async with rt.transaction() as session:
        page = await _asked(request, session)
        if isinstance(page, Response):
            return page
        survey, deed = page
        if deed is Deed.END and form.get("action") == Deed.RELEASE:
            deed = Deed.RELEASE
        closes_at = None
        if deed in _WITH_DAY:
            values, errors = validate(_Day, form, _MESSAGES, str)
            try:
                zone = rt.settings.zone
                closes_at = last_day_at(values.closes_on, life_of(survey), deed, rt.now(), zone) if values else None
            except FieldRefused as refused:
                errors = {refused.field: _MESSAGES[refused.code]}
            if errors:
                return await _page(request, session, survey, deed, form.values(), errors)
        done = await _carry_out(request, session, survey.id, deed, closes_at)
    return see_other(f"/staff/surveys/{survey.id}{f'?saved={deed}' if done else ''}")


async def _carry_out(
    request: Request, session: AsyncSession, survey_id: UUID, deed: Deed, closes_at: datetime | None
) -> bool:
    """Do it; False when it is no longer possible."""
    rt = runtime(request)
    detail: dict[str, object] = {}
    if deed is Deed.RELEASE:
        numbers = await close_survey(session, keys_of(rt.settings), survey_id, rt.now())
        detail = {"answered": numbers.answered, "released": numbers.released} if numbers else {}
    else:
        numbers = await steer(session, survey_id, deed, rt.now(), closes_at)
        detail = {"last_day": last_day(closes_at).astimezone(rt.settings.zone).date().isoformat()} if closes_at else {}
    if numbers is not None:
        await audit(session, request, _ACTIONS[deed], survey_id, **detail)
    return numbers is not None


async def _asked(request: Request, session: AsyncSession) -> tuple[Survey, Deed] | Response:
    """The survey and the deed, or the page that says why the deed is not possible."""
    survey = await session.get(Survey, request.path_params["survey_id"])
    if survey is None or request.path_params["deed"] not in list(Deed):
        return problem(request, 404)
    deed = Deed(request.path_params["deed"])
    if survey.opened_at is None or deed not in possible(life_of(survey), runtime(request).now()):
        return see_other(f"/staff/surveys/{survey.id}")
    return survey, deed


async def _page(
    request: Request, session: AsyncSession, survey: Survey, deed: Deed, form: Mapping[str, object], errors: FormErrors
) -> Response:
    rt = runtime(request)
    now, zone = rt.now(), rt.settings.zone
    goes_on = deed is Deed.REOPEN and survey.closes_at > now
    proposed = last_day(survey.closes_at).astimezone(zone).date().isoformat() if goes_on else ""
    context = {
        "survey": survey,
        "title": survey_title(survey),
        "turnout": (await turnouts(session, [survey]))[survey.id],
        "deed": deed,
        "last_day": last_day(survey.closes_at),
        "release_at": survey.release_at or now + SECOND_THOUGHTS,
        "proposed": form.get("closes_on") or proposed,
        "errors": errors,
    }
    return render(request, "surveys/staff_steer.html", context, 422 if errors else 200)
