"""Recruitment channels: make one, get its link and a code to print, see what it brings."""

import re
from typing import Annotated

from markupsafe import Markup
from pydantic import AfterValidator, BaseModel, Field

from services.registration.recruitment import store
from services.registration.tables import Channel
from shared.database import insert_new
from shared.rules import ONE_LINE
from shared.slugs import is_slug
from shared.web import Request, Response, or_404, render, rule_broken, runtime, see_other
from shared.web.forms import read_form, right_fields, validate
from shared.web.staff import audit, staff_required

_MESSAGES = {
    "name": "Navn må fylles ut, med høyst 80 tegn",
    "code": "Kode må ha 2 til 30 tegn: små bokstaver a–z, tall og bindestrek",
}


def _code(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{1,29}", value):
        raise rule_broken("code")
    return value


class ChannelInput(BaseModel):
    """A new channel."""

    name: Annotated[str, Field(min_length=1, max_length=80), ONE_LINE]
    code: Annotated[str, AfterValidator(_code)]


@staff_required("reader")
async def show_channels(request: Request) -> Response:
    """Each channel's link, and how many came by it."""
    return await _page(request, {}, {}, 200)


async def _page(request: Request, form: dict[str, object], errors: dict[str, str], status: int) -> Response:
    async with runtime(request).transaction() as session:
        rows = await store.channels(session)
        counts = await store.counts(session)
    others = [(name, counts.get(name, (0, 0))) for name in (store.IMPORTED, store.NO_CHANNEL)]
    context = {"rows": rows, "counts": counts, "others": others, "form": form, "errors": errors}
    return render(request, "registration/staff_channels.html", context, status)


@staff_required("editor")
async def add_channel(request: Request) -> Response:
    """Make a channel; its code cannot change afterwards, because it stands on what was printed."""
    rt = runtime(request)
    form = await read_form(request)
    values, errors = validate(ChannelInput, form, _MESSAGES, str)
    code = right_fields(ChannelInput, form, errors).get("code")
    async with rt.transaction() as session:
        if values is not None and await insert_new(
            session, Channel, code=values.code, name=values.name, made_at=rt.now()
        ):
            await audit(session, request, "registration.channel.made", values.code)
        elif code is not None and await session.get(Channel, code) is not None:
            errors |= {"code": "Koden er i bruk. Velg en annen"}
    if values is None or errors:
        return await _page(request, form.values(), errors, 422)
    return see_other(f"/staff/registration/channels/{values.code}?saved=1")


@staff_required("reader")
async def show_channel(request: Request) -> Response:
    """The channel's link and its code as a picture, to print."""
    rt = runtime(request)
    code = request.path_params["code"]
    async with rt.transaction() as session:
        channel = or_404(await session.get(Channel, code) if is_slug(code) else None)
    link = f"{rt.settings.public_url}/join?kanal={channel.code}"
    import segno

    picture = Markup(segno.make(link, error="m").svg_inline(scale=8, title=f"Kode som åpner {link}"))  # noqa: S704 - made by us
    return render(request, "registration/staff_channel.html", {"channel": channel, "link": link, "picture": picture})
