"""The front page with the panel as it is today, the municipality's own texts, and its mark."""

from importlib import resources

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.registration.population.domain import advice, attribution
from services.registration.population.store import composition, newest_margins, newest_scheme
from services.registration.settings import registration_settings
from services.registration.surveys_now import surveys_now
from services.registration.tables import FollowUp, Meeting, PublishedResult
from services.registration.texts import filled_text
from shared.profile.colours import theme
from shared.rules import last_day
from shared.web import N_, Request, Response, render, runtime, translate
from shared.web.charts import progress
from shared.web.markdown import to_html

_SHOWN_RESULTS = 2
#: A mark that is nobody's, and the colour in it that gives way to the municipality's.
_MARK, _MARK_COLOUR = resources.files("shared.web") / "static" / "mark.svg", "#1f5c53"


async def show_front_page(request: Request) -> Response:
    """Who asks and why, what is going on, how it works, and the panel against its goal."""
    rt, texts = runtime(request), translate(request)
    goal = rt.profile.goal_size
    async with rt.transaction() as session:
        panel = await composition(session)
        margins = await newest_margins(session)
        scheme = await newest_scheme(session) if panel.missing_area else None
        results = await _last_results(session)
        surveys = await surveys_now(session, rt.profile.start_size, rt.now())
        meeting = await session.scalar(
            sa.select(Meeting)
            .where(Meeting.starts_at > rt.now(), ~Meeting.cancelled)
            .order_by(Meeting.starts_at)
            .limit(1)
        )
    heading, _, lead = _text(request, "front").partition("\n")
    picture = progress(
        title=texts.gettext("Panelet mot målet"),
        description=f"{texts.number(panel.size)} / {texts.number(goal)}",
        value=panel.size,
        goal=goal,
    )
    context = {
        "heading": heading.lstrip("# "),
        "lead": to_html(lead, headings_down=1),
        "surveys": [(survey, last_day(survey.closes_at)) for survey in surveys.open],
        "stage": surveys.stage,
        "meeting": meeting,
        "size": panel.size,
        "goal": goal,
        "picture": picture,
        "missing": advice(panel, rt.profile.minimum_age, texts.gettext),
        "attribution": attribution(margins.year, texts.gettext) if margins else "",
        "area_source": scheme.source if scheme else "",
        "results": results,
    }
    return render(request, "registration/front.html", context)


async def _last_results(session: AsyncSession) -> list[dict[str, object]]:
    """The last public results, each with what was done about it most recently."""
    results = await session.scalars(
        sa.select(PublishedResult).order_by(PublishedResult.published_at.desc()).limit(_SHOWN_RESULTS)
    )
    entries: list[dict[str, object]] = []
    for result in results:
        follow_up = await session.scalar(
            sa.select(FollowUp).where(FollowUp.about_id == result.survey_id).order_by(FollowUp.done_on.desc()).limit(1)
        )
        entries.append(
            {
                "slug": result.slug,
                "heading": result.heading,
                "finding": result.finding,
                "picture": result.picture,
                "published_at": result.published_at,
                "done": follow_up.done if follow_up else None,
            }
        )
    return entries


def _text(request: Request, page: str) -> str:
    """The municipality's Markdown for a page, its blanks filled."""
    rt = runtime(request)
    questions = [rt.profile.said(question.text, request.state.lang) for question in rt.profile.own_questions]
    return filled_text(
        rt.profile.said(rt.profile.texts.get(page, {}), request.state.lang),
        {
            "municipality": rt.profile.name,
            "panel": rt.profile.called(request.state.lang),
            "age": str(rt.profile.minimum_age),
            "goal": translate(request).number(rt.profile.goal_size),
            "days": str(registration_settings().unconfirmed_days),
            "contact": rt.profile.contact_email,
            "data_protection": rt.profile.data_protection_email,
            "statement": rt.profile.accessibility_url,
            "own_questions": translate(request).listed([f"«{question}»" for question in questions]),
            "site": rt.settings.public_url,
        },
    )


async def show_privacy(request: Request) -> Response:
    """What is kept, why, for how long, and one's rights."""
    context = {"title": translate(request).gettext(N_("Personvern")), "text": to_html(_text(request, "privacy"), 0)}
    return render(request, "registration/text.html", context)


async def show_accessibility(request: Request) -> Response:
    """The accessibility statement, with what the authority's template asks for."""
    title = translate(request).gettext(N_("Tilgjengelighetserklæring"))
    return render(
        request, "registration/text.html", {"title": title, "text": to_html(_text(request, "accessibility"), 0)}
    )


async def show_about(request: Request) -> Response:
    """What the panel is, and where its figures come from."""
    texts = translate(request)
    async with runtime(request).transaction() as session:
        margins = await newest_margins(session)
    context = {
        "title": texts.gettext(N_("Om panelet")),
        "text": to_html(_text(request, "about"), 0),
        "sources": attribution(margins.year, texts.gettext) if margins else "",
    }
    return render(request, "registration/text.html", context)


async def show_mark(request: Request) -> Response:
    """The municipality's mark, or one that is nobody's; an address with another version is another picture."""
    profile = runtime(request).profile
    colour = theme(profile.accent)["light"]["accent-base-default"]
    logo = profile.logo or _MARK.read_text(encoding="utf-8").replace(_MARK_COLOUR, colour)
    headers = {
        "cache-control": "public, max-age=86400",
        # A picture that somebody opens by itself must not run what its maker put into it.
        "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    }
    return Response(logo, media_type="image/svg+xml", headers=headers)
