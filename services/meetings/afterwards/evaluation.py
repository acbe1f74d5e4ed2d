"""Staff let surveys ask those present, and before and after the meeting also a control group."""

from datetime import date, timedelta
from uuid import UUID

from services.meetings.afterwards.evaluating import (
    FEWEST,
    ask,
    count_guests,
    evaluations_of,
    groups_after,
    groups_before,
)
from services.meetings.previews import evaluation_preview
from services.meetings.tables import Meeting
from shared.rules import end_of_day, last_day
from shared.web import Request, Response, or_404, render, runtime, see_other
from shared.web.forms import FormErrors, read_form
from shared.web.staff import audit, staff_required

#: Days to answer that the form proposes.
_DAYS = 10
_LONGEST = timedelta(days=60)
_NOBODY = f"Ingen kan spørres nå. Hver gruppe spørres bare én gang, og minst {FEWEST} må være i den."


@staff_required("editor")
async def evaluation_form(request: Request) -> Response:
    """What was asked, and what can be asked now."""
    return await _show(request, None, {}, 200)


@staff_required("editor")
async def ask_groups(request: Request) -> Response:
    """Show who is asked now and the mails; once that is confirmed, ask. A second click asks nobody again."""
    rt = runtime(request)
    meeting_id: UUID = request.path_params["meeting_id"]
    form = await read_form(request)
    day = form.get("last_day") or ""
    if form.get("action") == "back":
        return await _show(request, day, {}, 200)
    try:
        closes_at = end_of_day(date.fromisoformat(day), rt.settings.zone)
    except ValueError:
        return await _show(request, day, {"last_day": "Skriv siste dag for å svare som dag, måned og år."}, 422)
    if not rt.now() < closes_at <= rt.now() + _LONGEST:
        errors = {"last_day": "Velg en dag fra og med i dag, og høyst to måneder fram."}
        return await _show(request, day, errors, 422)
    async with rt.transaction() as session:
        meeting = or_404(await session.get(Meeting, meeting_id))
        if meeting.state == "drawn" and closes_at > meeting.starts_at:
            return await _show(request, day, {"last_day": "Velg en dag før møtet."}, 422)
        find = groups_before if meeting.state == "drawn" else groups_after
        groups = await find(session, meeting_id, closes_at, rt.now())
        if groups is not None and form.get("confirmed") == "yes":
            for row in await ask(session, meeting_id, groups, closes_at, rt.now()):
                await audit(session, request, "meetings.evaluation.asked", meeting_id, group=row.group, wave=row.wave)
    if form.get("confirmed") == "yes":
        return see_other(f"/staff/meetings/{meeting_id}/evaluation{'?saved=asked' if groups is not None else ''}")
    if groups is None:
        return await _show(request, day, {"": _NOBODY}, 422)
    mails: dict[str, list[str]] = {}
    for group in groups.sizes:
        mails.setdefault(evaluation_preview(group, groups.compared, closes_at), []).append(group)
    context = {
        "meeting": meeting,
        "asked": groups,
        "typed": [("last_day", day)],
        "last_day": last_day(closes_at),
        "mails": mails,
    }
    return render(request, "meetings/staff_evaluation_confirm.html", context)


async def _show(request: Request, day: str | None, errors: FormErrors, status: int) -> Response:
    rt = runtime(request)
    async with rt.transaction() as session:
        meeting = or_404(await session.get(Meeting, request.path_params["meeting_id"]))
        rows = await evaluations_of(session, meeting.id)
        guests = await count_guests(session, meeting.id)
    proposed = (rt.now() + timedelta(days=_DAYS)).astimezone(rt.settings.zone).date()
    if meeting.state == "drawn":
        day_before = (meeting.starts_at - timedelta(days=1)).astimezone(rt.settings.zone).date()
        proposed = min(proposed, day_before)
    context = {
        "meeting": meeting,
        "asked": [(row, last_day(row.closes_at)) for row in rows],
        "may_ask_before": meeting.state == "drawn" and not rows and rt.now() < meeting.starts_at and guests >= FEWEST,
        "may_ask_after": meeting.state in ("held", "minuted") and not any(row.wave == "after" for row in rows)
        and (meeting.attended or 0) >= FEWEST,
        "compared": bool(rows),
        "guests": guests,
        "fewest": FEWEST,
        "last_day": proposed.isoformat() if day is None else day,
        "errors": errors,
    }  # fmt: skip
    return render(request, "meetings/staff_evaluation.html", context, status)
