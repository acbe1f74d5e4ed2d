"""Staff record what a result or meeting led to; participants who want it get a mail."""

from datetime import date
from typing import Annotated
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from services.results.follow_ups import store
from services.results.tables import FollowUp
from shared.ids import new_id
from shared.messaging import emit, lock
from shared.web import Request, Response, or_404, render, rule_broken, runtime, see_other
from shared.web.forms import Form, FormErrors, as_id, read_form, right_fields, validate
from shared.web.staff import audit, audit_of, staff_required

_MESSAGES = {
    "about": "Velg hva det gjelder",
    "done": "Skriv hva kommunen har gjort, med høyst 600 tegn",
    "done_nn": "Teksten på nynorsk kan ha høyst 600 tegn",
    "done_en": "Teksten på engelsk kan ha høyst 600 tegn",
    "done_on": "Velg dagen det ble gjort",
    "link": "Lenken må begynne med https:// og ha høyst 500 tegn",
}
_FUTURE = "Dagen kan ikke være i framtiden"


def _https(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme != "https" or not parts.hostname or any(character.isspace() for character in value):
        raise rule_broken("link")
    return value


class DoneInput(BaseModel):
    """The form's fields about what was done."""

    done: Annotated[str, Field(min_length=1, max_length=600)]
    done_nn: Annotated[str | None, Field(max_length=600)] = None
    done_en: Annotated[str | None, Field(max_length=600)] = None
    done_on: date
    link: Annotated[str, Field(max_length=500), AfterValidator(_https)] | None = None

    def kept(self) -> dict[str, object]:
        """As a follow-up keeps it."""
        texts = {"nb": self.done, "nn": self.done_nn, "en": self.done_en}
        by_code = {code: text for code, text in texts.items() if text}
        return {"done": by_code, "done_on": self.done_on, "link": self.link}


class FollowUpInput(DoneInput):
    """The form for a new one."""

    about: Annotated[str, Field(min_length=1)]


def _future(request: Request, form: Form, errors: FormErrors) -> FormErrors:
    done_on = right_fields(DoneInput, form, errors).get("done_on")
    return {"done_on": _FUTURE} if done_on is not None and done_on > runtime(request).today() else {}


@staff_required("reader")
async def show_follow_ups(request: Request) -> Response:
    """Everything recorded so far, and the form for one more."""
    return await _page(request, {"about": request.query_params.get("about", "")}, {}, 200)


async def _page(request: Request, form: dict[str, object], errors: FormErrors, status: int) -> Response:
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
    """Show the mail and how many get it; with ``confirmed`` and that page's id, store the follow-up and publish it."""
    rt = runtime(request)
    form = await read_form(request)
    values, errors = validate(FollowUpInput, form, _MESSAGES, str)
    errors |= _future(request, form, errors)
    async with rt.transaction() as session:
        about = (await store.objects(session)).get(form.get("about") or "")
        if about is None:
            errors |= {"about": _MESSAGES["about"]}
        id_ = as_id(form.get("follow_up_id"))
        if values is not None and about is not None and not errors and form.get("action") != "change":
            if form.get("confirmed") != "yes" or id_ is None:
                return await _confirm(request, session, values, about)
            await _record(request, session, id_, values, about)
            return see_other("/staff/results/follow-ups?saved=1")
    return await _page(request, form.values(), errors, 422 if errors else 200)


async def _confirm(request: Request, session: AsyncSession, values: FollowUpInput, public: store.About) -> Response:
    about, about_id, slug, title = public
    mail = {"purpose": f"{about}_follow_up", "title": title, "done": values.done}
    context = {
        "follow_up_id": new_id(),
        "about": about,
        "title": title,
        "page": store.PATHS[about] + slug,
        "took_part": await store.took_part(session, about, about_id),
        "follow_up": values,
        "values": {name: "" if value is None else value for name, value in values.model_dump().items()},
        "mail": urlencode(mail) if about in ("survey", "meeting") else None,
    }
    return render(request, "results/staff_follow_up_confirm.html", context)


async def _record(
    request: Request, session: AsyncSession, id_: UUID, values: FollowUpInput, public: store.About
) -> None:
    """A second click changes nothing."""
    about, about_id, slug, _ = public
    await lock(session, id_)
    if await session.get(FollowUp, id_) is not None:
        return
    follow_up = FollowUp(
        id=id_, about=about, about_id=about_id, slug=slug, recorded_at=runtime(request).now(), **values.kept()
    )
    session.add(follow_up)
    await emit(session, store.recorded_event(follow_up))
    await audit(session, request, "results.follow_up.recorded", id_, about=about)


@staff_required("reader")
async def show_follow_up(request: Request) -> Response:
    """One follow-up as it stands, and the form to correct it."""
    async with runtime(request).transaction() as session:
        follow_up = or_404(await session.get(FollowUp, request.path_params["id"]))
        return await _one(request, session, follow_up, {}, {}, 200)


async def _one(
    request: Request,
    session: AsyncSession,
    follow_up: FollowUp,
    form: dict[str, object],
    errors: FormErrors,
    status: int,
) -> Response:
    fields = {name: follow_up.done.get(code) for name, code in (("done", "nb"), ("done_nn", "nn"), ("done_en", "en"))}
    context = {
        "follow_up": follow_up,
        "page": store.PATHS[follow_up.about] + follow_up.slug,
        "form": form or {**fields, "done_on": follow_up.done_on.isoformat(), "link": follow_up.link},
        "errors": errors,
        "history": await audit_of(session, follow_up.id),
    }
    return render(request, "results/staff_follow_up.html", context, status)


@staff_required("editor")
async def correct_follow_up(request: Request) -> Response:
    """Store the corrected text, which the pages then show; nobody gets a second mail."""
    form = await read_form(request)
    values, errors = validate(DoneInput, form, _MESSAGES, str)
    errors |= _future(request, form, errors)
    id_: UUID = request.path_params["id"]
    async with runtime(request).transaction() as session:
        await lock(session, id_)
        follow_up = or_404(await session.get(FollowUp, id_, populate_existing=True))
        if values is None or errors:
            return await _one(request, session, follow_up, form.values(), errors, 422)
        columns = values.kept()
        if any(getattr(follow_up, name) != value for name, value in columns.items()):
            for name, value in columns.items():
                setattr(follow_up, name, value)
            await emit(session, store.recorded_event(follow_up))
            await audit(session, request, "results.follow_up.corrected", id_)
    return see_other(f"/staff/results/follow-ups/{id_}?saved=1")
