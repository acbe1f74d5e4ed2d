"""Staff enter a reply that a person gave by phone."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from services.meetings.seats.answering import Reply, answer, hold
from services.meetings.seats.domain import OPEN
from services.meetings.tables import Invitation, Meeting
from shared.web import Request, Response, or_404, render, runtime, see_other
from shared.web.forms import FormErrors, as_id, read_form
from shared.web.staff import audit, staff_required

#: A person has one invitation to a meeting, and its link may have been renewed any number of times.
_ANY_GENERATION = 2**31 - 1
_NOTHING_TO_ANSWER = "Dette medlemmet har ingen plass å svare for i møtet nå, og står ikke på ventelisten."


@staff_required("editor")
async def reply_form(request: Request) -> Response:
    """Find the person in registration, which leads back here; then what was said."""
    return await _show(request, as_id(request.query_params.get("member")), {}, 200)


@staff_required("editor")
async def record_reply(request: Request) -> Response:
    """Answer as if the person had pressed the button, or say that it is too late."""
    rt = runtime(request)
    meeting_id: UUID = request.path_params["meeting_id"]
    form = await read_form(request)
    member_id, says = as_id(form.get("member")), form.get("reply")
    if member_id is None:
        return await _show(request, None, {"who": "Finn personen først."}, 422)
    if says not in list(Reply):
        return await _show(request, member_id, {"reply": "Velg ja eller nei."}, 422)
    async with rt.transaction() as session:
        row = await _invitation(session, meeting_id, member_id)
        pair = await hold(session, row.id, _ANY_GENERATION, rt.now()) if row else None
        before = pair[1].state if pair else None
        if pair is not None and before in OPEN:
            await answer(session, *pair, Reply(says), rt.now())
            is_news = pair[1].state != before
            if is_news:
                await audit(session, request, "meetings.reply.recorded", meeting_id, reply=says)
        else:
            is_news = False
    if not is_news:
        return await _show(request, None, {"who": _NOTHING_TO_ANSWER}, 422)
    return see_other(f"/staff/meetings/{meeting_id}?saved=reply")


async def _invitation(session: AsyncSession, meeting_id: UUID, member_id: UUID) -> Invitation | None:
    mine = (Invitation.meeting_id == meeting_id, Invitation.member_id == member_id)
    row: Invitation | None = await session.scalar(sa.select(Invitation).where(*mine))
    return row


async def _show(request: Request, member_id: UUID | None, errors: FormErrors, status: int) -> Response:
    async with runtime(request).transaction() as session:
        meeting = or_404(await session.get(Meeting, request.path_params["meeting_id"]))
        row = await _invitation(session, meeting.id, member_id) if member_id else None
    if meeting.state != "drawn" and not errors:
        return see_other(f"/staff/meetings/{meeting.id}")
    if member_id is not None and (row is None or row.state not in OPEN):
        row, errors = None, {"who": _NOTHING_TO_ANSWER}
    context = {"meeting": meeting, "person": row, "errors": errors}
    return render(request, "meetings/staff_reply.html", context, status)
