"""Staff set quotas, see who would be asked, and draw once."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from services.meetings.draw.domain import GENDERS, Candidate, Quotas, Stratum, draw, in_whole_seats
from services.meetings.locks import lock_meeting
from services.meetings.planning.announcing import set_quotas
from services.meetings.previews import mail_preview
from services.meetings.seats.domain import band_words, last_day
from services.meetings.seats.drawing import (
    band_codes,
    candidates,
    draw_meeting,
    newest_margins,
    outdated_quotas,
    quotas_for,
)
from services.meetings.tables import Meeting
from shared.web import (
    Form,
    FormErrors,
    Request,
    Response,
    audit,
    problem,
    read_form,
    render,
    runtime,
    see_other,
    staff_required,
)

GENDER_NAMES = {"female": "Kvinner", "male": "Menn", "other": "Annet eller ikke oppgitt"}


def field_of(stratum: Stratum) -> str:
    """The stratum's field in the quota form."""
    return f"{stratum[0]}-{stratum[1]}"


def read_quotas(form: Form, strata: Sequence[Stratum], seats: int) -> tuple[Quotas, FormErrors]:
    """Seats by stratum as typed; whole numbers that add up to the meeting's seats. An empty field is 0."""
    quotas: dict[Stratum, float] = {}
    errors: FormErrors = {}
    for stratum in strata:
        typed = form.get(field_of(stratum)) or "0"
        if typed.isascii() and typed.isdigit() and len(typed) <= 3:
            quotas[stratum] = int(typed)
        else:
            group = f"{GENDER_NAMES[stratum[0]].lower()} {band_words(stratum[1])}"
            errors[field_of(stratum)] = f"Skriv plasser for {group} som et helt tall fra 0 til 999."
    total = int(sum(quotas.values()))
    if not errors and total != seats:
        errors[""] = f"Plassene blir {total} til sammen. De må bli {seats}."
    return quotas, errors


@staff_required("editor")
async def quota_form(request: Request) -> Response:
    """Seats per gender and age band, beside how many there are to draw from."""
    return await _show_quotas(request, None, {}, 200)


@staff_required("editor")
async def save_quotas(request: Request) -> Response:
    """Keep quotas set by hand, or follow the population."""
    rt = runtime(request)
    meeting_id: UUID = request.path_params["meeting_id"]
    form = await read_form(request)
    async with rt.transaction() as session:
        meeting = await session.get(Meeting, meeting_id)
        margins = await newest_margins(session)
    if meeting is None or margins is None:
        return problem(request, 404)
    quotas: Quotas | None = None
    if form.get("action") != "population":
        strata = [(gender, band) for band in band_codes(margins) for gender in GENDERS[:2]]
        quotas, errors = read_quotas(form, strata, meeting.seats)
        if errors:
            return await _show_quotas(request, form.values(), errors, 422)
    async with rt.transaction() as session:
        if await set_quotas(session, meeting_id, quotas) is not None:
            await audit(session, request, "meetings.quotas.set", meeting_id, by_hand=quotas is not None)
    return see_other(f"/staff/meetings/{meeting_id}/draw")


async def _show_quotas(request: Request, typed: Mapping[str, Any] | None, errors: FormErrors, status: int) -> Response:
    async with runtime(request).transaction() as session:
        meeting = await session.get(Meeting, request.path_params["meeting_id"])
        margins = await newest_margins(session)
        pool = await candidates(session, margins)
    if meeting is None or margins is None:
        return problem(request, 404)
    if meeting.state != "announced":
        return see_other(f"/staff/meetings/{meeting.id}")
    form = typed or {
        field_of(stratum): number
        for stratum, number in in_whole_seats(quotas_for(meeting, margins), meeting.seats).items()
    }
    heads = Counter(one.stratum for one in pool)
    rows = [
        (band_words(band), [(gender, field_of((gender, band)), heads[gender, band]) for gender in GENDERS[:2]])
        for band in band_codes(margins)
    ]
    context = {"meeting": meeting, "rows": rows, "form": form, "errors": errors, "names": GENDER_NAMES}
    return render(request, "meetings/staff_quotas.html", context, status)


def composition(pool: Sequence[Candidate], quotas: Quotas, bands: Sequence[str], seats: int) -> list[dict[str, Any]]:
    """Per stratum: how many there are to draw from, the seats it should have, and the chance each of them has."""
    heads = Counter(one.stratum for one in pool)
    # Chances hang on quotas and heads alone; this seed draws nobody.
    drawn = draw(pool, quotas, seats, seed="")
    chances = {one.stratum: drawn.chances[one.id] for one in pool}
    return [
        {
            "group": f"{GENDER_NAMES[g]} {band_words(b)}",
            "pool": heads[g, b],
            "quota": quotas.get((g, b), 0.0),
            "chance": chances.get((g, b)),
        }
        for g in GENDERS
        for b in bands
        if heads[g, b] or quotas.get((g, b))
    ]


@staff_required("editor")
async def confirm_draw(request: Request) -> Response:
    """How many people, who, the text as they get it: asked about once."""
    rt = runtime(request)
    async with rt.transaction() as session:
        meeting = await session.get(Meeting, request.path_params["meeting_id"])
        margins = await newest_margins(session)
        pool = await candidates(session, margins)
    if meeting is None:
        return problem(request, 404)
    if meeting.state != "announced":
        return see_other(f"/staff/meetings/{meeting.id}")
    quotas, bands = quotas_for(meeting, margins), band_codes(margins)
    rows = composition(pool, quotas, bands, meeting.seats)
    context = {
        "meeting": meeting,
        "pool": len(pool),
        "asked": min(len(pool), meeting.seats),
        "rows": rows,
        "short": [row["group"].lower() for row in rows if row["quota"] > row["pool"]],
        "known": margins is not None,
        "outdated": outdated_quotas(meeting, margins),
        "last_day": last_day(meeting.reply_by),
        "too_late": rt.now() >= meeting.reply_by,
        "mail": mail_preview("meeting", meeting),
        "changed": "changed" in request.query_params,
    }
    return render(request, "meetings/staff_draw.html", context)


@staff_required("editor")
async def make_draw(request: Request) -> Response:
    """Draw and invite as many as the page said; a second click changes nothing."""
    rt = runtime(request)
    meeting_id: UUID = request.path_params["meeting_id"]
    form = await read_form(request)
    async with rt.transaction() as session:
        meeting = await lock_meeting(session, meeting_id)
        if meeting is None:
            return problem(request, 404)
        pool = await candidates(session, await newest_margins(session))
        if meeting.state == "announced" and form.get("asked") != str(min(len(pool), meeting.seats)):
            return see_other(f"/staff/meetings/{meeting_id}/draw?changed=1")
        drawn = await draw_meeting(session, meeting_id, rt.now())
        if drawn is not None and drawn.protocol is not None:
            pool, invited = (sum(line[name] for line in drawn.protocol) for name in ("pool", "drawn"))
            await audit(session, request, "meetings.meeting.drawn", meeting_id, pool=pool, invited=invited)
    return see_other(f"/staff/meetings/{meeting_id}" if drawn is not None else f"/staff/meetings/{meeting_id}/draw")
