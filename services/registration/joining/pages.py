"""Pages of joining: the form, "check your mail", and the confirmation behind the mail's link."""

from typing import Any
from uuid import UUID

from starlette.responses import JSONResponse

from services.registration.joining.confirming import confirm
from services.registration.joining.domain import MESSAGES, JoinInput, Rules
from services.registration.joining.signing_up import sign_up, take_back
from services.registration.mail_links import held_link, link_over, may_mail, open_link
from services.registration.places import place_name
from services.registration.settings import registration_settings
from services.registration.store import lock_member, purposes_of
from services.registration.surveys_now import surveys_now
from services.registration.tables import Member, SignUp
from shared.addresses import address_key, same_mailbox
from shared.ids import random_id
from shared.service import Runtime
from shared.slugs import is_slug
from shared.web import Request, Response, render, robots, runtime, see_other, translate
from shared.web.again import show_again, typed_before
from shared.web.forms import Form, FormErrors, as_id, read_form, validate
from shared.web.limits import MAIL_FROM_ONE

#: Seconds in which a sent form can be corrected from the same browser.
_CORRECTION_LIFE = 1800
_SENT = "sent"
_FORM = "join"


async def show_join_form(request: Request) -> Response:
    """The form, with a sealed stamp of when it was shown; a recruitment channel's link brings its code.

    Empty, or with what was sent from this browser a while ago by somebody who wants to correct it.
    """
    if fields := await typed_before(request, _FORM):
        return _form(request, _as_typed(fields), robots.fault(request) or _validated(request, fields)[1])
    if last := _sent_before(request, as_id(request.query_params.get("id"))):
        return _form(request, last["form"] | {"id": request.query_params["id"]}, {})
    code = request.query_params.get("kanal", "")
    return _form(request, {"kanal": code if is_slug(code) else ""}, {})


def _sent_before(request: Request, id_: UUID | None) -> dict[str, Any] | None:
    """What this browser sent a while ago, and the link it got."""
    content = runtime(request).sealed.get(request, _SENT, "last") if id_ else None
    return content if content is not None and content["id"] == str(id_) else None


async def join_panel(request: Request) -> Response:
    """Check and store the sign-up, and say "check your mail" whether or not we know the address."""
    form = await read_form(request)
    if robots.is_trapped(form):
        return see_other("/join/sent")
    await request.app.state.limiter.check(request, "join")
    values, _ = _validated(request, form)
    if values is None:
        return await show_again(request, _FORM, "/join?again=yes", form)
    if robots.is_too_fast(request, _FORM, form, registration_settings().minimum_fill_seconds):
        # The page that is shown again has a new stamp, and the next try goes well.
        return await show_again(request, _FORM, "/join?again=fast", form)
    if not await request.app.state.limiter.within(request, MAIL_FROM_ONE):
        return await show_again(request, _FORM, "/join?again=many", form)
    link = await _mail_link(request, values)
    await _take_back_corrected(request, form, values)
    return _sent(request, values, link)


def _validated(request: Request, form: Form) -> tuple[JoinInput | None, FormErrors]:
    gettext, rules, worded = translate(request).gettext, joining_rules(runtime(request)), _age_wording(request)
    messages = MESSAGES | ({"old_enough": MESSAGES["old_enough.worded"]} if worded else {})

    def told(text: str) -> str:
        # A box that was not ticked breaks no rule that could tell the age.
        words = worded.replace("{", "{{").replace("}", "}}")
        return gettext(text).replace("{minimum_age}", str(rules.minimum_age)).replace("{age_wording}", words)

    return validate(JoinInput, form, messages, told, lists=("purposes", "own_answers"), context=rules)


def _age_wording(request: Request) -> str:
    """The municipality's own words at the box about age, if it has any in the reader's language."""
    return runtime(request).profile.age_wording.get(request.state.lang, "")


def _as_typed(form: Form) -> dict[str, object]:
    return form.values() | {name: form.all(name) for name in ("purposes", "own_answers")}


async def _mail_link(request: Request, values: JoinInput) -> tuple[UUID, int]:
    """Store the sign-up; return id and generation of the link or notice. After six mails in an hour none goes out, and
    both are nobody's.
    """
    rt, rules = runtime(request), registration_settings()
    async with rt.database.direct() as session:
        if not await may_mail(request, session, values.email):
            return random_id(), 1
        return await sign_up(
            session,
            values,
            rt.now(),
            unconfirmed_days=rules.unconfirmed_days,
            consent_version=rules.consent_version,
            made_up=same_mailbox(values.email, rt.settings.synthetic_email),
        )


