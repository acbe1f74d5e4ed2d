"""A page that answers a staff form gets its own address, so that Back and reload never ask to send the form again.

The service keeps the page for an hour, sealed for the person who sent the form.
"""

import zlib
from base64 import b64decode, b64encode
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from shared.web.forms import as_id
from shared.web.pages import runtime, see_other
from shared.web.resting import rest, rested

_SECONDS = 3600
_ASKED = "again"


def asks_again(request: Request) -> bool:
    """Whether the address is one of a page that was the answer to a form."""
    return request.method in ("GET", "HEAD") and _ASKED in request.query_params


async def give_address(request: Request, actor: str, answer: Response) -> Response:
    """On to an address that shows ``answer``: the form's page with a number more, or the form's own address.

    What is no page stays as it is, and so does what a script asked for and what comes from no page of ours.
    """
    page = _address(request)
    is_page = answer.headers.get("content-type", "").startswith("text/html") and answer.status_code != 303
    if page is None or not is_page or request.headers.get("sec-fetch-mode", "navigate") != "navigate":
        return answer
    packed = b64encode(zlib.compress(bytes(answer.body))).decode()
    content = {"status": answer.status_code, "page": packed}
    id_ = await rest(runtime(request), f"{_ASKED}-{actor}", content, _SECONDS)
    onward = see_other(_with(page, str(id_)))
    onward.raw_headers += [header for header in answer.raw_headers if header[0] == b"set-cookie"]
    return onward


async def at_address(request: Request, actor: str) -> Response:
    """The answering page; after an hour, and for anybody else, the page with the form."""
    content = await rested(runtime(request), f"{_ASKED}-{actor}", as_id(request.query_params.get(_ASKED)))
    if content is None:
        return see_other(_with(f"{request.url.path}?{request.url.query}", None))
    return HTMLResponse(zlib.decompress(b64decode(content["page"])), content["status"])


def _address(request: Request) -> str | None:
    """Path and query of the page that holds the form; the form's own where another service shows that page.

    Only this service can show what it has kept.
    """
    referer = request.headers.get("referer", "")
    panel = runtime(request).settings.public_url
    if not referer.startswith(f"{panel}/"):
        return None
    page = referer.removeprefix(panel)
    return next((each for each in (page, request.url.path) if _is_shown_here(request, urlsplit(each).path)), None)


def _is_shown_here(request: Request, path: str) -> bool:
    """Whether a page of this service is at the path."""
    routes = [route for route in request.app.routes if isinstance(route, Route)]
    return any("GET" in (route.methods or ()) and route.path_regex.match(path) for route in routes)


def _with(page: str, id_: str | None) -> str:
    parts = urlsplit(page)
    query = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != _ASKED]
    query += [(_ASKED, id_)] if id_ else []
    return f"{parts.path}?{urlencode(query)}".rstrip("?")
