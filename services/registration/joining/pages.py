"""Pages of joining: the form, "check your mail", and the confirmation behind the mail's link."""

import time

from services.registration.joining import store
from services.registration.joining.domain import MESSAGES, REFUSALS, JoinInput, age_refusal, judge_residence
from services.registration.settings import registration_settings
from shared.ids import random_id
from shared.tokens import BadLink, LinkExpired
from shared.web import (
    Form,
    FormErrors,
    Request,
    Response,
    Route,
    as_id,
    read_form,
    render,
    runtime,
    see_other,
    translate,
    validate,
)

#: Seconds a half-read form stays valid.
_FORM_LIFE = 24 * 3600
_CONFIRM_LIFE = 3600
_STAMP = "join"


async def show_join_form(request: Request) -> Response:
    """The empty form, with a sealed stamp of when it was shown."""
    return _form(request, {}, {}, 200)


async def join_panel(request: Request) -> Response:
    """Check, keep, and say "check your mail" whatever we knew about the address."""
    rt, rules = runtime(request), registration_settings()
    form = await read_form(request)
    if form.get("website"):
        # A field no person sees was filled in. A robot learns nothing: it gets the page everybody gets.
        return see_other("/join/sent")
    await request.app.state.limiter.check(request, "join")
    values, errors = validate(JoinInput, form, MESSAGES, translate(request).gettext, lists=("purposes",))
    if values is not None:
        errors = _refusals(request, values)
    if not errors and not _stamp_is_old_enough(request, form):
        errors = {
            "": translate(request).gettext(
                "Skjemaet ble sendt svært raskt eller er for gammelt. Se over svarene og send det på nytt."
            )
        }
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


def _refusals(request: Request, values: JoinInput) -> FormErrors:
    rt, rules = runtime(request), registration_settings()
    residence = judge_residence(values.postcode, rt.settings.municipality_number, declared=values.declared_resident)
    found = [age_refusal(values.year_of_birth, rt.today(), rules.minimum_age), residence.refusal]
    return {REFUSALS[code][0]: translate(request).gettext(REFUSALS[code][1]) for code in found if code is not None}


def _form(request: Request, values: dict[str, object], errors: FormErrors, status: int) -> Response:
    rt = runtime(request)
    stamp = rt.sealed.seal(_STAMP, {"shown": time.time(), "nonce": str(random_id())}, _FORM_LIFE)
    context = {"form": values, "errors": errors, "stamp": stamp, "ask_residence": "declared_resident" in errors}
    return render(request, "registration/join.html", context, status)


def _stamp_is_old_enough(request: Request, form: Form) -> bool:
    """Machine time: a person cannot fill the form in faster than this."""
    stamp = runtime(request).sealed.unseal(_STAMP, form.get("stamp") or "")
    wait = registration_settings().minimum_fill_seconds
    return stamp is not None and time.time() - float(stamp["shown"]) >= wait


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
    rt.sealed.set(response, "confirm", link.id, {"generation": link.generation}, _CONFIRM_LIFE)
    return response


async def show_confirmation(request: Request) -> Response:
    """One button."""
    member_id = as_id(request.query_params.get("id"))
    if member_id is None or runtime(request).sealed.get(request, "confirm", member_id) is None:
        return render(request, "registration/link_over.html", status=410)
    return render(request, "registration/confirm.html", {"id": member_id})


async def confirm_membership(request: Request) -> Response:
    """The button: the applicant becomes a member. A second click finds a member and says the same."""
    rt = runtime(request)
    form = await read_form(request)
    member_id = as_id(form.get("id"))
    held = rt.sealed.get(request, "confirm", member_id) if member_id else None
    if member_id is None or held is None:
        return render(request, "registration/link_over.html", status=410)
    async with rt.transaction() as session:
        member = await store.lock_member(session, member_id)
        if member is None or member.status == "erased" or member.generation < held["generation"]:
            return render(request, "registration/link_over.html", status=410)
        if member.status == "applicant":
            await store.admit(session, member, rt.now())
    return see_other("/join/welcome")


async def show_welcome(request: Request) -> Response:
    """What happens next, and a link to pass on."""
    return render(request, "registration/welcome.html")


PAGES = [
    Route("/join", show_join_form),
    Route("/join", join_panel, methods=["POST"]),
    Route("/join/sent", show_sent),
    Route("/join/confirm", show_confirmation),
    Route("/join/confirm", confirm_membership, methods=["POST"]),
    Route("/join/confirm/{token}", open_confirmation),
    Route("/join/welcome", show_welcome),
]
