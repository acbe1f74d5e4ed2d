"""Staff create a meeting, change it, and cancel it."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field
from pydantic.types import StringConstraints

from services.meetings.calling.answering import takes_answers
from services.meetings.locks import lock_meeting
from services.meetings.planning.announcing import Plan, announce_meeting, change_meeting, count_states, moves
from services.meetings.planning.cancelling import cancel_meeting
from services.meetings.planning.domain import plan_times, times_faults
from services.meetings.previews import mail_preview
from services.meetings.seats.preparing import current_draw
from services.meetings.tables import Meeting
from shared.ids import new_id
from shared.rules import ONE_LINE, end_of_day, last_day
from shared.web import Request, Response, or_404, render, runtime, see_other
from shared.web.forms import Form, FormErrors, as_id, read_form, right_fields, validate
from shared.web.staff import audit, staff_required

_MESSAGES = {
    "heading": "Skriv hva møtet heter, med høyst 120 tegn.",
    "purpose": "Skriv hva møtet skal brukes til, med høyst 1000 tegn.",
    "place": "Skriv hvor møtet er, med høyst 200 tegn.",
    "day": "Skriv dagen for møtet som dag, måned og år.",
    "starts": "Skriv når møtet begynner, som time og minutt.",
    "ends": "Skriv når møtet slutter, som time og minutt.",
    "seats": "Skriv hvor mange plasser møtet har, fra 1 til 500.",
    "reply_on": "Skriv siste dag for å svare som dag, måned og år.",
    "stop_hours": "Skriv hvor mange timer før møtet vi slutter å trekke nye, fra 0 til 336.",
    "rest_days": "Skriv hvor mange dager folk skal ha fri mellom møter, fra 0 til 730.",
    "served": "Skriv hva som serveres eller betales, med høyst 300 tegn.",
    "agenda": "Programmet kan ha høyst 10 000 tegn.",
    "day_in_the_past": "Møtet må begynne etter nå. Velg en senere dag.",
    "ends_before_start": "Møtet må slutte etter at det begynner, samme dag.",
    "reply_in_the_past": "Dagen har vært. Velg en dag fra og med i dag.",
    "reply_after_meeting": "Siste dag for å svare må være før dagen for møtet.",
    "reply_after_stop": (
        "Siste dag for å svare må være før vi slutter å trekke nye. Ellers blir plassen tom når noen ikke svarer. "
        "Velg en tidligere dag, eller færre timer."
    ),
    "day_before_deadline": "Møtet kan ikke begynne før fristen for å svare, som de inviterte har fått.",
    "reply_before_call": "Oppropet er ikke over før den dagen. Velg en senere dag.",
    "seats_committed": "Trekningen er klar, og plassene er låst. Avlys trekningen før du endrer antallet.",
    "seats_held": "Så mange plasser er allerede tatt eller venter på svar. Antallet kan ikke bli lavere.",
}

_Hour = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class MeetingInput(BaseModel):
    """The meeting form; days are ISO dates, hours HH:MM in the installation's zone."""

    heading: Annotated[str, Field(max_length=120), ONE_LINE]
    purpose: Annotated[str, Field(max_length=1000)]
    place: Annotated[str, Field(max_length=200), ONE_LINE]
    day: date
    starts: _Hour
    ends: _Hour
    seats: Annotated[int, Field(ge=1, le=500)]
    reply_on: date | None = None
    stop_hours: Annotated[int, Field(ge=0, le=336)]
    rest_days: Annotated[int, Field(ge=0, le=730)] = 0
    served: Annotated[str, Field(max_length=300), ONE_LINE] = ""
    agenda: Annotated[str, Field(max_length=10_000)] = ""


def read_plan(request: Request, form: Form, meeting: Meeting | None) -> tuple[Plan | None, FormErrors]:
    """The plan in the form, or what to change; a drawn meeting keeps its deadline."""
    rt = runtime(request)
    values, errors = validate(MeetingInput, form, _MESSAGES, str)
    deadline = meeting.reply_by if meeting is not None and meeting.state != "announced" else None
    right = right_fields(MeetingInput, form, errors)
    day, starts, ends, reply_on, stop = map(right.get, ("day", "starts", "ends", "reply_on", "stop_hours"))
    now, zone = rt.now(), rt.settings.zone
    faults = times_faults(day, starts, ends, reply_on, stop, now, zone, deadline)
    errors = {field: _MESSAGES[code] for field, code in faults.items()} | errors
    if values is None or errors:
        return None, errors
    times = plan_times(values.day, values.starts, values.ends, values.reply_on, values.stop_hours, now, zone, deadline)
    details = values.model_dump(
        include={"heading", "purpose", "agenda", "place", "served", "seats", "stop_hours", "rest_days", "day"}
    )
    return Plan(**details, times=times), {}


@staff_required("editor")
async def new_form(request: Request) -> Response:
    """An empty form with the usual numbers."""
    proposal = {
        "seats": "20",
        "starts": "18:00",
        "ends": "20:30",
        "stop_hours": "48",
        "rest_days": "180",
        "id": str(new_id()),
    }
    return _show_form(request, None, proposal, {})


@staff_required("editor")
async def create(request: Request) -> Response:
    """Announce the meeting; a second click leads to the same one."""
    rt = runtime(request)
    form = await read_form(request)
    plan, errors = read_plan(request, form, None)
    meeting_id = as_id(form.get("id"))
    if plan is None or meeting_id is None:
        return _show_form(request, None, {"id": str(new_id()), **form.values()}, errors, 422)
    async with rt.transaction() as session:
        if await announce_meeting(session, meeting_id, plan, rt.now()):
            await audit(session, request, "meetings.meeting.announced", meeting_id, seats=plan.seats)
    return see_other(f"/staff/meetings/{meeting_id}?saved=announced")


