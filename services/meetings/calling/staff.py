"""Staff ask members before a draw whether they want to be in it."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from services.meetings.calling.answering import count_called, takes_answers
from services.meetings.calling.domain import LONGEST, MOST, call_ends_at, options_of
from services.meetings.calling.sending import Call, end_call, may_call, start_call, who_is_called
from services.meetings.previews import mail_preview
from services.meetings.seats.pool import newest_margins, values_of
from services.meetings.seats.words import FEATURE_NAMES, value_words
from services.meetings.tables import Margins, Meeting
from shared.rules import ONE_LINE, FieldRefused, last_day
from shared.strata import GENDERS
from shared.web import Request, Response, or_404, render, runtime, see_other
from shared.web.forms import Form, FormErrors, read_form, right_fields, validate
from shared.web.staff import audit, staff_required

_MESSAGES = {
    "last_day": "Skriv siste dag for å svare som dag, måned og år.",
    "question": "Spørsmålet kan ha høyst 200 tegn.",
    "options": "Svarene kan ha høyst 1000 tegn til sammen.",
    "day_in_the_past": "Dagen har vært. Velg en dag fra og med i dag.",
    "no_time_to_draw": "Oppropet må være over før fristen for dem som trekkes. Velg en tidligere dag.",
    "options_alone": "Skriv spørsmålet som svarene hører til, eller ta bort svarene.",
    "number_of_options": f"Skriv fra to til {MOST} svar, ett på hver linje.",
    "option_twice": "To av svarene er like.",
    "option_too_long": f"Et svar kan ha høyst {LONGEST} tegn.",
}


class CallInput(BaseModel):
    """The form of a call; the day is an ISO date."""

    last_day: date
    question: Annotated[str, Field(max_length=200), ONE_LINE] = ""
    options: Annotated[str, Field(max_length=1000)] = ""


def choices(margins: Margins | None) -> dict[str, list[tuple[str, str]]]:
    """What the call may be narrowed to: feature -> (value, words)."""
    values = values_of(margins) | {"gender": list(GENDERS)}
    return {
        feature: [(value, value_words(feature, value, margins).capitalize()) for value in each]
        if feature != "area" else [(value, value_words(feature, value, margins)) for value in each]
        for feature, each in values.items()
    }  # fmt: skip


def read_call(
    request: Request, form: Form, meeting: Meeting, margins: Margins | None
) -> tuple[Call | None, FormErrors]:
    """The call in the form, or what to change."""
    rt = runtime(request)
    values, errors = validate(CallInput, form, _MESSAGES, str)
    right = right_fields(CallInput, form, errors)
    question = " ".join(right.get("question", "").split())
    until, options = None, []
    try:
        if "last_day" in right:
            until = call_ends_at(right["last_day"], meeting.reply_by, rt.now(), rt.settings.zone)
    except FieldRefused as refused:
        errors[refused.field] = _MESSAGES[refused.code]
    try:
        if meeting.call:
            question, options = meeting.call["question"], meeting.call["options"]
        elif "question" in right and "options" in right:
            options = list(options_of(question, right["options"]))
    except FieldRefused as refused:
        errors[refused.field] = _MESSAGES[refused.code]
    if values is None or until is None or errors:
        return None, errors
    only = {
        feature: [value for value, _ in each if value in form.all(feature)]
        for feature, each in choices(margins).items()
    }
    return Call(until, only, question, options), {}


@staff_required("editor")
async def confirm_end(request: Request) -> Response:
    """Say what ending the call does, and ask once."""
    async with runtime(request).transaction() as session:
        meeting = or_404(await session.get(Meeting, request.path_params["meeting_id"]))
        replies = await count_called(session, meeting.id)
    if not takes_answers(meeting, runtime(request).now()):
        return see_other(f"/staff/meetings/{meeting.id}")
    assert meeting.called_until is not None
    context = {"meeting": meeting, "called": replies, "last_day": last_day(meeting.called_until)}
    return render(request, "meetings/staff_call_end.html", context)


@staff_required("editor")
async def end_early(request: Request) -> Response:
    """End the call once that is confirmed; a second click changes nothing."""
    rt = runtime(request)
    meeting_id: UUID = request.path_params["meeting_id"]
    form = await read_form(request)
    if form.get("confirmed") != "yes":
        return see_other(f"/staff/meetings/{meeting_id}/call/end")
    async with rt.transaction() as session:
        or_404(await session.get(Meeting, meeting_id))
        if (meeting := await end_call(session, meeting_id, rt.now())) is not None:
            until = (meeting.call or {})["told"]
            await audit(session, request, "meetings.call.ended", meeting_id, told=until)
    return see_other(f"/staff/meetings/{meeting_id}{'?saved=call_ended' if meeting is not None else ''}")


@staff_required("editor")
async def call_form(request: Request) -> Response:
    """Whom to ask, what, and until when."""
    return await _show(request, {}, {}, 200)


@staff_required("editor")
async def send_call(request: Request) -> Response:
    """Show how many are asked and the mail; once that is confirmed, send. A second click sends nothing more."""
    rt = runtime(request)
    meeting_id: UUID = request.path_params["meeting_id"]
    form = await read_form(request)
    async with rt.transaction() as session:
        meeting, margins = or_404(await session.get(Meeting, meeting_id)), await newest_margins(session)
        call, errors = read_call(request, form, meeting, margins)
        if call is not None and form.get("confirmed") == "yes":
            started = await start_call(session, meeting_id, call, rt.now()) is not None
            if started:
                await audit(session, request, "meetings.call.sent", meeting_id)
            return see_other(f"/staff/meetings/{meeting_id}{'?saved=call' if started else ''}")
        recipients = (await who_is_called(session, meeting, call, rt.now(), rt.profile.contact_cap))[0] if call else []
    fields: dict[str, object] = {**form.values(), **{feature: form.all(feature) for feature in choices(margins)}}
    if call is not None and not recipients:
        errors = {"": "Ingen kan spørres nå. Spør flere grupper, eller vent til folk får spørres igjen."}
    if call is None or errors or form.get("action") == "back":
        return await _show(request, fields, errors, 422 if errors else 200)
    context = {
        "meeting": meeting,
        "call": call,
        "asked": len(recipients),
        "last_day": last_day(call.until),
        "typed": form.pairs(),
        "only": _in_words(call, margins),
        "mail": mail_preview("meeting_call", meeting, closes_at=call.until),
    }
    return render(request, "meetings/staff_call_confirm.html", context)


def _in_words(call: Call, margins: Margins | None) -> list[tuple[str, str]]:
    return [
        (FEATURE_NAMES[feature], ", ".join(value_words(feature, value, margins) for value in values))
        for feature, values in call.only.items()
        if values
    ]


async def _show(request: Request, fields: Mapping[str, object], errors: FormErrors, status: int) -> Response:
    async with runtime(request).transaction() as session:
        meeting = or_404(await session.get(Meeting, request.path_params["meeting_id"]))
        margins = await newest_margins(session)
        may = await may_call(session, meeting, runtime(request).now())
    if not may:
        return see_other(f"/staff/meetings/{meeting.id}")
    features = [(feature, FEATURE_NAMES[feature], each) for feature, each in choices(margins).items()]
    context = {
        "meeting": meeting,
        "features": features,
        "form": fields,
        "errors": errors,
        "reply_day": last_day(meeting.reply_by),
        "most": MOST,
    }
    return render(request, "meetings/staff_call.html", context, status)
