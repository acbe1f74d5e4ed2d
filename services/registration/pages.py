"""The front page with the panel as it is today, and the pages about the panel and privacy."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.registration.population.domain import ATTRIBUTION, advice
from services.registration.population.store import composition
from services.registration.settings import registration_settings
from services.registration.tables import FollowUp, PublishedResult
from shared.web import Request, Response, render, runtime, translate
from shared.web.charts import progress

_SHOWN_RESULTS = 2


async def show_front_page(request: Request) -> Response:
    """Who asks and why, how it works, the panel against its goal, and what it has led to."""
    rt, texts = runtime(request), translate(request)
    goal = registration_settings().goal_size
    async with rt.transaction() as session:
        panel = await composition(session)
        results = await _last_results(session)
    size = panel.size
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
        "missing": advice(panel, texts.gettext),
        "attribution": texts.gettext(ATTRIBUTION),
        "results": results,
        "minimum_age": registration_settings().minimum_age,
    }
    return render(request, "registration/front.html", context)


async def _last_results(session: AsyncSession) -> list[dict[str, object]]:
    """The last public results, each with what was done about it most recently."""
    found = await session.scalars(
        sa.select(PublishedResult).order_by(PublishedResult.published_at.desc()).limit(_SHOWN_RESULTS)
    )
    shown: list[dict[str, object]] = []
    for result in found:
        done = await session.scalar(
            sa.select(FollowUp).where(FollowUp.about_id == result.survey_id).order_by(FollowUp.done_on.desc()).limit(1)
        )
        shown.append(
            {
                "slug": result.slug,
                "heading": result.heading,
                "finding": result.finding,
                "published_at": result.published_at,
                "done": done.done if done else None,
            }
        )
    return shown


async def show_privacy(request: Request) -> Response:
    """What is kept, why, for how long, and one's rights."""
    return render(request, "registration/privacy.html", {"unconfirmed_days": registration_settings().unconfirmed_days})


async def show_about(request: Request) -> Response:
    """What the panel is, accessibility, sources."""
    return render(request, "registration/about.html", {"attribution": translate(request).gettext(ATTRIBUTION)})