@staff_required("editor")
async def change_form(request: Request) -> Response:
    """The meeting as it is, to be changed."""
    rt = runtime(request)
    async with rt.transaction() as session:
        meeting = or_404(await session.get(Meeting, request.path_params["meeting_id"]))
    if meeting.state not in ("announced", "drawn"):
        return see_other(f"/staff/meetings/{meeting.id}")
    zone = rt.settings.zone
    starts, ends = meeting.starts_at.astimezone(zone), meeting.ends_at.astimezone(zone)
    form = {
        "heading": meeting.heading,
        "purpose": meeting.purpose,
        "place": meeting.place,
        "day": starts.date().isoformat(),
        "starts": f"{starts:%H:%M}",
        "ends": f"{ends:%H:%M}",
        "seats": str(meeting.seats),
        "reply_on": last_day(meeting.reply_by).astimezone(zone).date().isoformat(),
        "stop_hours": str(meeting.stop_hours),
        "rest_days": str(meeting.rest_days),
        "served": meeting.served,
        "agenda": meeting.agenda,
    }
    return _show_form(request, meeting, form, {})


@staff_required("editor")
async def change(request: Request) -> Response:
    """Change the meeting; when the change sends mails, their number is first shown for confirmation."""
    rt = runtime(request)
    form = await read_form(request)
    meeting_id: UUID = request.path_params["meeting_id"]
    async with rt.transaction() as session:
        meeting = or_404(await lock_meeting(session, meeting_id))
        if meeting.state not in ("announced", "drawn"):
            return see_other(f"/staff/meetings/{meeting_id}")
        plan, errors = read_plan(request, form, meeting)
        counts = await count_states(session, meeting_id)
        right = right_fields(MeetingInput, form, errors)
        seats, reply_on = right.get("seats", meeting.seats), right.get("reply_on")
        if seats < counts["invited"] + counts["accepted"]:
            errors |= {"seats": _MESSAGES["seats_held"]}
        draw = await current_draw(session, meeting_id)
        fixed = draw is not None and draw.state in ("preparing", "ready", "committed")
        if fixed and seats != meeting.seats:
            errors |= {"seats": _MESSAGES["seats_committed"]}
        call_ends = meeting.called_until if takes_answers(meeting, rt.now()) else None
        if call_ends is not None and reply_on is not None and end_of_day(reply_on, rt.settings.zone) <= call_ends:
            errors |= {"reply_on": _MESSAGES["reply_before_call"]}
        if plan is None or errors:
            return _show_form(request, meeting, form.values(), errors, 422)
        if form.get("action") == "back":
            return _show_form(request, meeting, form.values(), {})
        mails = counts["accepted"] + counts["waiting"] if moves(meeting, plan) else 0
        if mails and form.get("confirmed") != "yes":
            starts_at, ends_at = plan.times.starts_at, plan.times.ends_at
            mail = mail_preview("meeting_changed", meeting, place=plan.place, starts_at=starts_at, ends_at=ends_at)
            context = {"meeting": meeting, "plan": plan, "told": mails, "typed": form.pairs(), "mail": mail}
            return render(request, "meetings/staff_change_confirm.html", context)
        mails = await change_meeting(session, meeting, plan)
        await audit(session, request, "meetings.meeting.changed", meeting_id, told=mails, seats=plan.seats)
    return see_other(f"/staff/meetings/{meeting_id}?saved=changed")


def _show_form(
    request: Request, meeting: Meeting | None, form: Mapping[str, object], errors: FormErrors, status: int = 200
) -> Response:
    context = {
        "meeting": meeting,
        "form": form,
        "errors": errors,
        "drawn": meeting is not None and meeting.state == "drawn",
        "last_day": last_day(meeting.reply_by) if meeting else None,
    }
    return render(request, "meetings/staff_plan.html", context, status)


@staff_required("editor")
async def confirm_cancelling(request: Request) -> Response:
    """Say who will be told, and ask once."""
    async with runtime(request).transaction() as session:
        meeting = or_404(await session.get(Meeting, request.path_params["meeting_id"]))
        counts = await count_states(session, meeting.id)
    if meeting.state not in ("announced", "drawn"):
        return see_other(f"/staff/meetings/{meeting.id}")
    context = {"meeting": meeting, "counts": counts, "mail": mail_preview("meeting_cancelled", meeting)}
    return render(request, "meetings/staff_cancel.html", context)


@staff_required("editor")
async def cancel(request: Request) -> Response:
    """Cancel, once it has been said what that does and to whom; a second click changes nothing."""
    rt = runtime(request)
    meeting_id: UUID = request.path_params["meeting_id"]
    form = await read_form(request)
    async with rt.transaction() as session:
        or_404(await session.get(Meeting, meeting_id))
        if form.get("confirmed") != "yes":
            return see_other(f"/staff/meetings/{meeting_id}/cancel")
        counts = await cancel_meeting(session, meeting_id, rt.now())
        if counts is not None:
            await audit(session, request, "meetings.meeting.cancelled", meeting_id, told=counts[1])
        saved = "" if counts is None else "?saved=cancelled_told" if counts[1] else "?saved=cancelled"
    return see_other(f"/staff/meetings/{meeting_id}{saved}")
