"""A service's failed events, for staff to see, try again, give up or settle; the same page in every service."""

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from shared.messaging import dead_letters, missing
from shared.web.forms import Form, as_id, read_form
from shared.web.pages import render, runtime, see_other
from shared.web.staff import audit, staff_required


async def events_at_fault(request: Request, session: AsyncSession) -> dict[str, object]:
    """What a service's card says of its events.

    ``letters``: open dead letters; ``expiring``, ``lost``: whose content goes soon, or went before anybody decided;
    ``unread``: records removed before they were read; ``lanes``: whose publisher went backwards; ``stuck_minutes``: for
    which a batch has been failing for reasons that are not its events' own (the database refuses, a handler breaks the
    connection).
    """
    rt = runtime(request)
    transport = rt.health.transport
    counts = await dead_letters.count(session)
    return {
        "service": rt.name,
        "letters": counts["open"],
        "expiring": counts["expiring"],
        "lost": counts["lost"],
        "unread": sum(row.to_offset - row.from_offset for row in await missing.removed_unread(session)),
        "lanes": len(await missing.stale_lanes(session)),
        "stuck_minutes": int(transport.stuck_seconds // 60) if transport is not None else 0,
    }


def dead_letter_pages(service: str) -> list[Route]:
    """Routes below ``/staff/<service>/dead-letters``."""
    path = f"/staff/{service}/dead-letters"

    @staff_required("reader")
    async def show_dead_letters(request: Request) -> Response:
        """Letters, oldest first; never their content, which may hold a person."""
        query = request.query_params
        give_up = as_id(query.get("give_up"))
        async with runtime(request).transaction() as session:
            letters = await dead_letters.listed(session)
            context = {
                "letters": letters,
                "counts": await dead_letters.count(session),
                "asked": next((letter for letter in letters if letter.id == give_up), None),
                "stretches": await missing.removed_unread(session),
                "lanes": await missing.stale_lanes(session),
                "events": await events_at_fault(request, session),
            }
        told = ("applied", "dropped", "lanes", "settled")
        numbers = {name: query[name] for name in told if query.get(name, "").isdigit()}
        return render(request, "shell/staff_dead_letters.html", context | {"done": numbers})

    @staff_required("editor")
    async def decide(request: Request) -> Response:
        """Try everything again in order; give a letter up, so that those behind it go on; settle what was missed."""
        form = await read_form(request)
        result = await _decide(request, service, form)
        return see_other(path + (f"?{result}" if result else ""))

    return [Route(path, show_dead_letters), Route(path, decide, methods=["POST"])]


async def _decide(request: Request, service: str, form: Form) -> str:
    """Do what the form says; the query that tells of it."""
    rt, named, told = runtime(request), as_id(form.get("id")), ""
    match form.get("action"):
        case "redrive":
            async with rt.transaction() as session:
                await audit(session, request, f"{service}.dead_letters.redriven")
        case "drop" if named is not None:
            async with rt.transaction() as session:
                if not await dead_letters.drop(session, named):
                    return ""
                await audit(session, request, f"{service}.dead_letter.dropped", named)
            told = "dropped=1&"
        case "settle":
            async with rt.transaction() as session:
                settled = await missing.settle_removed(session)
                await audit(session, request, f"{service}.removed_events.settled", count=settled)
            return f"settled={settled}"
        case "reset" if named is not None:
            async with rt.transaction() as session:
                lanes = await missing.reset_lanes(session, form.get("topic") or "", named)
                await audit(session, request, f"{service}.lane.reset", named, count=lanes)
            return f"lanes={lanes}"
        case _:
            return ""
    applied, _ = await dead_letters.redriving(rt).all(rt.now())
    return f"{told}applied={applied}"
