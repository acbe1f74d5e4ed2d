"""Pages for residents: the form, the thanks, and every public matter with its status and answer."""

from typing import Annotated

import sqlalchemy as sa
from pydantic import AfterValidator, BaseModel, Field

from services.results.settings import results_settings
from services.results.suggestions import store
from services.results.suggestions.registering import register
from services.results.tables import FollowUp, Suggestion
from shared.addresses import checked_address
from shared.ids import new_id
from shared.rules import ONE_LINE
from shared.web import N_, Request, Response, or_404, render, robots, runtime, see_other, translate
from shared.web.again import show_again, typed_before
from shared.web.forms import Form, FormErrors, read_form, validate
from shared.web.limits import MAIL_FROM_ONE

_FORM = "suggest"
STATES = {
    "new": N_("Mottatt"),
    "considered": N_("Til vurdering"),
    "answered": N_("Besvart"),
    "forwarded": N_("Sendt videre"),
    "merged": N_("Slått sammen med en annen sak"),
    "declined": N_("Ikke fulgt opp"),
}
MESSAGES = {
    "heading": N_("Hva saken gjelder, må fylles ut"),
    "heading.string_too_long": N_("Overskriften kan ha høyst {max_length} tegn"),
    "place.one_line": N_("Stedet må stå på én linje"),
    "heading.one_line": N_("Overskriften må stå på én linje"),
    "text": N_("Forslaget må fylles ut"),
    "text.string_too_long": N_("Forslaget kan ha høyst {max_length} tegn"),
    "place.string_too_long": N_("Stedet kan ha høyst {max_length} tegn"),
    "why.string_too_long": N_("Begrunnelsen kan ha høyst {max_length} tegn"),
    "email_form": N_("E-post må skrives slik: navn@eksempel.no. Foran @ kan det ikke stå æ, ø eller å"),
    "email.string_too_long": N_("E-post kan ha høyst {max_length} tegn"),
}


class SuggestionInput(BaseModel):
    """The form as it must be."""

    heading: Annotated[str, Field(min_length=1, max_length=120), ONE_LINE]
    text: Annotated[str, Field(min_length=1, max_length=4000)]
    place: Annotated[str, Field(max_length=120), ONE_LINE] | None = None
    why: Annotated[str | None, Field(max_length=2000)] = None
    email: Annotated[str, Field(max_length=254), AfterValidator(checked_address)] | None = None


async def show_suggestions(request: Request) -> Response:
    """The form, what happens then, and every public matter; or the form with what was typed and has faults."""
    fields = await typed_before(request, _FORM)
    if fields is None:
        return await _page(request, {}, {})
    return await _page(request, fields.values(), robots.fault(request) or _validated(request, fields)[1])


def _validated(request: Request, form: Form) -> tuple[SuggestionInput | None, FormErrors]:
    return validate(SuggestionInput, form, MESSAGES, translate(request).gettext)


async def _page(request: Request, form: dict[str, object], errors: FormErrors) -> Response:
    async with runtime(request).transaction() as session:
        public = await store.public_suggestions(session)
    context = {"public": public, "states": STATES, "form": form, "errors": errors}
    context["stamp"] = robots.stamp(request, _FORM)
    return render(request, "results/suggest.html", context)


async def suggest(request: Request) -> Response:
    """Keep the matter and send a receipt to the address, if one was given."""
    rt = runtime(request)
    form = await read_form(request)
    if robots.is_trapped(form):
        return see_other("/suggest/thanks")
    await request.app.state.limiter.check(request, "suggest")
    values, _ = _validated(request, form)
    if values is None:
        return await show_again(request, _FORM, "/suggest?again=yes", form)
    if robots.is_too_fast(request, _FORM, form, results_settings().minimum_fill_seconds):
        return await show_again(request, _FORM, "/suggest?again=fast", form)
    if not await request.app.state.limiter.within(request, MAIL_FROM_ONE):
        return await show_again(request, _FORM, "/suggest?again=many", form)
    async with rt.transaction() as session:
        await register(
            session,
            new_id(),
            rt.now(),
            email=values.email,
            channel="form",
            language=request.state.lang,
            heading=values.heading,
            text=values.text,
            place=values.place,
            why=values.why,
            wants_answer=values.email is not None,
        )
    return see_other("/suggest/thanks")


async def show_thanks(request: Request) -> Response:
    """What happens now."""
    return render(request, "results/suggest_thanks.html")


async def show_suggestion(request: Request) -> Response:
    """One public matter: wording, status, answer, what it led to."""
    async with runtime(request).transaction() as session:
        suggestion = or_404(await store.public_suggestion(session, request.path_params["slug"]))
        follow_ups = (
            await session.scalars(
                sa.select(FollowUp).where(FollowUp.about_id == suggestion.id).order_by(FollowUp.done_on.desc())
            )
        ).all()
        target = await session.get(Suggestion, suggestion.merged_into) if suggestion.merged_into else None
    context = {
        "suggestion": suggestion,
        "matter": suggestion,
        "came_at": suggestion.registered_at,
        "state": translate(request).gettext(STATES[suggestion.state]),
        "joined": target,
        "follow_ups": follow_ups,
    }
    return render(request, "results/suggestion.html", context)
