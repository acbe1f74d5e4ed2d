"""The page on which an administrator changes the municipality's profile; what is chosen wins over the folder."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from services.registration.municipality.drawing import drawing_alone
from services.registration.population.counting import announce_population
from shared.events.registration import ProfileChanged
from shared.messaging import emit, lock
from shared.profile import TEXT_PAGES, Profile
from shared.profile.keeping import PROFILE_ID, keep_choices, last_change, take_up_profile
from shared.profile.own_questions import UnevenLanguages, read_lines, written_lines
from shared.web import Request, Response, render, runtime, see_other
from shared.web.forms import Form, read_form
from shared.web.i18n import NAMES
from shared.web.staff import audit, staff_required

_LARGEST = 400_000
_LINES = ("name", "contact_email", "data_protection_email", "accessibility_url", "accent")
_BY_LANGUAGE = ("panel_name", "age_wording")
_NUMBERS = ("start_size", "goal_size", "minimum_age", "contact_cap")
_TITLES = {"front": "Forsiden", "about": "Om panelet", "privacy": "Personvern", "accessibility": "Tilgjengelighet"}
_WRONG = {
    "name": "Kommunens navn må være på én linje og ikke tomt",
    "panel_name": "Panelets navn må være på én linje, høyst 120 tegn",
    "age_wording": "Ordene ved alderen må være på én linje, høyst 120 tegn",
    "contact_email": "Adressen til panelet må være en e-postadresse",
    "data_protection_email": "Adressen til personvernombudet må være en e-postadresse",
    "accessibility_url": "Adressen må begynne med https://",
    "accent": "Skriv fargen som # og seks tegn, for eksempel #1f5c53",
    "logo": "Merket må være et bilde i SVG, høyst 60 000 tegn",
    "languages": "Velg minst ett språk",
    "start_size": "Skriv et tall, for eksempel 200",
    "goal_size": "Skriv et tall, for eksempel 500",
    "minimum_age": "Skriv et tall fra 13, for eksempel 15",
    "contact_cap": "Skriv et tall fra 1 til 100, for eksempel 6",
    "own_questions": "Skriv høyst tre spørsmål, hvert med 2 til 12 ulike svar, og like mange på hvert språk",
    "texts": "En tekst er for lang",
    "": "Første undersøkelse kan ikke kreve flere medlemmer enn målet",
}


@staff_required("reader")
async def show_profile(request: Request) -> Response:
    """The whole profile in force."""
    return _page(request, runtime(request).profile, {}, 200)


def _page(request: Request, profile: Profile | Mapping[str, Any], errors: Mapping[str, str], status: int) -> Response:
    values = profile.model_dump() if isinstance(profile, Profile) else profile
    questions = profile.own_questions if isinstance(profile, Profile) else ()
    context = {
        "values": values, "errors": errors, "names": NAMES, "pages": [(page, _TITLES[page]) for page in TEXT_PAGES],
        "own_lines": values.get("own_lines") or {code: written_lines(questions, code) for code in NAMES},
        "saved": request.query_params.get("saved") == "yes",
    }  # fmt: skip
    return render(request, "registration/staff_profile.html", context, status)


@staff_required("admin")
async def save_profile(request: Request) -> Response:
    """Keep what differs from the installed profile, and tell every service; a new lowest age also the population."""
    rt, form = runtime(request), await read_form(request, max_bytes=_LARGEST)
    installed = rt.settings.installed
    values = await _typed(form, rt.profile)
    own_lines = values.pop("own_lines")
    try:
        values["own_questions"] = read_lines(own_lines, rt.profile.own_questions)
        choices = differing(installed, values)
        installed.with_choices(choices)
    except (ValidationError, UnevenLanguages) as problems:
        wrong = (
            {str(error["loc"][0]) if error["loc"] else "" for error in problems.errors()}
            if isinstance(problems, ValidationError)
            else {"own_questions"}
        )
        return _page(request, values | {"own_lines": own_lines}, {name: _WRONG[name] for name in wrong}, 422)
    event = ProfileChanged(profile_id=PROFILE_ID, choices=choices, changed_at=rt.now())
    async with rt.transaction() as session:
        await lock(session, PROFILE_ID)
        before = await last_change(session)
        names = sorted({*choices, *(before.choices if before else ())})
        await keep_choices(session, event)
        await emit(session, event)
        await announce_population(session, rt.settings)
        await audit(session, request, "registration.profile.changed", PROFILE_ID, entries=names)
    await take_up_profile(rt)
    return see_other("/staff/registration/profile?saved=yes")


async def _typed(form: Form, now: Profile) -> dict[str, Any]:
    """The form as entries of a profile; a number that is none stays as it was written, for the check to refuse."""
    fields: dict[str, Any] = {name: form.get(name) or "" for name in _LINES}
    fields |= {
        name: int(value) if (value := form.get(name) or "").isascii() and value.isdigit() else value
        for name in _NUMBERS
    }
    first = form.get("first_language") or ""
    offered = [code for code in form.all("languages") if code in NAMES]
    fields["languages"] = tuple(sorted(offered, key=lambda code: (code != first, list(NAMES).index(code))))
    for name in _BY_LANGUAGE:
        fields[name] = {code: text for code in NAMES if (text := form.get(f"{name}.{code}"))}
    # A panel has a name in some language: emptied everywhere it is called what it was called before.
    fields["panel_name"] = fields["panel_name"] or dict(now.panel_name)
    fields["texts"] = {page: {code: form.get(f"{page}.{code}") or "" for code in NAMES} for page in TEXT_PAGES}
    fields["own_lines"] = {code: form.get(f"own_questions.{code}") or "" for code in NAMES}
    file = form.files.get("logo")
    raw = await file.read() if file else b""
    # What is no drawing is refused as any text that is none.
    fields["logo"] = drawing_alone(raw) or "?" if raw else now.logo
    return fields


def differing(installed: Profile, entries: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the form's entries that are not as installed; an emptied text is as installed."""
    as_installed = installed.model_dump(mode="json")
    choices = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in entries.items()
        if name != "texts" and (list(value) if isinstance(value, tuple) else value) != as_installed[name]
    }
    texts: dict[str, dict[str, str]] = {}
    for page, by_code in entries["texts"].items():
        before = installed.texts.get(page, {})
        own_texts = {
            code: text for code, text in by_code.items() if text and text.strip() != before.get(code, "").strip()
        }
        if own_texts:
            texts[page] = own_texts
    return choices | ({"texts": texts} if texts else {})
