"""Checks and headers for every request, whatever stands in front of the service."""

import re
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.profile.colours import style_hash
from shared.settings import Settings
from shared.trace import beginning, following
from shared.web.i18n import LANGUAGES, choose
from shared.web.pages import problem

log = structlog.get_logger()

_CONTENT_POLICY = (
    "default-src 'self'; style-src 'self' 'sha256-{style}'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'{sign_in}; frame-ancestors 'none'"
)
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LANGUAGE_COOKIE = "__Host-lang"
_YEAR = 365 * 24 * 3600


#: Cookies of one form or page each (``__Host-<purpose>-<id>``) that a browser keeps; more would make its requests too
#: large for any server. Browsers send the oldest first.
_MOST_COOKIES = 16
_OF_ONE_THING = re.compile(r"__Host-[a-z_-]+-[0-9a-f]{8}-[0-9a-f-]{27}")


class Shell:
    """The one host, language, security headers, the same-origin rule for changes, and a request log with ids only."""

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        failure: Callable[[Request, Exception], Response],
        exempt: tuple[str, ...] = (),
    ) -> None:
        """``failure`` is the page for an error that nobody expected."""
        self._app = app
        self._failure = failure
        self._settings = settings
        self._exempt = exempt
        self._host = urlsplit(settings.public_url).netloc
        self._sign_in = f" {settings.oidc_issuer}" if settings.oidc_issuer else ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        code = request.query_params.get("lang")
        request.state.lang = choose(
            code,
            request.cookies.get(LANGUAGE_COOKIE),
            request.headers.get("accept-language", ""),
            request.app.state.renderer.offered,
        )
        if request.url.path.startswith("/-/"):
            # Asked for every few seconds, by nobody who acts.
            with following(None):
                await self._answer(request, code, scope, receive, send)
            return
        with beginning(scope["method"], "server") as span:
            started = time.monotonic()
            try:
                await self._answer(request, code, scope, receive, send)
            finally:
                status = getattr(request.state, "status", 500)
                route = getattr(scope.get("route"), "path", "unmatched")
                span.tell(f"{scope['method']} {route}", failed=status >= 500, route=route, status=status)
                seconds = time.monotonic() - started
                log.info(
                    "web.request.answered",
                    method=scope["method"],
                    route=route,
                    status=status,
                    milliseconds=round(seconds * 1000, 1),
                )
                request.app.state.runtime.metrics.answered(scope["method"], route, status, seconds)

    async def _answer(self, request: Request, language: str | None, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, with what every response has; the status is the request's then."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                request.state.status = message["status"]
                style = style_hash(request.app.state.runtime.profile.accent)
                policy = _CONTENT_POLICY.format(sign_in=self._sign_in, style=style)
                self._add_headers(MutableHeaders(scope=message), language, policy)
                _drop_oldest(request, MutableHeaders(scope=message))
            await send(message)

        health = request.app.state.runtime.health
        if request.url.path.startswith("/-/"):
            await self._app(scope, receive, send_with_headers)
        elif health.awaiting:
            await problem(request, 503)(scope, receive, send_with_headers)
        elif request.headers.get("host") != self._host:
            # A redirect would send the visitor to whatever host the request names.
            await problem(request, 404)(scope, receive, send_with_headers)
        elif scope["method"] not in _SAFE_METHODS and not self._same_origin(request):
            await problem(request, 403)(scope, receive, send_with_headers)
        else:
            try:
                await self._app(scope, receive, send_with_headers)
            except Exception as error:
                # Outside of here the page would have none of the headers, and would not be counted.
                if not hasattr(request.state, "status"):
                    await self._failure(request, error)(scope, receive, send_with_headers)
                raise

    def _same_origin(self, request: Request) -> bool:
        """Browsers say where a change comes from (Origin, Sec-Fetch-Site); one that says nothing is no browser."""
        if request.url.path.startswith(self._exempt) and self._exempt:
            return True
        headers: Headers = request.headers
        site = headers.get("sec-fetch-site")
        if site is not None and site not in ("same-origin", "none"):
            return False
        return headers.get("origin") == self._settings.public_url

    def _add_headers(self, headers: MutableHeaders, language: str | None, policy: str) -> None:
        headers.setdefault("content-security-policy", policy)
        if self._settings.public_url.startswith("https:"):
            headers["strict-transport-security"] = f"max-age={_YEAR}"
        headers["x-content-type-options"] = "nosniff"
        headers["x-frame-options"] = "DENY"
        # "no-referrer" would make browsers send "Origin: null" with our own forms.
        headers["referrer-policy"] = "same-origin"
        headers["permissions-policy"] = "camera=(), geolocation=(), microphone=()"
        headers["cross-origin-opener-policy"] = "same-origin"
        headers.setdefault("cache-control", "no-store")
        if language in LANGUAGES:
            headers.append(
                "set-cookie", f"{LANGUAGE_COOKIE}={language}; Path=/; Max-Age={_YEAR}; Secure; HttpOnly; SameSite=Lax"
            )


def _drop_oldest(request: Request, headers: MutableHeaders) -> None:
    """Make the browser drop the oldest cookies of single forms and pages when it keeps too many."""
    cookies = [name for name in request.cookies if _OF_ONE_THING.fullmatch(name)]
    for name in cookies[: max(len(cookies) - _MOST_COOKIES, 0)]:
        headers.append("set-cookie", f"{name}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax")
