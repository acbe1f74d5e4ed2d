"""The own page: see and change details and consents, take the data along, pause, leave."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse

from services.registration.consenting import choose_purposes
from services.registration.erasing import ERASING_SERVICES, erase
from services.registration.joining.domain import MESSAGES, DetailsInput, Purpose
from services.registration.joining.pages import joining_rules
from services.registration.mail_links import may_mail
from services.registration.my_page.changing import save_details
from services.registration.my_page.pausing import pause_or_resume
from services.registration.my_page.store import own_page
from services.registration.new_address.moving import ask_for_new_address
from services.registration.places import place_name
from services.registration.settings import registration_settings
from services.registration.signing_in.pages import sign_in_form
from services.registration.signing_in.sessions import clear_cookie, members_signed_in, signed_in
from services.registration.store import in_panel, lock_member
from services.registration.synthetic.domain import STATUS
from services.registration.tables import DrawProof, ErasureReceipt, Member
from shared.addresses import address_key
from shared.rules import last_day
from shared.web import Request, Response, attached, problem, render, robots, runtime, see_other, translate
from shared.web.again import show_again, typed_before
from shared.web.forms import BadForm, Form, FormErrors, as_id, read_form, validate
from shared.web.limits import MAIL_FROM_ONE

#: Cookie that shows a former member the receipts and nothing else; the session is over.
_LEFT, _LEFT_SECONDS = "left", 3600


class PurposesInput(BaseModel):
    """What the member wants to be asked about."""

    purposes: Annotated[tuple[Purpose, ...], Field(max_length=3)] = ()


async def show_own_page(request: Request) -> Response:
    """The member's page, or the form that asks for a sign-in link."""
    rt = runtime(request)
    member_id = as_id(request.query_params.get("id"))
    if "out" in request.query_params:  # not on to the page of another who is signed in here
        return await sign_in_form(request)
    if member_id is None and len(ids := await members_signed_in(request)) == 1:
        return see_other(f"/me?id={ids[0]}")
    if member_id is None or not await signed_in(request, member_id):
        return await sign_in_form(request)
    async with rt.transaction() as session:
        page = await own_page(session, member_id)
    if page is None:
        return await sign_in_form(request)
    context = {"page": page, "member": page.member, "place": place_name(page.member.area or "")}
    context["last_day"] = last_day
    context |= {"saved": request.query_params.get("saved", "")}
    return render(request, "registration/me.html", context)


async def give_proof(request: Request) -> Response:
    """The proof of having been in a draw's pool, as a file the verifier checks."""
    member_id, entry_id = as_id(request.query_params.get("id")), as_id(request.query_params.get("entry"))
    if member_id is None or not await signed_in(request, member_id):
        return see_other("/me")
    async with runtime(request).transaction() as session:
        proof = await session.get(DrawProof, entry_id) if entry_id is not None else None
    if proof is None or proof.member_id != member_id:
        return see_other(f"/me?id={member_id}")
    return JSONResponse(proof.proof, headers=attached("bevis.json"))


async def show_details(request: Request) -> Response:
    """The form with what we know, or with what was typed and had faults."""
    member_id = as_id(request.query_params.get("id"))
    if member_id is None or not await signed_in(request, member_id):
        return see_other("/me")
    if fields := await typed_before(request, f"details-{member_id}"):
        _, errors = _validated(request, fields)
        return _details(request, member_id, _as_typed(fields), errors or robots.fault(request))
    async with runtime(request).transaction() as session:
        page = await own_page(session, member_id)
    if page is None:
        return see_other("/me")
    member = page.member
    values = {
        "name": member.name,
        "email": member.email,
        "year_of_birth": member.year_of_birth,
        "gender": member.gender,
        "postcode": member.area,
        "language": member.language,
        "declared_resident": "yes" if member.declared_resident_at else "",
        "own_answers": member.own_answers,
    }
    return _details(request, member_id, values)


