"""Asking for a link, the button behind it, and signing out."""

import asyncio
import time
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from services.registration.joining.domain import MESSAGES
from services.registration.mail_links import held_link, link_over, may_mail, open_link
from services.registration.settings import registration_settings
from services.registration.store import lock_member, member_by_email
from services.registration.tables import Member
from shared.addresses import checked_address
from shared.events.registration import SignInRequested
from shared.messaging import emit
from shared.web import (
    FormErrors,
    Request,
    Response,
    as_id,
    read_form,
    render,
    runtime,
    see_other,
    translate,
    validate,
)

_SESSION = 3600


_COOKIE = "me"


#: Seconds every asker waits for the answer: a member costs a write, a stranger does not, and the clock must not tell.
_ANSWERS_AFTER = 0.2


class AddressInput(BaseModel):
    """Where the link goes, if it is a member's."""

    email: Annotated[str, Field(max_length=254), AfterValidator(checked_address)]


def signed_in(request: Request, member_id: UUID | None) -> bool:
    """Whether this browser has signed in as the member."""
    return member_id is not None and runtime(request).sealed.get(request, _COOKIE, member_id) is not None


def members_signed_in(request: Request) -> list[UUID]:
    """Who has signed in from this browser: one tablet may have two people."""
    prefix = f"__Host-{_COOKIE}-"
    ids = (as_id(name.removeprefix(prefix)) for name in request.cookies if name.startswith(prefix))
    return [id_ for id_ in ids if id_ is not None and signed_in(request, id_)]


def sign_in_form(
    request: Request, form: dict[str, object] | None = None, errors: FormErrors | None = None, status: int = 200
) -> Response:
    """The form that asks for a link."""
    minutes = registration_settings().sign_in_minutes
    context = {"form": form or {}, "errors": errors or {}, "minutes": minutes}
    return render(request, "registration/sign_in.html", context, status)


async def show_sign_in_form(request: Request) -> Response:
    """For somebody who reloads an answer to the form."""
    return see_other("/me")


async def _send_link(session: AsyncSession, member: Member, now: datetime) -> None:
    member.generation += 1
    ends = now + timedelta(minutes=registration_settings().sign_in_minutes)
    await emit(
        session,
        SignInRequested(member_id=member.id, generation=member.generation, send_before=ends, link_expires_at=ends),
    )


async def ask_for_sign_in(request: Request) -> Response:
    """The same answer whether the address is a member's or not; the link is in the mail."""
    rt, asked_at = runtime(request), time.monotonic()
    form = await read_form(request)
    await request.app.state.limiter.check(request, "sign_in")
    values, errors = validate(AddressInput, form, MESSAGES, translate(request).gettext)
    if values is None:
        return sign_in_form(request, form.values(), errors, 422)
    async with rt.transaction() as session:
        member_id = await member_by_email(session, values.email)
        member = await lock_member(session, member_id) if member_id else None
        if member is not None and member.status in ("active", "paused"):
            async with may_mail(request, values.email) as allowed:
                if allowed:
                    await _send_link(session, member, rt.now())
    await asyncio.sleep(max(0.0, asked_at + _ANSWERS_AFTER - time.monotonic()))
    return see_other("/me/sent")


async def show_sign_in_sent(request: Request) -> Response:
    """Check your mail."""
    return render(request, "registration/sign_in_sent.html", {"minutes": registration_settings().sign_in_minutes})


async def open_sign_in(request: Request) -> Response:
    """The link in the mail; the button behind it signs in, so that a scanner uses nothing up."""
    return await open_link(request, "sign_in", "sign-in", "/me/sign-in", again="/me")


async def show_sign_in_button(request: Request) -> Response:
    """One button; a link that was used up leads to the page in the browser that used it."""
    member_id = as_id(request.query_params.get("id"))
    held = held_link(request, "sign-in", member_id)
    if member_id is None or held is None:
        return link_over(request, "/me")
    async with runtime(request).transaction() as session:
        member = await session.get(Member, member_id)
    if member is None or member.opened_generation >= held["generation"]:
        return see_other(f"/me?id={member_id}") if signed_in(request, member_id) else link_over(request, "/me")
    return render(request, "registration/sign_in_button.html", {"id": member_id})


async def sign_in(request: Request) -> Response:
    """Use the link up, once."""
    rt = runtime(request)
    member_id = as_id((await read_form(request)).get("id"))
    held = held_link(request, "sign-in", member_id)
    if member_id is None or held is None:
        return link_over(request, "/me")
    async with rt.transaction() as session:
        member = await lock_member(session, member_id)
        fresh = member is not None and member.opened_generation < held["generation"]
        if member is None or not fresh or member.status not in ("active", "paused"):
            return link_over(request, "/me")
        member.opened_generation = held["generation"]
    response = see_other(f"/me?id={member_id}")
    rt.sealed.set(response, _COOKIE, member_id, {}, _SESSION)
    return response


async def sign_out(request: Request) -> Response:
    """Leave the page, for somebody who shares the browser with others."""
    member_id = as_id((await read_form(request)).get("id"))
    response = see_other("/me?out=yes")
    if member_id is not None:
        runtime(request).sealed.clear(response, _COOKIE, member_id)
    return response
