"""Staff enter a reply that a person gave by phone."""

from uuid import UUID

import sqlalchemy as sa

from services.meetings.seats.answering import Reply, answer, hold
from services.meetings.seats.domain import OPEN
from services.meetings.tables import Invitation, Meeting
from shared.web import (
    FormErrors,
    Request,
    Response,
    as_id,
    audit,
    or_404,
    read_form,
    render,
    runtime,
    see_other,
    staff_required,
)

#: A person has one invitation to a meeting, and its link may have been renewed any number of times.
_ANY_GENERATION = 2**31 - 1
_NOTHING_TO_ANSWER = "Dette medlemmet har ingen plass å svare for i møtet nå, og står ikke på ventelisten."


@staff_required("editor")
async def reply_form(request: Request) -> Response:
    """Whose reply it is, by the member's page in registration, and what was said."""
    return await _show(request, "", {}, 200)


@staff_required("editor")
async def record_reply(request: Request) -> Response:
    """Answer as if the person had pressed the button, or say that it is too late."""
    rt = runtime(request)
    meeting_id: UUID = request.path_params["meeting_id"]
    form = await read_form(request)
    typed, says = form.get("member") or "", form.get("reply")
    # Either the number itself or the address of the member's page.
    member_id = as_id(typed.strip().rstrip("/").rpartition("/")[2])
    if member_id is None:
        return await _show(request, typed, {"member": "Lim inn nummeret til medlemmet, eller adressen til siden."}, 422)
    if says not in list(Reply):
        return await _show(request, typed, {"reply": "Velg ja eller nei."}, 422)
    async with rt.transaction() as session:
        mine = (Invitation.meeting_id == meeting_id, Invitation.member_id == member_id)
        invitation_id = await session.scalar(sa.select(Invitation.id).where(*mine))
        held = await hold(session, invitation_id, _ANY_GENERATION, rt.now()) if invitation_id else None
        before = held[1].state if held else None
        if held is not None and before in OPEN:
            await answer(session, *held, Reply(says), rt.now())
            changed = held[1].state != before
            if changed:
                await audit(session, request, "meetings.reply.recorded", meeting_id, reply=says)
        else:
            changed = False
    if not changed:
        return await _show(request, typed, {"member": _NOTHING_TO_ANSWER}, 422)
    return see_other(f"/staff/meetings/{meeting_id}")


async def _show(request: Request, typed: str, errors: FormErrors, status: int) -> Response:
    async with runtime(request).transaction() as session:
        meeting = or_404(await session.get(Meeting, request.path_params["meeting_id"]))
    if meeting.state != "drawn" and not errors:
        return see_other(f"/staff/meetings/{meeting.id}")
    context = {"meeting": meeting, "typed": typed, "errors": errors}
    return render(request, "meetings/staff_reply.html", context, status)
