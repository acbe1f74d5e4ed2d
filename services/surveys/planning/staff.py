"""Staff start a survey: choose, see what residents get and how many get it, confirm once."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from services.surveys.answering.showing import FormQuestion
from services.surveys.audience.choosing import foresee
from services.surveys.audience.domain import Audience, only_adults
from services.surveys.audience.forecast import Forecast
from services.surveys.audience.form import LISTS, MESSAGES, AudienceInput, Choices, choices_of
from services.surveys.audience.words import described, group
from services.surveys.domain import asks_for_area, with_areas
from services.surveys.editing.checking import special_words
from services.surveys.editing.saving import all_written, questionnaire_to_show, questionnaires_to_ask
from services.surveys.fieldwork.curve import survey_title
from services.surveys.fieldwork.domain import TARGET_PERCENT, Plan, plan_faults, plan_survey
from services.surveys.fieldwork.inviting import open_survey
from services.surveys.fieldwork.store import all_surveys
from services.surveys.locks import hold_openings
from services.surveys.planning import how
from services.surveys.planning.how import HowInput
from services.surveys.planning.planning import add_survey, announced_sizes, named_areas
from services.surveys.planning.previews import mail_query
from services.surveys.questionnaire.shelf import shelf
from services.surveys.questionnaire.wording import in_words
from services.surveys.sealing import keys_of
from services.surveys.tables import Survey
from services.surveys.watching.counting import as_measured
from shared.events.questionnaire import LANGUAGES, Questionnaire
from shared.ids import new_id
from shared.rules import FieldRefused, last_day
from shared.service import Runtime
from shared.strata import PEOPLE, band_words
from shared.web import Request, Response, or_404, render, runtime, see_other, translate
from shared.web.forms import FormErrors, as_id, read_form, right_fields, validate
from shared.web.staff import audit, staff_required

_MESSAGES: dict[str, str] = {**MESSAGES, **how.MESSAGES} | {
    "questionnaire": "Velg hva undersøkelsen handler om.",
    "no_areas": "Skjemaet spør om del av kommunen. Del kommunen inn i områder under «Områder» først.",
    "new_members": "Velg om de som blir med mens undersøkelsen er åpen, skal inviteres.",
    "opens": "Velg når undersøkelsen skal åpne.",
    "opens_on": "Skriv dagen undersøkelsen åpner, som dag, måned og år.",
    "threshold_size": "Velg en av de kunngjorte panelstørrelsene.",
    "closes_on": "Skriv siste dag for å svare, som dag, måned og år.",
    "reminder_on": "Skriv dagen for påminnelse som dag, måned og år, eller la feltet stå tomt.",
    "target": "Skriv målet som et helt tall fra 1 til 100.",
    "opens_on_missing": "Skriv dagen undersøkelsen åpner.",
    "opens_in_the_past": "Dagen har vært. Velg en dag fra og med i dag.",
    "closes_before_opening": "Siste dag for å svare kan ikke være før undersøkelsen åpner.",
    "open_too_long": "Undersøkelsen kan stå åpen i høyst ett år.",
    "reminder_outside": "Velg en virkedag, tidligst to dager etter åpningen og senest siste dag for å svare.",
}


class PlanInput(HowInput, AudienceInput):
    """The plan form; days are ISO dates."""

    questionnaire: str
    opens: Literal["now", "date", "threshold"]
    opens_on: date | None = None
    threshold_size: int | None = None
    closes_on: date
    reminder_on: date | None = None
    target: Annotated[int, Field(ge=1, le=100)] = TARGET_PERCENT
    """Percent of those invited."""
    new_members: Literal["yes", "no"] = "no"
    """Whether those who join while it is open are invited."""


@staff_required("editor")
async def plan_form(request: Request) -> Response:
    """The plan form with a sensible proposal: now, two weeks, reminder after one."""
    today = runtime(request).today()
    questionnaire_id = request.query_params.get("questionnaire", "")
    proposal = {
        "questionnaire": questionnaire_id,
        "opens": "now",
        "closes_on": (today + timedelta(days=14)).isoformat(),
        "reminder_on": (today + timedelta(days=7)).isoformat(),
        "target": str(TARGET_PERCENT),
        "new_members": "yes",
        **how.PROPOSAL,
        "who": "everybody",
    }
    async with runtime(request).transaction() as session:
        return await _show_form(request, session, proposal, {})


async def _show_form(
    request: Request, session: AsyncSession, form: Mapping[str, object], errors: FormErrors, status: int = 200
) -> Response:
    lang = translate(request)
    sizes = await announced_sizes(session)
    context = {
        "form": form,
        "errors": errors,
        "choices": (await choices_of(session, lang, runtime(request).now())).lists,
        "changed": {one.row.id: one.changed(lang) for one in await all_written(session)},
        "templates": list(shelf(runtime(request).settings)),
        "questionnaires": list((await questionnaires_to_ask(session, shelf(runtime(request).settings))).values()),
        "sizes": [
            (size.size, f"{lang.number(size.size)} medlemmer" + (" (allerede nådd)" if size.reached_at else ""))
            for size in sizes
        ],
    }
    return render(request, "surveys/staff_plan.html", context, status)


@staff_required("editor")
async def plan(request: Request) -> Response:
    """Show what the plan will do; with ``confirmed`` and the id from that page, store it.

    The number shown is the number invited by one that opens at once: has it changed, the page says so and asks again.
    """
    rt = runtime(request)
    form = await read_form(request)
    fields = form.values() | {name: form.all(name) for name in LISTS}
    values, errors = validate(PlanInput, form, _MESSAGES, str, lists=LISTS)
    survey_id = as_id(form.get("survey_id"))
    async with rt.transaction() as session:
        if survey_id is not None and await session.get(Survey, survey_id) is not None:
            return see_other(f"/staff/surveys/{survey_id}?saved=planned")
        sizes = {size.size: size for size in await announced_sizes(session)}
        choices = await choices_of(session, translate(request), rt.now())
        right = right_fields(PlanInput, form, errors, lists=LISTS)
        questionnaire = (await questionnaires_to_ask(session, shelf(rt.settings))).get(right.get("questionnaire", ""))
        times, between = _times(right, rt)
        errors = between | choices.errors(AudienceInput.model_construct(**right)) | errors
        if "questionnaire" in right and questionnaire is None:
            errors["questionnaire"] = _MESSAGES["questionnaire"]
        if questionnaire is not None:
            questionnaire = await as_measured(session, questionnaire)
        if questionnaire is not None and asks_for_area(questionnaire):
            areas = await named_areas(session)
            questionnaire = with_areas(questionnaire, areas)
            if len(areas) < 2:
                errors["questionnaire"] = _MESSAGES["no_areas"]
        if right.get("opens") == "threshold" and right.get("threshold_size") not in sizes:
            errors["threshold_size"] = _MESSAGES["threshold_size"]
        if values is None or questionnaire is None or times is None or errors:
            return await _show_form(request, session, fields, errors, 422)
        if form.get("action") == "change":
            return await _show_form(request, session, fields, {})
        size = values.threshold_size if values.opens == "threshold" else None
        reached = size is not None and sizes[size].reached_at is not None
        at_once = values.opens == "now" or reached
        sure = form.get("confirmed") == "yes" and survey_id is not None
        if sure and at_once:
            # Nobody joins between the count and the opening, which are one transaction.
            await hold_openings(session)
        audience = _audience(values, questionnaire, rt.settings.zone)
        reminders = 0 if values.reminder_on is None else 1 if values.again_after is None else 2
        outlook = await foresee(
            session, audience, values.size, rt.profile.contact_cap, reminders, rt.now(), rt.settings.zone
        )
        if not sure or survey_id is None or (at_once and form.get("number") != str(outlook.invited)):
            confirmed = form.get("number") or ""
            before = int(confirmed) if sure and confirmed.isdecimal() else None
            return await _show_confirmation(
                request, session, values, questionnaire, times, choices, outlook, reached, before
            )
        now = rt.now()
        is_new = await add_survey(
            session,
            survey_id,
            questionnaire,
            values.opens,
            size,
            times,
            now,
            values.target,
            invites_new=values.new_members == "yes" and values.size is None,
            reminding=values.reminding,
            soft_size=values.soft_size,
            audience=audience,
            sample_size=values.size,
            confirmed=outlook.invited,
        )
        if is_new:
            detail = {"questionnaire": questionnaire.id, "opens": values.opens, "size": size}
            detail |= {"invited": outlook.invited, "sample": values.size}
            await audit(session, request, "surveys.survey.planned", survey_id, **detail)
        if is_new and at_once:
            survey = await session.get_one(Survey, survey_id)
            await open_survey(session, survey, keys_of(rt.settings).make(survey_id), now)
    return see_other(f"/staff/surveys/{survey_id}?saved=planned")


def _times(right: Mapping[str, Any], rt: Runtime) -> tuple[Plan | None, FormErrors]:
    """The instants of the days in the form, and what is wrong between them as far as they are known."""
    opens, opens_on, closes_on, reminder_on = map(right.get, ("opens", "opens_on", "closes_on", "reminder_on"))
    faults = plan_faults(opens or "", opens_on, closes_on, reminder_on, rt.today())
    times = None
    try:
        if closes_on is not None and not faults:
            times = plan_survey(opens or "", opens_on, closes_on, reminder_on, rt.now(), rt.settings.zone)
            times = HowInput.model_construct(**right).on_a_working_day(times, rt.settings.zone)
    except FieldRefused as refused:
        faults = {refused.field: refused.code}
    return times, {field: _MESSAGES[code] for field, code in faults.items()}


async def _show_confirmation(
    request: Request,
    session: AsyncSession,
    values: PlanInput,
    questionnaire: Questionnaire,
    plan: Plan,
    choices: Choices,
    outlook: Forecast,
    reached: bool,
    before: int | None,
) -> Response:
    """How many people, who, what to expect, the text as they get it: what is asked about once.

    ``before`` is the number confirmed just now, when it is no longer true.
    """
    others = [survey for survey in await all_surveys(session) if survey.state == "open"]
    lang, areas = translate(request), dict(choices.areas)
    audience = _audience(values, questionnaire, runtime(request).settings.zone)
    fields = values.model_dump()
    context = {
        "survey_id": new_id(),
        "values": {name: "" if value is None else value for name, value in fields.items()},
        "hidden": [
            (name, part)
            for name, value in fields.items()
            for part in (value if isinstance(value, tuple) else (value,))
            if part is not None
        ],
        "questionnaire": questionnaire,
        "questions": questionnaire.asked_of_all,
        "outlook": outlook,
        "strata": [(PEOPLE.get(row.gender, row.gender), band_words(row.band), row) for row in outlook.strata],
        "smallest": (group(outlook.smallest[0], areas), outlook.smallest[1]) if outlook.smallest else None,
        "audience": described(audience, areas, dict(choices.parts), lang, runtime(request).settings.zone),
        "special": sorted(set(special_words(questionnaire.content()).values())),
        "cap": runtime(request).profile.contact_cap,
        "total": outlook.invited,
        "before": before,
        "plan": plan,
        "reached": reached,
        "others": [(other, survey_title(other), last_day(other.closes_at)) for other in others],
        "last_day": last_day(plan.closes_at),
        "mail": mail_query(questionnaire, plan.closes_at),
    }
    return render(request, "surveys/staff_plan_confirm.html", context)


def _audience(values: PlanInput, questionnaire: Questionnaire, zone: ZoneInfo) -> Audience:
    """Whom it is for: as chosen, and no minors where it asks for special categories of personal data."""
    audience = values.audience(zone)
    return only_adults(audience) if special_words(questionnaire.content()) else audience


@staff_required("reader")
async def show_questionnaire(request: Request) -> Response:
    """A questionnaire's pages as residents get them, in each of its languages."""
    async with runtime(request).transaction() as session:
        questionnaire = or_404(
            await questionnaire_to_show(session, request.path_params["questionnaire"], shelf(runtime(request).settings))
        )
    language = request.query_params.get("language", "nb")
    # Residents' own words ("Vet ikke", "Valgfritt") follow the language of the page.
    request.state.lang = language if language in questionnaire.languages and language in LANGUAGES else "nb"
    texts = request.app.state.renderer.languages[request.state.lang]
    context = {
        "questionnaire": questionnaire,
        "questions": questionnaire.asked_of_all,
        "conditions": {q.id: in_words(questionnaire, q.show_if) for q in questionnaire.parts if q.show_if},
        "page_conditions": {p.id: in_words(questionnaire, p.show_if) for p in questionnaire.pages if p.show_if},
        "fields": {page.id: [FormQuestion(question, texts) for question in page.known] for page in questionnaire.pages},
        "may_edit": request.state.staff.may("editor"),
    }
    return render(request, "surveys/staff_questionnaire.html", context)
