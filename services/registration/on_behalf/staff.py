"""The pages: change something for a member who asked, or fill the join form in for somebody; each with a reason."""

from urllib.parse import urlencode

from services.registration.joining.domain import MESSAGES
from services.registration.joining.pages import joining_rules
from services.registration.mail_links import may_mail
from services.registration.on_behalf.changing import change_on_behalf, standing_in, standing_of
from services.registration.on_behalf.domain import HOWS, ChangeInput, RegisterInput, Standing, changes, needs_wish
from services.registration.on_behalf.registering import register
from services.registration.places import place_name
from services.registration.recruitment.store import channels
from services.registration.settings import registration_settings
from services.registration.store import in_panel, lock_member, member_by_email
from services.registration.tables import Member
from shared.addresses import address_key
from shared.web import Request, Response, or_404, render, runtime, see_other
from shared.web.forms import Form, FormErrors, read_form, validate
from shared.web.staff import audit, staff_required

_MESSAGES = MESSAGES | {
    "how": "Velg hvordan personen ba om det",
    "note": "Skriv hva personen ba om, med høyst 200 tegn",
    "old_enough": "Bekreft at personen har fylt {minimum_age} år, eller gjør det i år",
    "too_young": "Personen må fylle minst {minimum_age} år i år for å bli med",
    "po_box": "Postnummeret gjelder en postboks. Skriv postnummeret der personen bor",
    "elsewhere": "Postnummeret ligger i en annen kommune. Kryss av hvis personen likevel bor i kommunen",
    "purposes.missing": "Velg minst én ting personen vil bli spurt om",
    "purposes.too_short": "Velg minst én ting personen vil bli spurt om",
    "purposes": "Velg fra listen hva personen vil bli spurt om",
    "email": "E-post må fylles ut. Uten e-post kan ingen være med i panelet",
}
_FULL = "Det er sendt for mange e-poster til adressen den siste timen. Vent en time, og prøv igjen"
_TAKEN = "Et annet medlem har e-postadressen, eller noen har meldt seg på med den. To kan ikke dele en adresse"
_NOT_ASKED = "Bare personen selv kan si ja til mer eller avslutte pausen. Velg hvordan personen ba om det"
_NOTHING = "Ingenting er annerledes enn før, så det er ingenting å lagre"
_STALE = "Opplysningene er endret mens du skrev. Her ser du dem som de er nå. Gjør endringen på nytt"


@staff_required("editor")
async def show_change(request: Request) -> Response:
    """The form with what the member has told and chosen."""
    async with runtime(request).transaction() as session:
        member = or_404(in_panel(await session.get(Member, request.path_params["id"])))
        before = await standing_of(session, member)
        await audit(session, request, "registration.member.seen", member.id)
    return _change(request, member, before, _values(member, before))


def _values(member: Member, standing: Standing) -> dict[str, object]:
    return {
        "name": standing.name,
        "email": member.email,
        "year_of_birth": standing.year_of_birth,
        "gender": standing.gender,
        "postcode": standing.postcode,
        "language": standing.language,
        "declared_resident": "yes" if standing.lives_here else "",
        "purposes": sorted(standing.purposes),
        "status": standing.status,
    }


def _change(
    request: Request,
    member: Member,
    before: Standing,
    values: dict[str, object],
    errors: FormErrors | None = None,
    status: int = 200,
) -> Response:
    context = {"member": member, "seen": before.seen, "form": values, "errors": errors or {}, "hows": HOWS}
    context |= _residence(values, errors or {})
    return render(request, "registration/staff_change.html", context, status)


def _residence(values: dict[str, object], errors: FormErrors) -> dict[str, object]:
    return {
        "place": place_name(str(values.get("postcode") or "")),
        "ask_residence": "declared_resident" in errors or values.get("declared_resident") == "yes",
    }


