"""Pages of joining: the form, "check your mail", and the confirmation behind the mail's link."""

from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from starlette.responses import JSONResponse

from services.registration.joining import store
from services.registration.joining.domain import (
    MESSAGES,
    JoinInput,
    Rules,
)
from services.registration.places import place_name
from services.registration.settings import registration_settings
from services.registration.tables import Member, SignUp, Threshold
from shared.addresses import address_key
from shared.ids import random_id
from shared.service import Runtime
from shared.slugs import is_slug
from shared.tokens import BadLink, LinkExpired
from shared.web import (
    FormErrors,
    Request,
    Response,
    Route,
    as_id,
    read_form,
    render,
    robots,
    runtime,
    see_other,
    translate,
    validate,
)
from shared.web.limits import Limiter

_CONFIRM_LIFE = 3600
#: Seconds in which what was sent can be corrected from the same browser.
_CORRECTION_LIFE = 1800
_SENT = "sent"
_FORM = "join"


async def show_join_form(request: Request) -> Response:
    """The form, with a sealed stamp of when it was shown; a recruitment channel's link brings its code.

    Empty, or with what was sent from this browser a while ago by somebody who wants to correct it.
    """
    if sent := _sent_before(request, as_id(request.query_params.get("id"))):
        return _form(request, sent["form"] | {"id": request.query_params["id"]}, {}, 200)
    code = request.query_params.get("kanal", "")
    return _form(request, {"kanal": code if is_slug(code) else ""}, {}, 200)


def _sent_before(request: Request, id_: UUID | None) -> dict[str, Any] | None:
    """What this browser sent a while ago, and the link it got."""
    return runtime(request).sealed.get(request, _SENT, id_) if id_ else None


async def join_panel(request: Request) -> Response:
    """Check, keep, and say "check your mail" whatever we knew about the address."""
    rt, rules = runtime(request), registration_settings()
    form = await read_form(request)
    if robots.is_trapped(form):
        return see_other("/join/sent")
    await request.app.state.limiter.check(request, "join")
    values, errors = validate(
        JoinInput, form, MESSAGES, translate(request).gettext, lists=("purposes",), context=joining_rules(rt)
    )
    if not errors and robots.is_too_fast(request, _FORM, form, rules.minimum_fill_seconds):
        errors = {"": translate(request).gettext(robots.TOO_FAST)}
    if values is None or errors:
        return _form(request, form.values() | {"purposes": form.all("purposes")}, errors, 422)
    link = (random_id(), 1)
    async with may_mail(request, values.email) as allowed:
        if allowed:
            async with rt.transaction() as session:
                link = await store.sign_up(
                    session,
                    values,
                    rt.now(),
                    unconfirmed_days=rules.unconfirmed_days,
                    consent_version=rules.consent_version,
                )
    before = _sent_before(request, as_id(form.get("id")))
    if before is not None and address_key(before["form"]["email"]) != address_key(values.email):
        async with rt.transaction() as session:
            await store.take_back(session, UUID(before["link"][0]), before["link"][1])
    id_ = random_id()
    response = see_other(f"/join/sent?id={id_}")
    typed = values.model_dump() | {"declared_resident": "yes" if values.declared_resident else ""}
    # Nothing in it tells a stranger's address from a member's: both have an id and a generation.
    rt.sealed.set(response, _SENT, id_, {"form": typed, "link": [str(link[0]), link[1]]}, _CORRECTION_LIFE)
    return response


def may_mail(request: Request, email: str) -> AbstractAsyncContextManager[bool]:
    """Whether one more mail may go to the address now: these forms must not fill a stranger's mailbox.

    The page does not say that none went; somebody to whom six went in an hour has the mails.
    """
    limiter: Limiter = request.app.state.limiter
    return limiter.one_more("mail_to_one", address_key(email))


def joining_rules(rt: Runtime) -> Rules:
    """Who may join here today."""
    return Rules(rt.settings.municipality_number, rt.today(), registration_settings().minimum_age)


