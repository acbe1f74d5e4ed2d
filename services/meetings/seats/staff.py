"""Staff make a draw ready, see every group's chance, and enter what was thrown in public."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from services.meetings.calling.answering import takes_answers
from services.meetings.previews import mail_preview
from services.meetings.seats.drawing import draw_meeting
from services.meetings.seats.looking import look_at
from services.meetings.seats.lottery import Limit
from services.meetings.seats.pool import (
    Heads,
    heads_of_pool,
    limits_for,
    newest_margins,
    outdated_limits,
    rows_of_limits,
)
from services.meetings.seats.preparing import (
    announce_draw,
    ask_for_draw,
    cancel_draw,
    cancelled_draws,
    current_draw,
    heads_of_draw,
)
from services.meetings.seats.promising import OldProgram
from services.meetings.seats.randomness import (
    KINDS,
    LONGEST_WAIT,
    MOST_NUMBERS,
    Announced,
    next_round,
    round_comes_at,
)
from services.meetings.seats.words import value_words
from services.meetings.tables import Meeting
from services.meetings.verify import Refused
from shared.rules import last_day, on_one_line
from shared.web import Request, Response, or_404, render, runtime, see_other
from shared.web.forms import Form, FormErrors, read_form
from shared.web.staff import audit, staff_required

_LONGEST_RANDOMNESS = 200
_LONGEST_REASON = 300
#: How long before it comes the round of drand is that the form proposes: staff have to make ready and announce first.
_SOON = timedelta(hours=1)


@staff_required("selector")
async def show_draw(request: Request) -> Response:
    """The draw as it stands: who is in the pool, what it keeps, its commitment, and what is to be done next."""
    return await _show(request, {}, {}, 200)


async def _show(request: Request, form: Mapping[str, object], errors: FormErrors, status: int) -> Response:
    rt = runtime(request)
    soon = next_round(rt.now() + _SOON)
    async with rt.transaction() as session:
        meeting = or_404(await session.get(Meeting, request.path_params["meeting_id"]))
        margins = await newest_margins(session)
        draw = await current_draw(session, meeting.id)
        cancelled = await cancelled_draws(session, meeting.id)
        fixed = draw is not None and draw.pooled_at is not None
        left_out: Mapping[str, int]
        if draw is not None and fixed:
            heads, left_out = await heads_of_draw(session, draw.id), draw.left_out
        else:
            heads, left_out = await heads_of_pool(session, meeting, margins, rt.now(), rt.profile.contact_cap)
    if meeting.state != "announced":
        return see_other(f"/staff/meetings/{meeting.id}")
    look, reason, replaced = None, "", False
    if draw is not None and draw.state in ("ready", "committed"):
        try:
            look = await look_at(rt, draw, meeting, margins)
        except Refused as refused:
            reason, replaced = str(refused), isinstance(refused, OldProgram)
    context = {
        "meeting": meeting,
        "draw": draw,
        "promise": look.promise if look else None,
        "changed": reason,
        "replaced": replaced,
        "never": look.never if look else [],
        "cancelled": cancelled,
        "pool": sum(heads.values()),
        "left_out": left_out,
        "rows": look.rows if look else _heads(limits_for(meeting, margins, heads), heads),
        "words": lambda row: value_words(row["feature"], row["value"], margins),
        "known": margins is not None,
        "outdated": outdated_limits(meeting, margins),
        "last_day": last_day(meeting.reply_by),
        "called": meeting.called_until is not None,
        "call_open": takes_answers(meeting, rt.now()),
        "call_day": last_day(meeting.called_until) if meeting.called_until else None,
        "too_late": rt.now() >= meeting.reply_by,
        "mail": mail_preview("meeting" if meeting.called_until is None else "meeting_volunteer", meeting),
        "area_source": margins.area_source if margins else "",
        "form": {"kind": "dice", "numbers": "7", "round": soon, **form},
        "round_comes_at": round_comes_at,
        "soon": soon,
        "errors": errors,
    }
    return render(request, "meetings/staff_draw.html", context, status)


def _heads(limits: Sequence[Limit], heads: Heads) -> list[dict[str, object]]:
    """Each group's pool and quota, before chances are known."""
    return [
        {**row, "pool": sum(number for kind, number in heads.items() if limit.holds(kind)), "lowest": None}
        for limit, row in zip(limits, rows_of_limits(limits), strict=True)
    ]


