"""Staff set the quotas of a meeting: by hand, the panel's, or the population's."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote
from uuid import UUID

from services.meetings.planning.announcing import set_limits
from services.meetings.seats.lottery import FEATURES, Limit
from services.meetings.seats.pool import (
    answers_of,
    heads_of_pool,
    limits_for,
    limits_of_panel,
    limits_of_population,
    newest_margins,
    values_of,
)
from services.meetings.seats.preparing import current_draw
from services.meetings.seats.words import FEATURE_NAMES, value_words
from services.meetings.tables import Margins, Meeting
from shared.web import Request, Response, or_404, render, runtime, see_other
from shared.web.forms import Form, FormErrors, read_form
from shared.web.staff import audit, staff_required


def field_of(which: str, feature: str, value: str) -> str:
    """The field of a least or most in the quota form."""
    return f"{which}-{feature}-{quote(value)}"


def read_limits(
    form: Form, values: Mapping[str, Sequence[str]], seats: int, margins: Margins | None
) -> tuple[list[Limit], FormErrors]:
    """Least and most per value as typed; an empty least is 0, an empty most is all seats."""
    limits: list[Limit] = []
    errors: FormErrors = {}
    for feature, each in values.items():
        for value in each:
            words = value_words(feature, value, margins)
            numbers = []
            for which, usual in (("least", 0), ("most", seats)):
                text = form.get(field_of(which, feature, value)) or str(usual)
                if text.isascii() and text.isdigit() and len(text) <= 3 and int(text) <= seats:
                    numbers.append(int(text))
                else:
                    name = field_of(which, feature, value)
                    errors[name] = f"Skriv plasser for {words} som et helt tall fra 0 til {seats}."
            if len(numbers) == 2 and numbers[0] > numbers[1]:
                errors[field_of("least", feature, value)] = f"Minst kan ikke være mer enn høyst for {words}."
            elif len(numbers) == 2:
                limits.append(Limit(feature, value, *numbers))
        least = sum(limit.least for limit in limits if limit.feature == feature)
        if not errors and least > seats:
            errors[""] = (
                f"{FEATURE_NAMES[feature]}: det som minst må være med, blir {least}. Møtet har {seats} plasser."
            )
    return limits, errors


@staff_required("editor")
async def quota_form(request: Request) -> Response:
    """Least and most seats per gender, age band and area, beside how many there are to draw from."""
    return await _show_quotas(request, None, {}, 200)


@staff_required("editor")
async def save_quotas(request: Request) -> Response:
    """Keep quotas set by hand, take the panel's, or follow the population."""
    rt = runtime(request)
    meeting_id: UUID = request.path_params["meeting_id"]
    form = await read_form(request)
    action = form.get("action")
    async with rt.transaction() as session:
        meeting, margins = or_404(await session.get(Meeting, meeting_id)), or_404(await newest_margins(session))
        heads, _ = await heads_of_pool(session, meeting, margins, rt.now(), rt.profile.contact_cap)
    answers = answers_of(meeting)
    limits: list[Limit] | None = None
    if action == "panel":
        limits = limits_of_panel(margins, heads, meeting.seats, answers)
    elif action == "hand":
        limits, errors = read_limits(form, values_of(margins, answers), meeting.seats, margins)
        if errors:
            return await _show_quotas(request, form.values(), errors, 422)
    elif action != "population":
        return see_other(f"/staff/meetings/{meeting_id}/quotas")
    async with rt.transaction() as session:
        kept = await set_limits(session, meeting_id, limits) is not None
        if kept:
            await audit(session, request, "meetings.quotas.set", meeting_id, by_hand=limits is not None)
    return see_other(f"/staff/meetings/{meeting_id}/draw{'?saved=quotas' if kept else ''}")


async def _show_quotas(
    request: Request, fields: Mapping[str, object] | None, errors: FormErrors, status: int
) -> Response:
    rt = runtime(request)
    async with rt.transaction() as session:
        meeting = or_404(await session.get(Meeting, request.path_params["meeting_id"]))
        margins = or_404(await newest_margins(session))
        heads, _ = await heads_of_pool(session, meeting, margins, rt.now(), rt.profile.contact_cap)
        draw = await current_draw(session, meeting.id)
    if meeting.state != "announced" or (draw is not None and draw.state != "infeasible"):
        return see_other(f"/staff/meetings/{meeting.id}/draw")
    by_population = {
        (limit.feature, limit.value): limit for limit in limits_of_population(margins, heads, meeting.seats)
    }
    form = fields or {
        field_of(which, limit.feature, limit.value): getattr(limit, which)
        for limit in limits_for(meeting, margins, heads)
        for which in ("least", "most")
    }
    features = [
        (
            FEATURE_NAMES[feature],
            [
                {
                    "words": value_words(feature, value, margins),
                    "least": field_of("least", feature, value),
                    "most": field_of("most", feature, value),
                    "pool": sum(n for kind, n in heads.items() if kind[FEATURES.index(feature)] == value),
                    "population": by_population.get((feature, value)),
                }
                for value in values
            ],
        )
        for feature, values in values_of(margins, answers_of(meeting)).items()
    ]
    context = {"meeting": meeting, "features": features, "form": form, "errors": errors, "source": margins.area_source}
    return render(request, "meetings/staff_quotas.html", context, status)
