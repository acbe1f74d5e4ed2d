"""Asking for a link, the button behind it, and signing out."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

from services.registration.joining.domain import MESSAGES
from services.registration.mail_links import held_link, link_over, open_link
from services.registration.settings import registration_settings
from services.registration.signing_in.sending import keep_asked
from services.registration.signing_in.sessions import (
    clear_cookie,
    end_sessions,
    is_known,
    session_of,
    session_opened_with,
    set_cookies,
    signed_in,
    start_session,
)
from services.registration.store import lock_member
from services.registration.tables import Member
from shared.addresses import address_key, checked_address
from shared.web import Request, Response, render, robots, runtime, see_other, translate
from shared.web.again import show_again, typed_before
from shared.web.forms import as_id, read_form, validate
from shared.web.limits import MAIL_FROM_ONE

_FORM = "sign-in"


class AddressInput(BaseModel):
    """Where the link goes, if it is a member's."""

    email: Annotated[str, Field(max_length=254), AfterValidator(checked_address)]


async def sign_in_form(request: Request, *, was_signed_in: bool = False) -> Response:
    """The form that asks for a link; to somebody whose session has ended it says that nothing was changed."""
    fields = await typed_before(request, _FORM)
    errors = validate(AddressInput, fields, MESSAGES, translate(request).gettext)[1] if fields else {}
    context = {
        "form": fields.values() if fields else {},
        "errors": errors or (robots.fault(request) if fields else {}),
        "minutes": registration_settings().sign_in_minutes,
        "was_signed_in": was_signed_in,
    }
    return render(request, "registration/sign_in.html", context, 401 if was_signed_in else 200)


async def show_sign_in_form(request: Request) -> Response:
    """The form's page, for somebody who reloads its answer."""
    return see_other("/me")


async def ask_for_sign_in(request: Request) -> Response:
    """The same whether the address is a member's or not, and as fast: a job looks it up."""
    form = await read_form(request)
    await request.app.state.limiter.check(request, "sign_in")
    values, _ = validate(AddressInput, form, MESSAGES, translate(request).gettext)
    if values is None:
        return await show_again(request, _FORM, "/me?again=yes", form)
    if not await request.app.state.limiter.within(request, MAIL_FROM_ONE):
        return await show_again(request, _FORM, "/me?again=many", form)
    key = address_key(values.email)
    async with runtime(request).transaction() as session:
        await keep_asked(session, key, known=is_known(request, key))
    return see_other("/me/sent")


async def show_sign_in_sent(request: Request) -> Response:
    """Check your mail."""
    return render(request, "registration/sign_in_sent.html", {"minutes": registration_settings().sign_in_minutes})


async def open_sign_in(request: Request) -> Response:
    """The link in the mail; the button behind it signs in, so that a scanner uses nothing up."""
    return await open_link(request, "sign_in", _FORM, "/me/sign-in", again="/me")


async def show_sign_in_button(request: Request) -> Response:
    """One button; a link that was used up leads to the page in the browser that used it."""
    member_id = as_id(request.query_params.get("id"))
    link = held_link(request, _FORM, member_id)
    if member_id is None or link is None:
        return link_over(request, "/me", why="elsewhere")
    async with runtime(request).transaction() as session:
        member = await session.get(Member, member_id)
    if member is None or member.opened_generation >= link["generation"]:
        here = await signed_in(request, member_id)
        return see_other(f"/me?id={member_id}") if here else link_over(request, "/me", why="used")
    return render(request, "registration/sign_in_button.html", {"id": member_id})


async def sign_in(request: Request) -> Response:
    """Use the link up, once; the second click of two is the first one's."""
    member_id = (await read_form(request)).id()
    link = held_link(request, _FORM, member_id)
    if link is None:
        return link_over(request, "/me", why="elsewhere")
    opened_with = UUID(link["browser"])
    async with runtime(request).transaction() as session:
        member = await lock_member(session, member_id)
        if member is None or not member.takes_part:
            return link_over(request, "/me", why="used")
        if member.opened_generation < link["generation"]:
            member.opened_generation = link["generation"]
            session_id: UUID | None = await start_session(session, member_id, opened_with)
        else:
            session_id = await session_opened_with(session, member_id, opened_with)
    if session_id is None:
        return link_over(request, "/me", why="used")
    response = see_other(f"/me?id={member_id}")
    set_cookies(request, response, member_id, session_id, member.email_key or "")
    return response


async def sign_out(request: Request) -> Response:
    """End the session here, or every session of the member; a cookie that was copied is worth nothing then."""
    form = await read_form(request)
    member_id = form.id()
    response = see_other("/me?out=yes")
    session_id = await session_of(request, member_id)
    if session_id is not None:
        async with runtime(request).transaction() as session:
            await end_sessions(session, member_id, None if form.get("everywhere") == "yes" else session_id)
        clear_cookie(request, response, member_id)
    return response
