"""Signing in to the own page by a link in a mail, once per link."""

from datetime import timedelta
from uuid import UUID

from services.registration.joining.pages import held_link
from services.registration.joining.store import lock_member, member_by_email
from services.registration.settings import registration_settings
from shared.events.registration import SignInRequested
from shared.messaging import emit
from shared.tokens import BadLink, LinkExpired
from shared.web import Request, Response, Route, as_id, read_form, render, runtime, see_other

_SESSION = 3600
_COOKIE = "me"


def signed_in(request: Request, member_id: UUID | None) -> bool:
    """Whether this browser has signed in as the member."""
    return member_id is not None and runtime(request).sealed.get(request, _COOKIE, member_id) is not None


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
    held = {"generation": link.generation, "expires_at": link.expires_at.isoformat()}
    rt.sealed.set(response, "sign-in", link.id, held, 600)
    return response


async def show_sign_in_button(request: Request) -> Response:
    """One button."""
    member_id = as_id(request.query_params.get("id"))
    if held_link(request, "sign-in", member_id) is None:
        return render(request, "registration/link_over.html", status=410)
    return render(request, "registration/sign_in_button.html", {"id": member_id})


async def sign_in(request: Request) -> Response:
    """Use the link up, once."""
    rt = runtime(request)
    member_id = as_id((await read_form(request)).get("id"))
    held = held_link(request, "sign-in", member_id)
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


PAGES = [
    Route("/me/ask", ask_for_sign_in, methods=["POST"]),
    Route("/me/sent", show_sign_in_sent),
    Route("/me/sign-in", show_sign_in_button),
    Route("/me/sign-in", sign_in, methods=["POST"]),
    Route("/me/sign-in/{token}", open_sign_in),
]