def read_announced(form: Form, now: datetime) -> tuple[Announced, FormErrors]:
    """The kind of randomness chosen, and what is announced of it."""
    kind = form.get("kind") or "dice"
    of = on_one_line(form.get("of") or "")[:_LONGEST_RANDOMNESS]
    if kind not in KINDS:
        return Announced(), {"kind": "Velg hvordan loddet skal trekkes."}
    if kind == "lottery":
        number = _number(form.get("numbers"), MOST_NUMBERS)
        errors = {} if of else {"of": "Skriv hvilket lotteri, hvilken dag og hvilke av tallene."}
        if not number:
            errors["numbers"] = f"Skriv hvor mange tall, fra 1 til {MOST_NUMBERS}."
        return Announced(kind, of, number), errors
    if kind == "drand":
        first, last = next_round(now), next_round(now + LONGEST_WAIT)
        number = _number(form.get("round"), last)
        if number >= first:
            return Announced(kind, number=number), {}
        return Announced(), {"round": f"Skriv nummeret på en runde som ikke har vært, fra {first} til {last}."}
    return Announced(kind), {}


def _number(field: str | None, most: int) -> int:
    """0 for what is no number from 1 to ``most``."""
    text = "".join((field or "").split())
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 and int(text) <= most else 0


@staff_required("selector")
async def act_on_draw(request: Request) -> Response:
    """Make the draw ready, announce it, give it up, or enter what was drawn; a second click changes nothing."""
    rt = runtime(request)
    meeting_id: UUID = request.path_params["meeting_id"]
    form = await read_form(request)
    action, page, saved = form.get("action"), f"/staff/meetings/{meeting_id}/draw", ""
    randomness = on_one_line(form.get("randomness") or "")[:_LONGEST_RANDOMNESS]
    reason = on_one_line(form.get("reason") or "")[:_LONGEST_REASON]
    announced, errors = read_announced(form, rt.now()) if action == "prepare" else (Announced(), {})
    if action == "draw" and not randomness:
        errors["randomness"] = "Skriv det som ble trukket."
    if errors:
        return await _show(request, form.values(), errors, 422)
    async with rt.transaction() as session:
        or_404(await session.get(Meeting, meeting_id))
        if action == "prepare":
            draw = await ask_for_draw(session, meeting_id, announced, rt.now())
            if draw is not None:
                await audit(session, request, "meetings.draw.asked", meeting_id, kind=announced.kind)
        elif action == "cancel":
            draw = await current_draw(session, meeting_id)
            if draw is not None and draw.state == "committed" and not reason:
                errors["reason"] = "Skriv hvorfor trekningen avlyses. Grunnen blir offentlig."
            elif (draw := await cancel_draw(session, meeting_id, reason, rt.now())) is not None:
                saved = "?saved=cancelled"
                await audit(session, request, "meetings.draw.cancelled", meeting_id, digest=draw.digest)
        elif action in ("announce", "draw"):
            try:
                if action == "announce":
                    draw = await announce_draw(session, meeting_id, rt.now())
                    if draw is not None:
                        saved = "?saved=announced"
                        await audit(session, request, "meetings.draw.announced", meeting_id, digest=draw.digest)
                elif await draw_meeting(session, meeting_id, randomness, rt.now()) is not None:
                    await audit(session, request, "meetings.meeting.drawn", meeting_id)
                    page, saved = f"/staff/meetings/{meeting_id}", "?saved=drawn"
            except Refused as refused:
                errors["randomness"] = str(refused)
    if errors:
        return await _show(request, form.values(), errors, 422)
    return see_other(page + saved)