async def _take_back_corrected(request: Request, form: Form, values: JoinInput) -> None:
    """Forget the sign-up whose address this one corrects."""
    before = _sent_before(request, as_id(form.get("id")))
    if before is not None and address_key(before["form"]["email"]) != address_key(values.email):
        async with runtime(request).transaction() as session:
            await take_back(session, UUID(before["link"][0]), before["link"][1])


def _sent(request: Request, values: JoinInput, link: tuple[UUID, int]) -> Response:
    """On to "check your mail", with what was sent kept for a correction.

    Nothing in it tells a stranger's address from a member's: both have an id and a generation.
    """
    id_ = random_id()
    response = see_other(f"/join/sent?id={id_}")
    fields = values.model_dump() | {"declared_resident": "yes" if values.declared_resident else ""}
    content = {"id": str(id_), "form": fields, "link": [str(link[0]), link[1]]}
    runtime(request).sealed.set(response, _SENT, "last", content, _CORRECTION_LIFE)
    return response


def joining_rules(rt: Runtime) -> Rules:
    """Who may join here today."""
    return Rules(rt.profile.numbers, rt.today(), rt.profile.minimum_age, rt.profile.own_answers)


def _form(request: Request, values: dict[str, object], errors: FormErrors) -> Response:
    profile = runtime(request).profile
    context = {
        "form": values,
        "errors": errors,
        "stamp": robots.stamp(request, _FORM),
        "place": place_name(str(values.get("postcode") or "")),
        "ask_residence": "declared_resident" in errors,
        "minimum_age": profile.minimum_age,
        "age_wording": _age_wording(request),
    }
    return render(request, "registration/join.html", context)


async def show_sent(request: Request) -> Response:
    """Check your mail: where to, from whom, and what to do if nothing comes."""
    id_ = as_id(request.query_params.get("id"))
    last = _sent_before(request, id_)
    context = {"email": last["form"]["email"] if last else "", "id": id_}
    return render(
        request, "registration/sent.html", context | {"unconfirmed_days": registration_settings().unconfirmed_days}
    )


async def open_confirmation(request: Request) -> Response:
    """The link in the mail after signing up; the button behind it makes a member."""
    return await open_link(request, "confirm", "confirm", "/join/confirm")


async def show_confirmation(request: Request) -> Response:
    """The sign-up behind this link, and one button; a person who is already a member reads that."""
    rt = runtime(request)
    member_id = as_id(request.query_params.get("id"))
    link = held_link(request, "confirm", member_id)
    if member_id is None or link is None:
        return link_over(request, why="elsewhere")
    async with rt.transaction() as session:
        sign_up = await session.get(SignUp, (member_id, link["generation"]))
        member = await session.get(Member, member_id)
    if sign_up is None:
        is_member = member is not None and member.takes_part
        return see_other(f"/join/welcome?id={member_id}") if is_member else link_over(request, why="used")
    return render(request, "registration/confirm.html", {"told": sign_up, "place": place_name(sign_up.area)})


async def confirm_membership(request: Request) -> Response:
    """The button: the applicant becomes a member. A second click finds a member and says the same."""
    rt = runtime(request)
    member_id = (await read_form(request)).id()
    link = held_link(request, "confirm", member_id)
    if link is None:
        return link_over(request, why="elsewhere")
    async with rt.transaction() as session:
        member = await lock_member(session, member_id)
        is_member = member is not None and member.takes_part
        if not is_member and (member is None or not await confirm(session, member, link["generation"], rt.now())):
            return link_over(request, why="used")
    return see_other(f"/join/welcome?id={member_id}")


async def tell_place(request: Request) -> Response:
    """The name of a postcode's place, for the form while it is filled in: ``{"place": "Sandvika"}`` or null."""
    return JSONResponse({"place": place_name(request.query_params.get("postcode", ""))})


async def show_welcome(request: Request) -> Response:
    """What happens next, as far as this browser confirmed who reads it, and a link to pass on."""
    rt, wants_surveys = runtime(request), None
    member_id = as_id(request.query_params.get("id"))
    async with rt.transaction() as session:
        if member_id is not None and held_link(request, "confirm", member_id):
            wants_surveys = "surveys" in await purposes_of(session, member_id)
        surveys = await surveys_now(session, rt.profile.start_size, rt.now())
    context = {"surveys": surveys.open, "stage": surveys.stage, "wants_surveys": wants_surveys}
    return render(request, "registration/welcome.html", context)
