"""Links from mails: a link is exchanged for a cookie, the pages behind it carry the id, and the cookie is the right."""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from shared.tokens import Link
from shared.web.forms import as_id
from shared.web.pages import runtime, see_other


def check_link(request: Request, purpose: str) -> Link:
    """The link in the address; raises BadLink or LinkExpired."""
    rt = runtime(request)
    return rt.links.check(purpose, request.path_params["token"], rt.now())


def hold_link(request: Request, page: str, cookie: str, id_: UUID, seconds: int, **content: object) -> Response:
    """A redirect to ``page``; the browser then holds ``content`` about the id for ``seconds``."""
    response = see_other(f"{page}?id={id_}")
    runtime(request).sealed.set(response, cookie, id_, content, seconds)
    return response


def held_generation(request: Request, cookie: str, text: str | None) -> tuple[UUID, int] | None:
    """The id a page names and the generation this browser holds of it; None without the cookie."""
    id_ = as_id(text)
    held = runtime(request).sealed.get(request, cookie, id_) if id_ else None
    return (id_, int(held["generation"])) if id_ and held else None
