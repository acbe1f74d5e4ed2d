"""The part of a survey's staff page that keeps itself up to date."""

from hashlib import sha256

from services.surveys.fieldwork.staff import figures_of
from services.surveys.tables import Survey
from shared.web import Request, Response, render, runtime
from shared.web.staff import staff_required

#: The browser asks again after so many milliseconds.
_AGAIN = 4000


@staff_required("reader")
async def follow(request: Request) -> Response:
    """A stream of server-sent events that ends after one, when there is something new, and is asked for again.

    The browser does that by itself. So no connection is held open, neither to Postgres nor through the gateway, a
    process stops at once, and a session that has ended is refused at the next turn. A survey that has ended is 204: no
    more.
    """
    rt = runtime(request)
    async with rt.transaction() as session:
        survey = await session.get(Survey, request.path_params["survey_id"])
        if survey is None or survey.state not in ("open", "paused"):
            return Response(status_code=204)
        figures = await figures_of(request, session, survey, rt.now())
    values = (survey.state, *(figures[name] for name in ("turnout", "on_paper", "strata", "pages")))
    # Not of the page itself: a picture's parts get new ids each time it is drawn.
    mark = sha256(repr((values, [figures["followed"][name] for name in ("curve", "expected", "target")])).encode())
    lines = [f"retry: {_AGAIN}"]
    if request.headers.get("last-event-id") != mark.hexdigest()[:16]:
        html = bytes(render(request, "surveys/_followed.html", figures).body).decode()
        lines += [f"id: {mark.hexdigest()[:16]}", *(f"data: {line}" for line in html.splitlines())]
    return Response("\n".join(lines) + "\n\n", media_type="text/event-stream", headers={"Cache-Control": "no-store"})