def _form(request: Request, values: dict[str, object], errors: FormErrors, status: int) -> Response:
    rules, lang = registration_settings(), request.state.lang
    context = {
        "form": values,
        "errors": errors,
        "stamp": robots.stamp(request, _FORM),
        "place": place_name(str(values.get("postcode") or "")),
        "ask_residence": "declared_resident" in errors,
        "minimum_age": rules.minimum_age,
        "age_wording": rules.age_wording.get(lang, ""),
    }
    return render(request, "registration/join.html", context, status)


async def show_sent(request: Request) -> Response:
    """Check your mail: where to, from whom, and what to do if nothing comes."""
    id_ = as_id(request.query_params.get("id"))
    sent = _sent_before(request, id_)
    context = {"email": sent["form"]["email"] if sent else "", "id": id_}
    return render(
        request, "registration/sent.html", context | {"unconfirmed_days": registration_settings().unconfirmed_days}
    )


def link_over(request: Request, again: str = "/join") -> Response:
    """A link that was used, is too old or not whole; ``again`` is where a new one is asked for."""
    return render(request, "registration/link_over.html", {"again": again}, status=410)


async def open_confirmation(request: Request) -> Response:
    """Exchange the mail's token for a cookie; a mail scanner that follows the link changes nothing."""
    rt = runtime(request)
    try:
        link = rt.links.check("confirm", request.path_params["token"], rt.now())
    except (BadLink, LinkExpired):
        return link_over(request)
    response = see_other(f"/join/confirm?id={link.id}")
    held = {"generation": link.generation, "expires_at": link.expires_at.isoformat()}
    rt.sealed.set(response, "confirm", link.id, held, _CONFIRM_LIFE)
    return response


def held_link(request: Request, purpose: str, id_: UUID | None) -> dict[str, Any] | None:
    """What the cookie kept of a link that has not expired meanwhile."""
    rt = runtime(request)
    held = rt.sealed.get(request, purpose, id_) if id_ else None
    return held if held is not None and rt.now() < datetime.fromisoformat(held["expires_at"]) else None


async def show_confirmation(request: Request) -> Response:
    """What was filled in for this link, and one button; somebody who is a member already is told so."""
    rt = runtime(request)
    member_id = as_id(request.query_params.get("id"))
    held = held_link(request, "confirm", member_id)
    if member_id is None or held is None:
        return link_over(request)
    async with rt.transaction() as session:
        told = await session.get(SignUp, (member_id, held["generation"]))
        member = await session.get(Member, member_id)
    if told is None:
        known = member is not None and member.status in ("active", "paused")
        return see_other("/join/welcome") if known else link_over(request)
    return render(request, "registration/confirm.html", {"told": told, "place": place_name(told.area)})


async def confirm_membership(request: Request) -> Response:
    """The button: the applicant becomes a member. A second click finds a member and says the same."""
    rt = runtime(request)
    member_id = as_id((await read_form(request)).get("id"))
    held = held_link(request, "confirm", member_id)
    if member_id is None or held is None:
        return link_over(request)
    async with rt.transaction() as session:
        member = await store.lock_member(session, member_id)
        known = member is not None and member.status in ("active", "paused")
        if not known and (member is None or not await store.confirm(session, member, held["generation"], rt.now())):
            return link_over(request)
    return see_other("/join/welcome")


async def tell_place(request: Request) -> Response:
    """The name of a postcode's place, for the form while it is filled in: ``{"place": "Sandvika"}`` or null."""
    return JSONResponse({"place": place_name(request.query_params.get("postcode", ""))})


async def show_welcome(request: Request) -> Response:
    """What happens next and when, and a link to pass on."""
    async with runtime(request).transaction() as session:
        size = await store.panel_size(session)
        start = await session.scalar(
            sa.select(Threshold.size).where(Threshold.role == "start", Threshold.reached_at.is_(None))
        )
    return render(request, "registration/welcome.html", {"size": size, "start": start})


PAGES = [
    Route("/join", show_join_form),
    Route("/join", join_panel, methods=["POST"]),
    Route("/join/place", tell_place),
    Route("/join/sent", show_sent),
    Route("/join/confirm", show_confirmation),
    Route("/join/confirm", confirm_membership, methods=["POST"]),
    Route("/join/confirm/{token}", open_confirmation),
    Route("/join/welcome", show_welcome),
]
