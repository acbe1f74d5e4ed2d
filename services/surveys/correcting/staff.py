"""Staff correct a typo in an open survey: part by part, before and after side by side, asked about once."""

from services.surveys.correcting.correcting import MOST, correct
from services.surveys.correcting.domain import Change, changes_in, corrected, part_of, texts_of
from services.surveys.editing.naming import LANGUAGE_NAMES
from services.surveys.fieldwork.curve import survey_title
from services.surveys.tables import Survey
from shared.events.questionnaire import QUOTE, RulesBroken, strict
from shared.rules import on_one_line
from shared.web import Request, Response, or_404, problem, render, runtime, see_other
from shared.web.forms import REFUSED_CHARACTERS, Form, FormErrors, read_form
from shared.web.staff import audit, staff_required

_LONGEST = 1_000
_TOO_LONG = "Teksten kan ha høyst 1000 tegn."
_QUOTES = "Sitater av tidligere svar, som {reisemate}, må stå slik de er."


@staff_required("editor")
async def show_texts(request: Request) -> Response:
    """The texts of one part, each in a field."""
    async with runtime(request).transaction() as session:
        survey = or_404(await session.get(Survey, request.path_params["survey_id"]))
    return _refused(request, survey) or _page(request, survey, {}, {})


@staff_required("editor")
async def correct_texts(request: Request) -> Response:
    """Show what would change; with ``confirmed``, change it."""
    rt, form = runtime(request), await read_form(request)
    async with rt.transaction() as session:
        survey = or_404(await session.get(Survey, request.path_params["survey_id"]))
        if (refusal := _refused(request, survey)) is not None:
            return refusal
        texts = _wanted(survey, form)
        content = survey.questionnaire.content()
        changes = changes_in(content, texts)
        errors = {_field(each): _TOO_LONG for each in changes if len(each.after) > _LONGEST}
        errors |= dict.fromkeys(sorted(form.refused), REFUSED_CHARACTERS)
        try:
            if not errors:
                strict(corrected(content, changes))
        except (RulesBroken, ValueError):
            requoted = [each for each in changes if QUOTE.findall(each.before) != QUOTE.findall(each.after)]
            errors = {_field(each): _QUOTES for each in requoted} or {"": _QUOTES}
        if not (errors or changes):
            errors = {"": "Ingen tekster er endret."}
        if errors:
            return _page(request, survey, texts, errors)
        if form.get("confirmed") != "yes":
            context = {
                "survey": survey,
                "title": survey_title(survey),
                "part": request.path_params["part"],
                "changes": changes,
                "names": LANGUAGE_NAMES,
            }
            return render(request, "surveys/staff_texts_confirm.html", context)
        changes_made = await correct(session, survey.id, texts, rt.now())
        if changes_made:
            await audit(session, request, "surveys.survey.corrected", survey.id, texts=len(changes_made))
    return see_other(f"/staff/surveys/{survey.id}?saved=texts")


def _refused(request: Request, survey: Survey) -> Response | None:
    """The page that says why this cannot be corrected; None when the survey's texts can be, and it has the part."""
    if survey.state not in ("open", "paused") or survey.corrected >= MOST:
        return see_other(f"/staff/surveys/{survey.id}")
    exists = 0 <= request.path_params["part"] <= len(survey.questionnaire.pages)
    return None if exists else problem(request, 404)


def _wanted(survey: Survey, form: Form) -> dict[tuple[str, str], str]:
    """The fields that are there, by path and language; only the introduction has several lines, as in the editor."""
    return {
        (path, language): value if path == "introduction" else on_one_line(value)
        for path, texts in texts_of(survey.questionnaire.content())
        for language in texts
        if (value := form.get(f"{path}.{language}")) is not None
    }


def _field(change: Change) -> str:
    return f"{change.path}.{change.language}"


def _page(request: Request, survey: Survey, wishes: dict[tuple[str, str], str], errors: FormErrors) -> Response:
    number: int = request.path_params["part"]
    front, part = part_of(survey.questionnaire.content(), number)
    fields: list[dict[str, object]] = [
        {
            "name": f"{path}.{language}",
            "label": f"{_beginning(texts['nb'])} ({LANGUAGE_NAMES[language]})",
            "value": wishes.get((path, language), text),
            "rows": 1 + len(text) // 80,
        }
        for path, texts in texts_of(part, front)
        for language, text in texts.items()
    ]
    context = {
        "survey": survey,
        "title": survey_title(survey),
        "part": number,
        "parts": ["Tittel og innledning", *(page.title.nb for page in survey.questionnaire.pages)],
        "fields": fields,
        "errors": errors,
    }
    return render(request, "surveys/staff_texts.html", context, 422 if errors else 200)


def _beginning(text: str) -> str:
    """What a field is called by: the text, or as much of it as a label holds."""
    return text if len(text) <= 60 else f"{text[:59].rstrip()}…"
