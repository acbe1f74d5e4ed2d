"""The full file of a draw, for a named auditor: everybody's type, and nobody's name."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import JSONResponse

from services.meetings.seats.preparing import cancelled_draws, candidates_of, current_draw
from services.meetings.seats.promising import file_of
from services.meetings.tables import AuditedDraw, Draw, Meeting
from services.meetings.verify import Refused
from shared.ids import new_id
from shared.rules import on_one_line
from shared.web import Request, Response, attached, or_404, render, runtime, see_other
from shared.web.forms import FormErrors, read_form
from shared.web.staff import audit, staff_required

_LONGEST_NAME = 120


async def auditable_draws(session: AsyncSession, meeting_id: UUID) -> list[Draw]:
    """The newest draw and those given up, as long as their full part is kept."""
    draws = [await current_draw(session, meeting_id), *reversed(await cancelled_draws(session, meeting_id))]
    return [draw for draw in draws if draw is not None and draw.full_part is not None and draw.committed_at]


@staff_required("admin", "dpo")
async def auditor_form(request: Request) -> Response:
    """The form for the auditor's name, and earlier auditors."""
    return await _show(request, {})


@staff_required("admin", "dpo")
async def give_full_file(request: Request) -> Response:
    """Note the auditor's name, and give the file."""
    rt = runtime(request)
    form = await read_form(request)
    auditor = on_one_line(form.get("auditor") or "")
    if not 2 <= len(auditor) <= _LONGEST_NAME or "auditor" in form.refused:
        return await _show(request, {"auditor": f"Skriv navnet på revisoren, med høyst {_LONGEST_NAME} tegn."})
    async with rt.transaction() as session:
        meeting = or_404(await session.get(Meeting, request.path_params["meeting_id"]))
        draws = await auditable_draws(session, meeting.id)
        draw = or_404(next((draw for draw in draws if draw.digest == (form.get("draw") or draws[0].digest)), None))
        try:
            content = file_of(draw, await candidates_of(session, draw.id))
        except Refused as refused:
            return await _show(request, {"": str(refused)})
        await _note(session, draw, auditor, request.state.staff.name, rt.now())
        await audit(session, request, "meetings.draw.full_file_given", meeting.id, digest=draw.digest)
    name = f"{meeting.slug}-full-{(draw.digest or '')[:16]}.json"
    return JSONResponse(content, headers=attached(name))


async def _note(session: AsyncSession, draw: Draw, auditor: str, by: str, now: datetime) -> None:
    session.add(AuditedDraw(id=new_id(), draw_id=draw.id, auditor=auditor, given_by=by, given_at=now))


def _words(draw: Draw) -> str:
    ended = "Avlyst" if draw.state == "cancelled" else "Trukket" if draw.state == "drawn" else "Ikke trukket ennå"
    return f"{ended}, fingeravtrykk {(draw.digest or '')[:16]}"


async def _show(request: Request, errors: FormErrors) -> Response:
    async with runtime(request).transaction() as session:
        meeting = or_404(await session.get(Meeting, request.path_params["meeting_id"]))
        draws = await auditable_draws(session, meeting.id)
        statement = sa.select(AuditedDraw).where(AuditedDraw.draw_id.in_([draw.id for draw in draws]))
        rows = (await session.scalars(statement.order_by(AuditedDraw.given_at.desc()))).all()
    if not draws:
        return see_other(f"/staff/meetings/{meeting.id}")
    context = {"meeting": meeting, "draws": draws, "given": rows, "errors": errors}
    context["options"] = [(draw.digest, _words(draw)) for draw in draws]
    return render(request, "meetings/staff_auditor.html", context, 422 if errors else 200)
