"""The page of one who is asked whether to be in a draw; only POST changes anything."""

from services.meetings.calling.answering import answer_call, find_called, takes_answers
from services.meetings.replying.pages import asked_by, no_link
from services.meetings.tables import Called, Meeting
from shared.rules import last_day
from shared.web import N_, Request, Response, render, runtime, see_other, translate
from shared.web.again import show_again, typed_before
from shared.web.forms import Form, FormErrors, read_form

_BASE = "/meetings/call"
#: Chosen when no option of the question fits; stored as an empty answer.
NONE = "none"


async def show_call(request: Request) -> Response:
    """What the meeting is, the call's question if it has one, yes or no; then what was answered."""
    link = asked_by(request, request.query_params.get("id"))
    async with runtime(request).transaction() as session:
        called = await find_called(session, link[0]) if link else None
    if called is None:
        return no_link(request)
    if fields := await typed_before(request, f"call-{called[1].id}"):
        return _show(request, *called, _faults(request, called[0], fields), fields.get("answer") or "")
    return _show(request, *called)


async def reply_to_call(request: Request) -> Response:
    """Keep the answer; with a yes the call's question is answered too."""
    rt = runtime(request)
    form = await read_form(request)
    link = asked_by(request, form.get("id"))
    says, number = form.get("reply"), form.get("answer")
    async with rt.transaction() as session:
        called = await find_called(session, link[0]) if link else None
        if called is None or link is None:
            return no_link(request)
        meeting, row = called
        errors = _faults(request, meeting, form)
        if errors and takes_answers(meeting, rt.now()):
            return await show_again(request, f"call-{row.id}", f"{_BASE}?id={row.id}&again=yes", form)
        if not errors:
            numbers = _numbers(meeting)
            answer = numbers[number or NONE] if len(numbers) > 1 and says == "yes" else None
            await answer_call(session, row.id, says or "", answer, rt.now())
    return see_other(f"{_BASE}?id={link[0]}")


def _numbers(meeting: Meeting) -> dict[str, str]:
    """What the form sends for each answer to the call's question; the one that fits none is empty."""
    options = meeting.call["options"] if meeting.call else []
    return {str(place): option for place, option in enumerate(options)} | {NONE: ""}


def _faults(request: Request, meeting: Meeting, form: Form) -> FormErrors:
    gettext, says, numbers = translate(request).gettext, form.get("reply"), _numbers(meeting)
    if says not in ("yes", "no"):
        return {"reply": gettext(N_("Svar ja eller nei."))}
    if says == "yes" and len(numbers) > 1 and form.get("answer") not in numbers:
        return {"answer": gettext(N_("Velg et svar på spørsmålet."))}
    return {}


def _show(
    request: Request,
    meeting: Meeting,
    row: Called,
    errors: FormErrors | None = None,
    choice: str = "",
) -> Response:
    now = runtime(request).now()
    assert meeting.call is not None
    assert meeting.called_until is not None
    options = list(enumerate(meeting.call["options"]))
    number = NONE if row.answer == "" else next((str(at) for at, option in options if option == row.answer), "")
    context = {
        "meeting": meeting,
        "called": row,
        "open": takes_answers(meeting, now),
        "last_day": last_day(meeting.called_until),
        "question": meeting.call["question"],
        "options": options,
        "fits_none": NONE,
        "chosen": choice or number,
        "errors": errors or {},
    }
    return render(request, "meetings/call.html", context)
