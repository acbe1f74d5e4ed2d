"""A service's dead letters for staff: see, try again in order, or give one up. The same pages in every service."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from shared.messaging import dead_letters
from shared.web.forms import as_id, read_form
from shared.web.pages import render, runtime, see_other
from shared.web.staff import audit, staff_required


async def events_at_fault(request: Request, session: AsyncSession) -> dict[str, Any]:
    """What a service's card says of its events: open dead letters, and minutes for which a batch has been failing.

    A batch fails for reasons that are not its events' own: the database refuses, or a handler breaks the connection.
    """
    rt = runtime(request)
    transport = rt.health.transport
    stuck = int(transport.stuck_seconds // 60) if transport is not None else 0
    return {"service": rt.name, "letters": await dead_letters.count_open(session), "stuck_minutes": stuck}


def dead_letter_pages(service: str) -> list[Route]:
    """Routes below ``/staff/<service>/dead-letters``."""
    path = f"/staff/{service}/dead-letters"

    @staff_required("reader")
    async def show_dead_letters(request: Request) -> Response:
        """Open letters, oldest first; never their content, which may hold a person."""
        async with runtime(request).transaction() as session:
            letters = await dead_letters.open_letters(session)
            events = await events_at_fault(request, session)
        asked = request.query_params
        done = {name: asked[name] for name in ("applied", "failing") if asked.get(name, "").isdigit()}
        return render(request, "shell/staff_dead_letters.html", {"letters": letters, "events": events, "done": done})

    @staff_required("editor")
    async def decide(request: Request) -> Response:
        """Try everything again in order, or give one letter up so that those behind it may go on."""
        rt = runtime(request)
        form = await read_form(request)
        letter_id = as_id(form.get("id"))
        if form.get("action") == "redrive":
            async with rt.transaction() as session:
                await audit(session, request, f"{service}.dead_letters.redriven")
            applied, failing = await dead_letters.redriving(rt).all(rt.now())
            return see_other(f"{path}?applied={applied}&failing={failing}")
        if form.get("action") == "drop" and letter_id is not None:
            async with rt.transaction() as session:
                if await dead_letters.drop(session, letter_id):
                    await audit(session, request, f"{service}.dead_letter.dropped", letter_id)
        return see_other(path)

    return [Route(path, show_dead_letters), Route(path, decide, methods=["POST"])]
