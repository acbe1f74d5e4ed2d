"""The front page with the panel as it is today, and the pages about the panel and privacy."""

from collections.abc import Callable

from services.registration.joining.store import panel_size
from services.registration.population.domain import ATTRIBUTION, Composition, band_of, compose
from services.registration.population.store import margins_and_members
from services.registration.settings import registration_settings
from shared.web import Request, Response, Route, render, runtime, translate
from shared.web.charts import progress

_WHO = {"female": "kvinner", "male": "menn"}


async def show_front_page(request: Request) -> Response:
    """Who asks and why, how it works, and the panel against its goal."""
    rt, texts = runtime(request), translate(request)
    goal = registration_settings().goal_size
    async with rt.transaction() as session:
        size = await panel_size(session)
        year, margins, members = await margins_and_members(session)
    cells = [(gender, band_of(year - born) or "") for gender, born in members]
    picture = progress(
        title=texts.gettext("Panelet mot målet"),
        description=f"{texts.number(size)} / {texts.number(goal)}",
        value=size,
        goal=goal,
        figure=texts.number(size),
        goal_figure=texts.number(goal),
    )
    context = {
        "size": size,
        "goal": goal,
        "picture": picture,
        "missing": advice(compose(cells, margins), texts.gettext) if margins else "",
        "attribution": ATTRIBUTION,
    }
    return render(request, "registration/front.html", context)


def advice(composition: Composition, gettext: Callable[[str], str]) -> str:
    """ "Vi trenger særlig menn 15–24 år", or nothing when no group lacks a whole person."""
    cell = composition.most_missing
    if cell is None:
        return ""
    who, ages = gettext(_WHO[cell.gender]), cell.band.rstrip("-").replace("-", "–")
    return gettext("Vi trenger særlig {who} {ages} år.").format(who=who, ages=ages)


async def show_privacy(request: Request) -> Response:
    """What is kept and why."""
    return render(request, "registration/privacy.html")


async def show_about(request: Request) -> Response:
    """What the panel is, accessibility, sources."""
    return render(request, "registration/about.html", {"attribution": ATTRIBUTION})


PAGES = [Route("/", show_front_page), Route("/privacy", show_privacy), Route("/about", show_about)]
