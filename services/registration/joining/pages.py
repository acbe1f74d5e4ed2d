"""Pages of joining: the form, "check your mail", and the confirmation behind the mail's link."""

from datetime import datetime
from typing import Any
from uuid import UUID

from starlette.responses import JSONResponse

from services.registration.joining import store
from services.registration.joining.domain import MESSAGES, REFUSALS, DetailsInput, JoinInput, refusals
from services.registration.places import place_name
from services.registration.settings import registration_settings
from services.registration.tables import Member, SignUp
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

_CONFIRM_LIFE = 3600
_FORM = "join"


async def show_join_form(request: Request) -> Response:
    """The empty form, with a sealed stamp of when it was shown; a recruitment channel's link brings its code."""
    return _form(request, {"kanal": request.query_params.get("kanal", "")[:40]}, {}, 200)


async def join_panel(request: Request) -> Response:
    """Check, keep, and say "check your mail" whatever we knew about the address."""
    rt, rules = runtime(request), registration_settings()
    form = await read_form(request)
    if robots.is_trapped(form):
        return see_other("/join/sent")
    await request.app.state.limiter.check(request, "join")
    values, errors = validate(JoinInput, form, MESSAGES, translate(request).gettext, lists=("purposes",))
    if values is not None:
        errors = refusal_errors(request, values)
    if not errors and robots.is_too_fast(request, _FORM, form, rules.minimum_fill_seconds):
        errors = {"": translate(request).gettext(robots.TOO_FAST)}
    if values is None or errors:
        return _form(request, form.values() | {"purposes": form.all("purposes")}, errors, 422)
    async with rt.transaction() as session:
        await store.sign_up(
            session,
            values,
            rt.now(),
            unconfirmed_days=rules.unconfirmed_days,
            consent_version=rules.consent_version,
        )
    return see_other("/join/sent")


def refusal_errors(request: Request, values: DetailsInput) -> FormErrors:
    """Field -> message for well-formed details of somebody who cannot be a member."""
    rt, age = runtime(request), registration_settings().minimum_age
    texts = translate(request)
    return {
        REFUSALS[code][0]: texts.gettext(REFUSALS[code][1]).format(minimum_age=age)
        for code in refusals(values, rt.settings.municipality_number, rt.today(), age)
    }


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
    """Check your mail: from whom, and what to do if nothing comes."""
    return render(request, "registration/sent.html")


async def open_confirmation(request: Request) -> Response:
    """Exchange the mail's token for a cookie; a mail scanner that follows the link changes nothing."""
    rt = runtime(request)
    try:
        link = rt.links.check("confirm", request.path_params["token"], rt.now())
    except (BadLink, LinkExpired):
        return render(request, "registration/link_over.html", status=410)
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
        return render(request, "registration/link_over.html", status=410)
    async with rt.transaction() as session:
        told = await session.get(SignUp, (member_id, held["generation"]))
        member = await session.get(Member, member_id)
    if told is None:
        known = member is not None and member.status in ("active", "paused")
        return see_other("/join/welcome") if known else render(request, "registration/link_over.html", status=410)
    return render(request, "registration/confirm.html", {"told": told, "place": place_name(told.area)})


async def confirm_membership(request: Request) -> Response:
    """The button: the applicant becomes a member. A second click finds a member and says the same."""
    rt = runtime(request)
    member_id = as_id((await read_form(request)).get("id"))
    held = held_link(request, "confirm", member_id)
    if member_id is None or held is None:
        return render(request, "registration/link_over.html", status=410)
    async with rt.transaction() as session:
        member = await store.lock_member(session, member_id)
        known = member is not None and member.status in ("active", "paused")
        if not known and (member is None or not await store.confirm(session, member, held["generation"], rt.now())):
            return render(request, "registration/link_over.html", status=410)
    return see_other("/join/welcome")


async def tell_place(request: Request) -> Response:
    """The name of a postcode's place, for the form while it is filled in: ``{"place": "Sandvika"}`` or null."""
    return JSONResponse({"place": place_name(request.query_params.get("postcode", ""))})


async def show_welcome(request: Request) -> Response:
    """What happens next, and a link to pass on."""
    return render(request, "registration/welcome.html")


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
