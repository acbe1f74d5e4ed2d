"""The member's own page: sign in by mail, see the details, pause, leave."""

from datetime import timedelta

import sqlalchemy as sa

from services.registration.joining.store import lock_member, member_by_email, purposes_of
from services.registration.leaving import changed_event, erase
from services.registration.settings import registration_settings
from services.registration.tables import ErasureReceipt, Member
from shared.events.registration import SignInRequested
from shared.messaging import emit
from shared.tokens import BadLink, LinkExpired
from shared.web import Request, Response, Route, as_id, read_form, render, runtime, see_other

_SESSION = 3600
_COOKIE = "me"
#: Services that answer an erasure with a receipt.
ERASING_SERVICES = ("surveys", "notifications", "meetings", "results")


async def show_own_page(request: Request) -> Response:
    """The member's details, or the form that asks for a sign-in link."""
    rt = runtime(request)
    member_id = as_id(request.query_params.get("id"))
    if member_id is None or rt.sealed.get(request, _COOKIE, member_id) is None:
        return render(request, "registration/sign_in.html")
    async with rt.transaction() as session:
        member = await session.get(Member, member_id)
        if member is None or member.status not in ("active", "paused"):
            return render(request, "registration/sign_in.html")
        purposes = await purposes_of(session, member_id)
    return render(request, "registration/me.html", {"member": member, "purposes": purposes})


async def ask_for_sign_in(request: Request) -> Response:
    """The same answer whether the address is a member's or not; the link is in the mail."""
    rt = runtime(request)
    form = await read_form(request)
    await request.app.state.limiter.check(request, "sign_in")
    async with rt.transaction() as session:
        member_id = await member_by_email(session, form.get("email") or "")
        member = await lock_member(session, member_id) if member_id else None
        if member is not None and member.status in ("active", "paused"):
            member.generation += 1
            ends = rt.now() + timedelta(minutes=registration_settings().sign_in_minutes)
            await emit(
                session,
                SignInRequested(
                    member_id=member.id, generation=member.generation, send_before=ends, link_expires_at=ends
                ),
            )
    return see_other("/me/sent")


async def show_sign_in_sent(request: Request) -> Response:
    """Check your mail."""
    return render(request, "registration/sign_in_sent.html")


async def open_sign_in(request: Request) -> Response:
    """Exchange the token for a cookie; the button behind it signs in, so that a scanner uses nothing up."""
    rt = runtime(request)
    try:
        link = rt.links.check("sign_in", request.path_params["token"], rt.now())
    except (BadLink, LinkExpired):
        return render(request, "registration/link_over.html", status=410)
    response = see_other(f"/me/sign-in?id={link.id}")
    rt.sealed.set(response, "sign-in", link.id, {"generation": link.generation}, 600)
    return response


async def show_sign_in_button(request: Request) -> Response:
    """One button."""
    member_id = as_id(request.query_params.get("id"))
    if member_id is None or runtime(request).sealed.get(request, "sign-in", member_id) is None:
        return render(request, "registration/link_over.html", status=410)
    return render(request, "registration/sign_in_button.html", {"id": member_id})


async def sign_in(request: Request) -> Response:
    """Use the link up, once."""
    rt = runtime(request)
    member_id = as_id((await read_form(request)).get("id"))
    held = rt.sealed.get(request, "sign-in", member_id) if member_id else None
    if member_id is None or held is None:
        return render(request, "registration/link_over.html", status=410)
    async with rt.transaction() as session:
        member = await lock_member(session, member_id)
        fresh = member is not None and member.opened_generation < held["generation"]
        if member is None or not fresh or member.status not in ("active", "paused"):
            return render(request, "registration/link_over.html", status=410)
        member.opened_generation = held["generation"]
    response = see_other(f"/me?id={member_id}")
    rt.sealed.set(response, _COOKIE, member_id, {}, _SESSION)
    return response


async def change_membership(request: Request) -> Response:
    """Pause, go on, or leave (asks once more before that)."""
    rt = runtime(request)
    form = await read_form(request)
    member_id, action = as_id(form.get("id")), form.get("action")
    if member_id is None or rt.sealed.get(request, _COOKIE, member_id) is None:
        return see_other("/me")
    if action == "leave" and form.get("sure") != "yes":
        return render(request, "registration/leave.html", {"id": member_id})
    async with rt.transaction() as session:
        member = await lock_member(session, member_id)
        if member is None or member.status not in ("active", "paused"):
            return see_other("/me")
        if action == "leave":
            await erase(session, member, rt.now())
        elif action in ("pause", "resume"):
            member.status = "paused" if action == "pause" else "active"
            await session.flush()
            await emit(session, await changed_event(session, member))
    return see_other(f"/me/left?id={member_id}" if action == "leave" else f"/me?id={member_id}")


async def show_left(request: Request) -> Response:
    """Goodbye, with the receipts of each part of the system so far."""
    rt = runtime(request)
    member_id = as_id(request.query_params.get("id"))
    if member_id is None or rt.sealed.get(request, _COOKIE, member_id) is None:
        return see_other("/")
    async with rt.transaction() as session:
        found = await session.scalars(sa.select(ErasureReceipt.service).where(ErasureReceipt.member_id == member_id))
        done = set(found)
    context = {"done": len(done & set(ERASING_SERVICES)), "all": len(ERASING_SERVICES), "id": member_id}
    return render(request, "registration/left.html", context)


PAGES = [
    Route("/me", show_own_page),
    Route("/me", change_membership, methods=["POST"]),
    Route("/me/ask", ask_for_sign_in, methods=["POST"]),
    Route("/me/sent", show_sign_in_sent),
    Route("/me/left", show_left),
    Route("/me/sign-in", show_sign_in_button),
    Route("/me/sign-in", sign_in, methods=["POST"]),
    Route("/me/sign-in/{token}", open_sign_in),
]
