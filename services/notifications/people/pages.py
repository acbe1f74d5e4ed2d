"""Unsubscribing from a kind of mail."""

from uuid import UUID

import sqlalchemy as sa

from services.notifications.kinds import STOPS
from services.notifications.messages.suppressing import suppress_needless
from services.notifications.tables import Member, Message
from shared.events.notifications import MailPreferenceChanged
from shared.messaging import emit, lock
from shared.tokens import BadLink, LinkExpired
from shared.web import Request, Response, problem, render, runtime, see_other, translate
from shared.web.links import check_link


async def show_unsubscribe(request: Request) -> Response:
    """A button; opening the link changes nothing. Afterwards, that it was done."""
    if _checked(request) is None:
        return problem(request, 410)
    if "done" in request.query_params:
        return render(request, "notifications/unsubscribed.html")
    stops = STOPS[request.path_params["purpose"]]
    context = {"action": f"{request.url.path}?done=yes", "stops": translate(request).gettext(stops)}
    return render(request, "notifications/unsubscribe.html", context)


async def unsubscribe(request: Request) -> Response:
    """The button, or a mail program's one-click post, which may not be sent on (RFC 8058)."""
    rt = runtime(request)
    member_id, purpose = _checked(request), request.path_params["purpose"]
    if member_id is None:
        return problem(request, 410)
    async with rt.transaction() as session:
        await lock(session, member_id)
        # Registration makes it consent and tells; until then nothing more of the kind may go.
        await session.execute(
            sa.update(Member)
            .where(Member.id == member_id)
            .values(purposes=sa.func.array_remove(Member.purposes, purpose))
        )
        await suppress_needless(session, Message.member_id == member_id)
        await session.execute(
            sa.update(Message)
            .where(
                Message.member_id == member_id, Message.consent == purpose, Message.state.in_(["waiting", "pending"])
            )
            .values(state="suppressed", reason="unsubscribed")
        )
        await emit(
            session, MailPreferenceChanged(member_id=member_id, purpose=purpose, wanted=False, changed_at=rt.now())
        )
    if "done" in request.query_params:
        return see_other(f"{request.url.path}?done=yes")
    return render(request, "notifications/unsubscribed.html")


def _checked(request: Request) -> UUID | None:
    """The member behind the link; None for a link that is not ours or over."""
    if request.path_params["purpose"] not in STOPS:
        return None
    try:
        return check_link(request, "unsubscribe").id
    except (BadLink, LinkExpired):
        return None
