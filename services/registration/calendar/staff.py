"""The calendar page, the secret address of one's own feed, and the feed."""

from datetime import timedelta

from services.registration.calendar.feed import calendar_of, words_of
from services.registration.calendar.store import (
    FEED_LIFE,
    close_feed,
    dates_from,
    feeds_in_use,
    make_feed,
    opens,
    visit_feed,
)
from shared.web import Request, Response, problem, render, runtime, see_other
from shared.web.forms import read_form
from shared.web.staff import audit, staff_required

_BACK = timedelta(days=30)
#: Far enough to show data that is forgotten years after a survey.
_AHEAD = timedelta(days=6 * 365)
_SOON = timedelta(days=400)


@staff_required("reader")
async def show_calendar(request: Request) -> Response:
    """What lies ahead, by month, and last month's; with the reader's own feed."""
    return await _show(request, None)


async def _show(request: Request, token: str | None) -> Response:
    rt = runtime(request)
    everything = request.query_params.get("all") == "yes"
    async with rt.transaction() as session:
        ahead = _AHEAD if everything else _SOON
        dates = await dates_from(session, rt.now() - _BACK, rt.now() + ahead)
        feed = await visit_feed(session, request.state.staff.subject, rt.now())
        feeds = await feeds_in_use(session, rt.now()) if request.state.staff.may("admin") else []
    months: dict[str, list[tuple[object, str]]] = {}
    for date in dates:
        local = date.at.astimezone(rt.settings.zone)
        months.setdefault(f"{local.year}-{local.month:02}", []).append((date, words_of(date)))
    context = {
        "months": months,
        "now": rt.now(),
        "feed": feed,
        "feeds": feeds,
        "closed": request.query_params.get("closed") == "yes",
        "address": f"{rt.settings.public_url}/calendar/{token}" if token else None,
        "days": FEED_LIFE.days,
        "everything": everything,
    }
    return render(request, "registration/staff_calendar.html", context)


@staff_required("reader")
async def renew_feed(request: Request) -> Response:
    """A new secret address, shown this once; the old one opens nothing any more."""
    rt = runtime(request)
    await read_form(request)
    async with rt.transaction() as session:
        token = await make_feed(session, request.state.staff.subject, rt.now())
        await audit(session, request, "registration.calendar_feed.made")
    response = await _show(request, token)
    response.headers["Cache-Control"] = "no-store"
    return response


@staff_required("admin")
async def close_anyones_feed(request: Request) -> Response:
    """Close the address of somebody who has left or lost theirs."""
    form = await read_form(request)
    async with runtime(request).transaction() as session:
        if not await close_feed(session, form.get("subject") or ""):
            return problem(request, 404)
        await audit(session, request, "registration.calendar_feed.closed", form.get("subject"))
    return see_other("/staff/calendar?closed=yes#feeds")


async def give_feed(request: Request) -> Response:
    """The feed, to whoever holds the secret: titles and dates, never a person."""
    rt = runtime(request)
    async with rt.transaction() as session:
        if not await opens(session, request.path_params["token"], rt.now()):
            return problem(request, 404)
        dates = await dates_from(session, rt.now() - _BACK, rt.now() + _AHEAD)
        name = f"{rt.profile.said(rt.profile.panel_name, 'nb')} i {rt.profile.name}"
        content = calendar_of(dates, name, rt.settings.public_url, rt.now())
    return Response(content, media_type="text/calendar", headers={"Cache-Control": "no-store"})
