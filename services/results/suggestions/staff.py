"""Triage: staff read matters, decide on them, answer their senders and choose what is public."""

from dataclasses import asdict
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from services.results.suggestions import store
from services.results.suggestions.deciding import decide as decide_on
from services.results.suggestions.deciding import notice_to
from services.results.suggestions.domain import STATES, Decision, mark, problems, settled
from services.results.suggestions.pages import STATES as STATES_AS_SHOWN
from services.results.tables import Suggestion
from shared.database import count_rows
from shared.rules import ONE_LINE
from shared.web import Request, Response, or_404, render, runtime, see_other, translate
from shared.web.forms import FormErrors, read_form, validate
from shared.web.lists import list_view
from shared.web.staff import audit, audit_of, staff_required
from shared.web.tables import table_file

NAMES = {
    "new": "Ny", "considered": "Til vurdering", "answered": "Besvart", "forwarded": "Sendt videre",
    "merged": "Slått sammen", "declined": "Ikke fulgt opp",
}  # fmt: skip
_FILTERS = {"state": STATES, "public": ("yes", "no"), "channel": ("form", "mail")}
_COLUMNS = ("id", "kom", "kanal", "status", "offentlig", "besvart")
_MESSAGES = {
    "state": "Velg hva som skal skje",
    "answer": "Svaret kan ha høyst 4000 tegn",
    "public_heading": "Overskriften kan ha høyst 120 tegn",
    "public_text": "Teksten kan ha høyst 4000 tegn",
    "forwarded_to": "Kan ha høyst 200 tegn",
}
_OUTDATED = "Noen andre har behandlet saken siden du åpnet siden. Ingenting er lagret, og ingen e-post er sendt"


class DecisionInput(BaseModel):
    """The triage form."""

    state: Literal["new", "considered", "answered", "forwarded", "merged", "declined"]
    answer: Annotated[str, Field(max_length=4000)] = ""
    public: bool = False
    public_heading: Annotated[str, Field(max_length=120), ONE_LINE] = ""
    public_text: Annotated[str, Field(max_length=4000)] = ""
    forwarded_to: Annotated[str, Field(max_length=200), ONE_LINE] = ""
    merged_into: Annotated[str, Field(max_length=80)] = ""


@staff_required("reader")
async def show_suggestions(request: Request) -> Response:
    """Suggestions by state; the file has no text, which may hold a person."""
    view = list_view(request, _FILTERS, ("oldest",))
    async with runtime(request).transaction() as session:
        statement = store.chosen(view.filters)
        total = await count_rows(session, statement)
        rows = (await session.scalars(view.part(statement))).all()
        if view.form:
            await audit(session, request, "results.suggestions.exported", None, count=total)
    if view.form:
        zone = runtime(request).settings.zone
        lines = (
            [str(row.id), row.registered_at.astimezone(zone).date().isoformat(), row.channel, NAMES[row.state],
             "ja" if row.slug else "nei",
             row.answered_at.astimezone(zone).date().isoformat() if row.answered_at else None]
            for row in rows
        )  # fmt: skip
        return table_file("forslag", _COLUMNS, lines, view.form)
    context = {"rows": rows, "total": total, "view": view, "names": NAMES}
    return render(request, "results/staff_suggestions.html", context)


@staff_required("reader")
async def show_suggestion(request: Request) -> Response:
    """One matter as its sender wrote it, and the form to decide."""
    async with runtime(request).transaction() as session:
        suggestion = or_404(await session.get(Suggestion, request.path_params["id"]))
        await audit(session, request, "results.suggestion.seen", suggestion.id)
    return await _page(request, suggestion, {}, {}, 200)


async def _page(
    request: Request, suggestion: Suggestion, form: dict[str, object], errors: FormErrors, status: int
) -> Response:
    async with runtime(request).transaction() as session:
        public = await store.public_suggestions(session)
        current = await store.standing(session, suggestion)
        history = await audit_of(session, suggestion.id)
        new, next_new = await store.count(session, Suggestion.state == "new", Suggestion.id != suggestion.id)
    values = form or {
        **asdict(current),
        "public": "yes" if current.public else "",
        "public_heading": current.public_heading or suggestion.heading,
        "public_text": current.public_text or suggestion.text,
    }
    context = {
        "suggestion": suggestion,
        "others": [(other.slug, other.public_heading) for other in public if other.id != suggestion.id],
        "form": values,
        # A form shown again stays about the version its reader saw, until they are told that it is outdated.
        "seen": form["seen"] if form.get("seen") and status != 409 else mark(current),
        "outdated": status == 409,
        "errors": errors,
        "names": NAMES,
        "history": history,
        "new": new,
        "next_new": next_new,
    }
    return render(request, "results/staff_suggestion.html", context, status)


@staff_required("editor")
async def decide(request: Request) -> Response:
    """Show whom it reaches, the mail and the public page; with ``confirmed`` from that page, keep it and tell.

    A second click changes nothing; neither does a page that somebody else's decision has made outdated.
    """
    rt = runtime(request)
    form = await read_form(request)
    values, errors = validate(DecisionInput, form, _MESSAGES, str)
    suggestion_id: UUID = request.path_params["id"]
    confirmed, status = form.get("confirmed") == "yes", 422
    async with rt.transaction() as session:
        suggestion = or_404(await store.lock_suggestion(session, suggestion_id))
        if values is not None and form.get("action") != "change":
            decision, current = settled(Decision(**values.model_dump())), await store.standing(session, suggestion)
            if confirmed and decision == current:
                return see_other(f"/staff/results/suggestions/{suggestion_id}?saved=1")
            target = await store.public_suggestion(session, decision.merged_into) if decision.merged_into else None
            if form.get("seen") != mark(current):
                errors, status = {"": _OUTDATED}, 409
            else:
                errors = problems(decision)
                if decision.state == "merged" and (target is None or target.id == suggestion.id):
                    errors |= {"merged_into": "Velg en annen sak som er offentlig"}
            if not errors and not confirmed:
                return _confirm(request, suggestion, decision, current, target)
            if not errors:
                notice = await decide_on(session, suggestion, decision, target.id if target else None, rt.now())
                detail = {"state": decision.state, "public": decision.public, "told": notice or "nothing"}
                await audit(session, request, "results.suggestion.decided", suggestion.id, **detail)
                return see_other(f"/staff/results/suggestions/{suggestion_id}?saved=1")
    return await _page(request, suggestion, form.values(), errors, status if errors else 200)


def _confirm(
    request: Request, suggestion: Suggestion, decision: Decision, standing: Decision, target: Suggestion | None
) -> Response:
    notice = notice_to(suggestion, decision)
    mail = {
        "purpose": f"suggestion_{notice}",
        "language": suggestion.language,
        "title": suggestion.heading or decision.public_heading,
        "text": decision.answer,
        "status": decision.state,
        "slug": (suggestion.slug or "…") if decision.public else "",
    }
    context = {
        "suggestion": suggestion,
        "values": {**asdict(decision), "public": "yes" if decision.public else "", "seen": mark(standing)},
        "mail": mail if notice else None,
        "decision": decision,
        "was_public": standing.public,
        "matter": decision,
        "came_at": suggestion.registered_at,
        "state": translate(request).gettext(STATES_AS_SHOWN[decision.state]),
        "joined": target,
    }
    return render(request, "results/staff_suggestion_confirm.html", context)
