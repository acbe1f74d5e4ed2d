"""The staff home, registration's card on it, and signing in and out."""

from datetime import date, timedelta

import sqlalchemy as sa

from services.registration.member_list.doubles import doubles
from services.registration.member_list.store import count_late_erasures
from services.registration.population.domain import advice, band_text, shares_by
from services.registration.population.store import composition, newest_margins
from services.registration.recruitment.store import growth
from services.registration.tables import Member, Threshold
from shared.database import count_rows
from shared.events.registration import StaffSessionEnded
from shared.messaging import emit, lock
from shared.web import Request, Response, events_at_fault, render, runtime, see_other, translate
from shared.web.charts import panel_against_population, progress, stacked_growth
from shared.web.forms import read_form
from shared.web.role_pages import ROLE_NAMES
from shared.web.staff import COOKIE, SESSION_SECONDS, remember_ended_session, staff_required

CARDS = (
    ("registration", "Panelet", "Medlemmer, sammensetning og import."),
    ("surveys", "Undersøkelser", "Planlegg, følg med og steng."),
    ("meetings", "Møter", "Plasser, svar og referat."),
    ("results", "Resultater og forslag", "Gå gjennom, publiser og svar."),
    ("notifications", "Utsendinger", "E-poster som er sendt, venter eller feilet."),
)
_MONTH = timedelta(days=30)
_RECEIPTS_WITHIN = timedelta(hours=1)
#: Members short of a threshold at which staff are reminded to have something ready.
_NEAR = 10


@staff_required("reader")
async def show_home(request: Request) -> Response:
    """One card per service; each service makes its own, the browser puts them together."""
    return render(request, "shell/staff_home.html", {"cards": CARDS})


@staff_required("reader")
async def show_roles(request: Request) -> Response:
    """Who may do what; each service shows its own routes, the browser puts them together."""
    context = {"cards": CARDS, "names": ROLE_NAMES, "held": request.state.staff.roles, "minutes": SESSION_SECONDS // 60}
    return render(request, "registration/staff_roles.html", context)


@staff_required("reader")
async def show_card(request: Request) -> Response:
    """registration's card: the panel against goal and population, its growth, and what waits for somebody."""
    rt, texts = runtime(request), translate(request)
    goal = rt.profile.goal_size
    async with rt.transaction() as session:
        panel = await composition(session)
        margins = await newest_margins(session)
        days = await growth(session, rt.settings.zone_name, rt.now() - 12 * _MONTH)
        newcomers = sa.select(Member).where(Member.in_panel, Member.joined_at >= rt.now() - _MONTH)
        recent = await count_rows(session, newcomers)
        near = await session.scalar(
            sa.select(Threshold.size)
            .where(Threshold.reached_at.is_(None), Threshold.size <= panel.size + _NEAR)
            .order_by(Threshold.size)
            .limit(1)
        )
        late = await count_late_erasures(session, rt.now() - _RECEIPTS_WITHIN)
        events = await events_at_fault(request, session)
        doubled = await doubles(session)
        unreachable, unreachable_since = (
            await session.execute(
                sa.select(sa.func.count(), sa.func.min(Member.unreachable_since)).where(
                    Member.unreachable_since.is_not(None), Member.status != "erased"
                )
            )
        ).one()
    context = {
        "panel": panel,
        "goal": goal,
        "missing": advice(panel, rt.profile.minimum_age, texts.gettext),
        "recent": recent,
        "picture": progress(
            "Panelet mot målet", f"{texts.number(panel.size)} av {texts.number(goal)}", panel.size, goal
        ),
        "against": panel_against_population(
            "Panelet mot befolkningen etter alder",
            "Søylen er panelet, streken er befolkningen",
            [
                (band_text(band), *shares_by(panel.cells, "band")[band.code])
                for band in (margins.bands if margins else [])
            ],
            texts,
        ),
        "growth": stacked_growth(
            "Hvor medlemmene kom fra",
            "Medlemmer over tid etter kanal",
            _days(days, panel.size, rt.today()),
            lambda day: f"{day.day}.{day.month}.{day.year}",
            texts,
        )
        if days
        else None,
        "near": near,
        "late": late,
        "events": events,
        "unreachable": unreachable,
        "unreachable_since": unreachable_since,
        "doubled": len(doubled),
        "no_areas": margins is not None and not margins.area_margins,
        "no_population": margins is None,
    }  # fmt: skip
    return render(request, "registration/staff_card.html", context)


def _days(joins: list[tuple[str, str, int]], size: int, today: date) -> list[tuple[str, dict[str, int]]]:
    """(day, members so far by what they came by) from the day before the first join shown to today.

    Those who joined earlier are ``tidligere``.
    """
    earlier = size - sum(n for _, _, n in joins)
    total = {"tidligere": earlier} if earlier > 0 else {}
    days = [((date.fromisoformat(joins[0][0]) - timedelta(days=1)).isoformat(), total)]
    for day, name, n in joins:
        total = {**total, name: total.get(name, 0) + n}
        if days[-1][0] == day:
            days.pop()
        days.append((day, total))
    if days[-1][0] != today.isoformat():
        days.append((today.isoformat(), total))
    return days


@staff_required("reader")
async def sign_out(request: Request) -> Response:
    """End the session here and, by event, everywhere."""
    rt, staff = runtime(request), request.state.staff
    await read_form(request)
    event = StaffSessionEnded(session_id=staff.session_id, ended_at=rt.now())
    async with rt.transaction() as session:
        await lock(session, staff.session_id)
        await remember_ended_session(session, event)
        await emit(session, event)
    response = see_other("/")
    response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")
    return response
