"""The ASGI application of one service."""

import contextlib
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from shared.messaging.transient import is_transient
from shared.service import Runtime
from shared.web.forms import BadForm, BodyTooLarge
from shared.web.guide import read_guide, steps_by_page
from shared.web.limits import Limiter, TooMany
from shared.web.middleware import Shell
from shared.web.pages import Renderer, problem, render
from shared.web.staff import StaffRefused

log = structlog.get_logger()

#: Mail programs post one-click unsubscribes (RFC 8058) without an Origin; the token in the path is their right.
_NO_ORIGIN = ("/mail/unsubscribe/",)


def build_app(runtime: Runtime, routes: Sequence[BaseRoute], lifespan: Callable[[Starlette], Any] | None) -> Starlette:
    """Pages of ``runtime``'s service inside the shell."""
    settings = runtime.settings
    folder = Path(str(resources.files(runtime.service.package)))
    middleware = [Middleware(Shell, settings=settings, failure=_unexpected, exempt=_NO_ORIGIN)]
    if settings.oidc_issuer:
        # Holds the sign-in's state and PKCE verifier between the two redirects, nothing else.
        middleware.append(
            Middleware(
                SessionMiddleware,
                secret_key=settings.cookie_key.get_secret_value(),
                session_cookie="__Host-sign-in",
                max_age=600,
                https_only=True,
                same_site="lax",
            )
        )
    app = Starlette(
        routes=[*routes, *_static(settings.static_dir)],
        middleware=middleware,
        exception_handlers={
            HTTPException: _http_problem,
            404: _http_problem,
            BodyTooLarge: _problem(413),
            BadForm: _problem(400),
            TooMany: _problem(429),
            StaffRefused: _staff_refused,
        },
        lifespan=lifespan,
    )
    app.state.runtime = runtime
    app.state.renderer = Renderer(runtime, folder)
    app.state.guide = read_guide(runtime.name, folder)
    app.state.steps = steps_by_page(routes, app.state.guide)
    app.state.limiter = Limiter(settings, runtime.database)
    if settings.oidc_issuer:
        from shared.web.sign_in import make_sign_in

        app.state.sign_in = make_sign_in(settings)
    return app


def _static(folder: Path | None) -> list[BaseRoute]:
    """Served here too, for a service without a gateway in front."""
    if folder is None or not (folder / "hash").exists():
        return []
    return [Mount(f"/static/{(folder / 'hash').read_text().strip()}", StaticFiles(directory=folder))]


def _problem(status: int) -> Callable[[Request, Exception], Response]:
    return lambda request, _: problem(request, status)


def _http_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return problem(request, error.status_code)


def _staff_refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, StaffRefused)
    if error.sign_in_path is None:
        return problem(request, 403)
    if error.sent:
        context = {"typed": error.form, "sign_in_path": error.sign_in_path}
        return render(request, "shell/staff_signed_out.html", context, 401)
    return RedirectResponse(error.sign_in_path, 303)


def _unexpected(request: Request, error: Exception) -> Response:
    with contextlib.suppress(AttributeError):
        log.error("web.request.failed", reason=type(error).__name__, transient=is_transient(error))
    return problem(request, 503 if is_transient(error) else 500)
