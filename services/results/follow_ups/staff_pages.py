"""Staff record what something led to; those who took part get it by mail if they want."""

from datetime import date
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, Field

from services.results.follow_ups import store
from services.results.tables import FollowUp
from shared.ids import new_id
from shared.messaging import emit, lock
from shared.web import (
    FormErrors,
    Request,
    Response,
    Route,
    audit,
    read_form,
    render,
    rule_broken,
    runtime,
    see_other,
    staff_required,
    validate,
)

_MESSAGES = {
    "about": "Velg hva det gjelder",
    "done": "Skriv hva kommunen har gjort, med høyst 600 tegn",
    "done_nn": "Teksten på nynorsk kan ha høyst 600 tegn",
    "done_en": "Teksten på engelsk kan ha høyst 600 tegn",
    "done_on": "Velg dagen det ble gjort",
    "link": "Lenken må begynne med https:// og ha høyst 500 tegn",
}


def _https(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme != "https" or not parts.hostname or any(character.isspace() for character in value):
        raise rule_broken("link")
    return value


class FollowUpInput(BaseModel):
    """The form as it must be."""

    about: Annotated[str, Field(min_length=1)]
    done: Annotated[str, Field(min_length=1, max_length=600)]
    done_nn: Annotated[str | None, Field(max_length=600)] = None
    done_en: Annotated[str | None, Field(max_length=600)] = None
    done_on: date
    link: Annotated[str, Field(max_length=500), AfterValidator(_https)] | None = None


@staff_required("reader")
async def show_follow_ups(request: Request) -> Response:
    """Everything recorded so far, and the form for one more."""
    return await _page(request, {"about": request.query_params.get("about", "")}, {}, 200)


async def _page(request: Request, form: dict[str, Any], errors: FormErrors, status: int) -> Response:
    async with runtime(request).transaction() as session:
        objects = await store.objects(session)
        rows = await store.all_of_them(session)
    titles = {about_id: title for _, about_id, _, title in objects.values()}
    context = {
        "objects": [(key, title) for key, (_, _, _, title) in objects.items()],
        "rows": [(row, titles.get(row.about_id, row.slug)) for row in rows],
        "paths": store.PATHS,
        "form": {"done_on": runtime(request).today().isoformat(), **form},
        "errors": errors,
    }
    return render(request, "results/staff_follow_ups.html", context, status)


@staff_required("editor")
async def record_follow_up(request: Request) -> Response:
    """Keep it, show it where it belongs, and tell the other services."""
    rt = runtime(request)
    form = await read_form(request)
    values, errors = validate(FollowUpInput, form, _MESSAGES, str)
    if values is not None and values.done_on > rt.today():
        errors = {"done_on": "Dagen kan ikke være i framtiden"}
    async with rt.transaction() as session:
        found = (await store.objects(session)).get(values.about) if values else None
        if values is not None and found is None:
            errors |= {"about": _MESSAGES["about"]}
        if values is not None and found is not None and not errors:
            about, about_id, slug, _ = found
            texts = {"nb": values.done, "nn": values.done_nn, "en": values.done_en}
            follow_up = FollowUp(
                id=new_id(),
                about=about,
                about_id=about_id,
                slug=slug,
                done={code: text for code, text in texts.items() if text},
                done_on=values.done_on,
                link=values.link,
                recorded_at=rt.now(),
            )
            session.add(follow_up)
            await session.flush()
            await lock(session, follow_up.id)
            await emit(session, store.recorded_event(follow_up))
            await audit(session, request, "results.follow_up.recorded", follow_up.id, about=about)
    if values is None or errors:
        return await _page(request, form.values(), errors, 422)
    return see_other("/staff/results/follow-ups")


PAGES = [
    Route("/staff/results/follow-ups", show_follow_ups),
    Route("/staff/results/follow-ups", record_follow_up, methods=["POST"]),
]