async def change_details(request: Request) -> Response:
    """Keep the new details; a new address gets a link first."""
    rt = runtime(request)
    form = await read_form(request)
    member_id = form.id()
    if not await signed_in(request, member_id):
        return _details(request, member_id, _as_typed(form), status=401)
    await request.app.state.limiter.check(request, "details")
    values, _ = _validated(request, form)
    if values is None:
        return await show_again(request, f"details-{member_id}", f"/me/details?id={member_id}&again=yes", form)
    async with rt.transaction() as session:
        before = await session.get_one(Member, member_id)
        is_new = address_key(values.email) != before.email_key
    if is_new and not await request.app.state.limiter.within(request, MAIL_FROM_ONE):
        return await show_again(request, f"details-{member_id}", f"/me/details?id={member_id}&again=many", form)
    async with rt.transaction() as session:
        member = in_panel(await lock_member(session, member_id))
        if member is None:
            return see_other("/me")
        await save_details(session, member, values, rt.now())
        if is_new:
            expires = rt.now() + timedelta(days=registration_settings().unconfirmed_days)
            may = await may_mail(request, session, values.email)
            await ask_for_new_address(session, member, values.email, rt.now(), expires, may_mail=may)
    return see_other(f"/me?id={member_id}&saved={'address' if is_new else 'details'}")


def _validated(request: Request, form: Form) -> tuple[DetailsInput | None, FormErrors]:
    return validate(
        DetailsInput, form, MESSAGES, translate(request).gettext, lists=("own_answers",),
        context=joining_rules(runtime(request)),
    )  # fmt: skip


def _as_typed(form: Form) -> dict[str, object]:
    return form.values() | {"own_answers": form.all("own_answers")}


def _details(
    request: Request,
    member_id: UUID,
    values: Mapping[str, object],
    errors: FormErrors | None = None,
    status: int = 200,
) -> Response:
    """The form; with 401 for somebody whose session has ended, who keeps what was typed and can send it again."""
    errors = errors or {}
    context = {
        "id": member_id,
        "form": values,
        "errors": errors,
        "place": place_name(str(values.get("postcode") or "")),
        "ask_residence": "declared_resident" in errors,
        "signed_out": status == 401,
    }
    return render(request, "registration/me_details.html", context, status)


async def change_purposes(request: Request) -> Response:
    """What the member wants to be asked about from now on."""
    rt = runtime(request)
    form = await read_form(request)
    member_id = form.id()
    if not await signed_in(request, member_id):
        return await sign_in_form(request, was_signed_in=True)
    values, _ = validate(PurposesInput, form, MESSAGES, translate(request).gettext, lists=("purposes",))
    if values is None:  # no page of ours sends anything else
        return problem(request, 422)
    async with rt.transaction() as session:
        member = in_panel(await lock_member(session, member_id))
        if member is None:
            return see_other("/me")
        version = registration_settings().consent_version
        await choose_purposes(session, member, values.purposes, rt.now(), version)
    return see_other(f"/me?id={member_id}&saved=purposes")


async def change_membership(request: Request) -> Response:
    """Pause, go on, or leave (asks once more before that)."""
    rt = runtime(request)
    form = await read_form(request)
    member_id, action = form.id(), form.get("action")
    if not await signed_in(request, member_id):
        return await sign_in_form(request, was_signed_in=True)
    if action not in ("pause", "resume", "leave"):
        raise BadForm("action")
    if action == "leave" and form.get("sure") != "yes":
        return see_other(f"/me/leave?id={member_id}")
    async with rt.transaction() as session:
        member = await lock_member(session, member_id)
        if member is None or not member.takes_part:
            return see_other("/me")
        if action == "leave":
            await erase(session, member, rt.now())
        elif member.status != STATUS:
            await pause_or_resume(session, member, "paused" if action == "pause" else "active", rt.now())
    if action != "leave":
        return see_other(f"/me?id={member_id}&saved={action}")
    response = see_other(f"/me/left?id={member_id}")
    clear_cookie(request, response, member_id)
    rt.sealed.set(response, _LEFT, member_id, {}, _LEFT_SECONDS)
    return response


async def ask_before_leaving(request: Request) -> Response:
    """What leaving means, and one button."""
    member_id = as_id(request.query_params.get("id"))
    if member_id is None or not await signed_in(request, member_id):
        return see_other("/me")
    return render(request, "registration/leave.html", {"id": member_id})


async def show_left(request: Request) -> Response:
    """Goodbye, with the receipts of each part of the system so far."""
    rt = runtime(request)
    member_id = as_id(request.query_params.get("id"))
    if member_id is None or rt.sealed.get(request, _LEFT, member_id) is None:
        return see_other("/")
    async with rt.transaction() as session:
        member = await session.get(Member, member_id)
        receipts = sa.select(ErasureReceipt.service).where(ErasureReceipt.member_id == member_id)
        services = set(await session.scalars(receipts))
    if member is None or member.status != "erased":
        return see_other(f"/me?id={member_id}")
    context = {"done": len(services & set(ERASING_SERVICES)), "all": len(ERASING_SERVICES), "id": member_id}
    return render(request, "registration/left.html", context)