@staff_required("editor")
async def change_for_member(request: Request) -> Response:
    """Show what will change and what the member will read; with ``sure`` do it."""
    rt = runtime(request)
    form = await read_form(request)
    values, errors = validate(ChangeInput, form, _MESSAGES, str, lists=("purposes",), context=joining_rules(rt))
    async with rt.transaction() as session:
        member = or_404(in_panel(await lock_member(session, request.path_params["id"])))
        before = await standing_of(session, member)
        if form.get("seen") != before.seen:
            return _change(request, member, before, _values(member, before), {"": _STALE}, 409)
        codes = changes(before, standing_in(values)) if values else ()
        if values is not None:
            errors = _refused(values, codes)
        email = form.get("email") if "email" not in errors else None
        is_new = email is not None and address_key(email) != before.email
        if email is not None and is_new and await member_by_email(session, email) not in (None, member.id):
            errors |= {"email": _TAKEN}
        if values is None or errors:
            return _change(request, member, before, _as_typed(form), errors, 422)
        if form.get("sure") != "yes":
            context = {"member": member, "changed": codes, "pairs": form.pairs(), "how": HOWS[values.how]}
            context |= {"note": values.note, "email": values.email, "preview": _preview(codes, values)}
            return render(request, "registration/staff_change_sure.html", context)
        if "email" in codes and not await may_mail(request, session, values.email):
            return _change(request, member, before, _as_typed(form), {"email": _FULL}, 422)
        await change_on_behalf(session, member, values, codes, request.state.staff.name, rt.now())
        detail = {"what": list(codes), "how": values.how}
        await audit(session, request, "registration.member.changed_on_behalf", member.id, **detail)
    return see_other(f"/staff/registration/members/{member.id}?done=changed")


def _refused(values: ChangeInput, codes: tuple[str, ...]) -> FormErrors:
    """Why a change that is filled in right may not be made."""
    if not codes:
        return {"": _NOTHING}
    if values.how == "error" and needs_wish(codes):
        return {"how": _NOT_ASKED}
    return {}


def _preview(codes: tuple[str, ...], values: ChangeInput) -> str:
    query = {"purpose": "on_behalf", "language": values.language, "text": " ".join(codes), "status": values.how}
    return f"/staff/notifications/preview?{urlencode(query | {'title': ''})}"


def _as_typed(form: Form) -> dict[str, object]:
    return form.values() | {"purposes": form.all("purposes")}


@staff_required("editor")
async def show_register(request: Request) -> Response:
    """The empty form, or word of the one just sent."""
    return await _register(request, {}, {}, 200)


async def _register(request: Request, values: dict[str, object], errors: FormErrors, status: int) -> Response:
    rt = runtime(request)
    async with rt.transaction() as session:
        choices = [(channel.code, channel.name) for channel in await channels(session)]
    context = {
        "form": values,
        "errors": errors,
        "hows": {code: text for code, text in HOWS.items() if code != "error"},
        "channels": [("", "Ikke kjent"), *choices],
        "minimum_age": rt.profile.minimum_age,
        "days": registration_settings().unconfirmed_days,
        "sent": request.query_params.get("done") == "sent",
    }
    return render(request, "registration/staff_register.html", context | _residence(values, errors), status)


@staff_required("editor")
async def register_person(request: Request) -> Response:
    """Fill the join form in for somebody; the link goes to them."""
    rt = runtime(request)
    form = await read_form(request)
    values, errors = validate(RegisterInput, form, _MESSAGES, str, lists=("purposes",), context=joining_rules(rt))
    if "old_enough" in errors:
        errors["old_enough"] = _MESSAGES["old_enough"].format(minimum_age=rt.profile.minimum_age)
    if values is None:
        return await _register(request, _as_typed(form), errors, 422)
    async with rt.transaction() as session:
        may = await may_mail(request, session, values.email)
        if may:
            member_id, is_new = await register(session, values, request.state.staff.name, rt.now())
            if is_new:
                await audit(session, request, "registration.member.registered", member_id, how=values.how)
            else:
                await audit(session, request, "registration.member.found", member_id)
    if not may:
        return await _register(request, _as_typed(form), {"email": _FULL}, 422)
    if not is_new:
        return see_other(f"/staff/registration/members/{member_id}?done=known")
    return see_other("/staff/registration/register?done=sent")
