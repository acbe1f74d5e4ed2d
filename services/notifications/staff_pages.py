"""The staff's view of deliveries."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.notifications.domain import PURPOSES, STATES
from services.notifications.tables import Message, Survey
from shared.messaging.dead_letters import drop, open_letters
from shared.web import Request, Response, Route, audit, problem, read_form, render, runtime, see_other, staff_required

_STATE_NAMES = {
    "waiting": "Venter på adresse",
    "pending": "I kø",
    "sending": "Sendes nå",
    "sent": "Sendt",
    "failed": "Feilet",
    "suppressed": "Ikke nødvendig",
    "expired": "For sent",
    "no_address": "Uten adresse",
    "unknown": "Usikker",
}


@staff_required("reader")
async def show_deliveries(request: Request) -> Response:
    """Every message by purpose and state; rows add up to what was created."""
    async with runtime(request).transaction() as session:
        rows = await _report(session)
        titles = {row.id: row.questionnaire for row in (await session.scalars(sa.select(Survey))).all()}
        letters = await open_letters(session)
        unknown = (await session.scalars(sa.select(Message).where(Message.state == "unknown").limit(200))).all()
    table: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for row in rows:
        title = (titles.get(row.survey_id) or {}).get("title", "") if row.survey_id else ""
        name = str(title.get("nb", "")) if isinstance(title, dict) else str(title)
        table[name, PURPOSES[row.purpose].name][row.state] = row.n
    context = {
        "table": sorted(table.items()),
        "states": STATES,
        "names": _STATE_NAMES,
        "letters": letters,
        "unknown": unknown,
    }
    return render(request, "notifications/deliveries.html", context)


@staff_required("reader")
async def show_card(request: Request) -> Response:
    """The card on the staff home, with what needs somebody."""
    async with runtime(request).transaction() as session:
        rows = await _report(session)
        letters = len(await open_letters(session))
    counts: dict[str, int] = defaultdict(int)
    for row in rows:
        counts[row.state] += row.n
    return render(request, "notifications/card.html", {"counts": counts, "letters": letters})


@staff_required("editor")
async def decide_unknown(request: Request) -> Response:
    """Staff settle an uncertain mail: it was sent, or it is sent again."""
    rt = runtime(request)
    form = await read_form(request)
    try:
        message_id = UUID(form.get("id") or "")
    except ValueError:
        return problem(request, 400)
    again = form.get("action") == "again"
    async with rt.transaction() as session:
        done = await session.execute(
            sa.update(Message)
            .where(Message.id == message_id, Message.state == "unknown")
            .values(state="pending" if again else "sent", reason="staff")
            .returning(Message.id)
        )
        if done.first() is not None:
            await audit(session, request, "notifications.message.settled", message_id, again=again)
    return see_other("/staff/notifications")


@staff_required("editor")
async def decide_letters(request: Request) -> Response:
    """Try the dead letters again in order, or drop one."""
    rt = runtime(request)
    form = await read_form(request)
    if form.get("action") == "redrive":
        await rt.redrive().all(rt.now())
    async with rt.transaction() as session:
        if form.get("action") == "drop":
            try:
                await drop(session, UUID(form.get("id") or ""))
            except ValueError:
                return problem(request, 400)
        await audit(session, request, f"notifications.dead_letter.{form.get('action')}", form.get("id"))
    return see_other("/staff/notifications")


async def _report(session: AsyncSession) -> Sequence[Any]:
    """Messages per (survey or None, purpose, state): the states always add up to what was created."""
    found = await session.execute(
        sa.select(Message.survey_id, Message.purpose, Message.state, sa.func.count().label("n"))
        .group_by(Message.survey_id, Message.purpose, Message.state)
        .order_by(Message.purpose, Message.state)
    )
    return found.all()


PAGES = [
    Route("/staff/notifications", show_deliveries),
    Route("/staff/notifications/card", show_card),
    Route("/staff/notifications/unknown", decide_unknown, methods=["POST"]),
    Route("/staff/notifications/letters", decide_letters, methods=["POST"]),
]
