"""Triage: what came in, what becomes of it, what its sender is told, what is public."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from services.results.suggestions import store
from services.results.suggestions.domain import STATES, Decision, problems
from services.results.tables import Suggestion
from shared.web import (
    FORMATS,
    FormErrors,
    Request,
    Response,
    Route,
    audit,
    audit_of,
    list_view,
    problem,
    read_form,
    render,
    runtime,
    see_other,
    staff_required,
    table_file,
    validate,
)
from shared.web.lists import PER_PAGE

NAMES = {
    "new": "Ny", "considered": "Til vurdering", "answered": "Besvart", "forwarded": "Sendt videre",
    "merged": "Slått sammen", "declined": "Ikke tatt videre",
}  # fmt: skip
_FILTERS = {"state": STATES, "public": ("yes", "no"), "channel": ("form", "mail")}
_COLUMNS = ("id", "kom", "kanal", "tilstand", "offentlig", "besvart")
_MESSAGES = {
    "state": "Velg hva som skal skje",
    "answer": "Svaret kan ha høyst 4000 tegn",
    "public_heading": "Overskriften kan ha høyst 120 tegn",
    "public_text": "Teksten kan ha høyst 4000 tegn",
    "forwarded_to": "Kan ha høyst 200 tegn",
}


class DecisionInput(BaseModel):
    """The triage form."""

    state: Literal["new", "considered", "answered", "forwarded", "merged", "declined"]
    answer: Annotated[str, Field(max_length=4000)] = ""
    public: bool = False
    public_heading: Annotated[str, Field(max_length=120)] = ""
    public_text: Annotated[str, Field(max_length=4000)] = ""
    forwarded_to: Annotated[str, Field(max_length=200)] = ""
    merged_into: Annotated[str, Field(max_length=80)] = ""


@staff_required("reader")
async def show_suggestions(request: Request) -> Response:
    """Suggestions by state; the file has no text, which may hold a person."""
    view = list_view(request, _FILTERS, ("oldest",))
    conditions: list[Any] = [
        getattr(Suggestion, name) == view.filters[name] for name in ("state", "channel") if name in view.filters
    ]
    if "public" in view.filters:
        public = Suggestion.slug.is_not(None)
        conditions.append(public if view.filters["public"] == "yes" else ~public)
    form = request.query_params.get("form")
    async with runtime(request).transaction() as session:
        total = await store.count(session, *conditions)
        whole = form in FORMATS
        rows = await store.listed(session, conditions, 0 if whole else view.offset, None if whole else PER_PAGE)
        if whole:
            await audit(session, request, "results.suggestions.exported", None, count=total)
    if form in FORMATS:
        lines = (
            [str(row.id), row.registered_at.date().isoformat(), row.channel, NAMES[row.state],
             "ja" if row.slug else "nei", row.answered_at.date().isoformat() if row.answered_at else None]
            for row in rows
        )  # fmt: skip
        return table_file("forslag", _COLUMNS, lines, form)
    context = {"rows": rows, "total": total, "view": view, "names": NAMES}
    return render(request, "results/staff_suggestions.html", context)


@staff_required("reader")
async def show_suggestion(request: Request) -> Response:
    """One matter as its sender wrote it, and the form to decide."""
    async with runtime(request).transaction() as session:
        suggestion = await session.get(Suggestion, request.path_params["id"])
        if suggestion is None:
            return problem(request, 404)
        await audit(session, request, "results.suggestion.seen", suggestion.id)
    return await _page(request, suggestion, {}, {}, 200)


async def _page(
    request: Request, suggestion: Suggestion, form: dict[str, Any], errors: FormErrors, status: int
) -> Response:
    async with runtime(request).transaction() as session:
        public = await store.public_suggestions(session)
        history = await audit_of(session, suggestion.id)
    values = form or {
        "state": suggestion.state,
        "answer": suggestion.answer,
        "public": "yes" if suggestion.slug else "",
        "public_heading": suggestion.public_heading or suggestion.heading,
        "public_text": suggestion.public_text or suggestion.text,
        "forwarded_to": suggestion.forwarded_to,
        "merged_into": next((one.slug for one in public if one.id == suggestion.merged_into), ""),
    }
    context = {
        "suggestion": suggestion,
        "others": [(one.slug, one.public_heading) for one in public if one.id != suggestion.id],
        "form": values,
        "errors": errors,
        "names": NAMES,
        "history": history,
    }
    return render(request, "results/staff_suggestion.html", context, status)


@staff_required("editor")
async def decide(request: Request) -> Response:
    """Keep the decision; the sender gets a mail when what they are told has changed."""
    rt = runtime(request)
    form = await read_form(request)
    values, errors = validate(DecisionInput, form, _MESSAGES, str)
    suggestion_id: UUID = request.path_params["id"]
    async with rt.transaction() as session:
        suggestion = await store.lock_suggestion(session, suggestion_id)
        if suggestion is None:
            return problem(request, 404)
        if values is not None:
            decision = Decision(**values.model_dump())
            errors = problems(decision)
            joined = await store.public_suggestion(session, decision.merged_into) if decision.merged_into else None
            if decision.state == "merged" and (joined is None or joined.id == suggestion.id):
                errors |= {"merged_into": "Velg en annen sak som er offentlig"}
            if not errors:
                notice = await store.decide(session, suggestion, decision, joined.id if joined else None, rt.now())
                detail = {"state": decision.state, "public": decision.public, "told": notice or "nothing"}
                await audit(session, request, "results.suggestion.decided", suggestion.id, **detail)
    if values is None or errors:
        return await _page(request, suggestion, form.values(), errors, 422)
    return see_other(f"/staff/results/suggestions/{suggestion_id}")


PAGES = [
    Route("/staff/results/suggestions", show_suggestions),
    Route("/staff/results/suggestions/{id:uuid}", show_suggestion),
    Route("/staff/results/suggestions/{id:uuid}", decide, methods=["POST"]),
]
