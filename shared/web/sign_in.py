"""Staff sign-in by OIDC, only for the service that signs people in."""

import re
import secrets
import warnings
from typing import Any
from uuid import UUID

from authlib.integrations.base_client import OAuthError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from shared.settings import Settings
from shared.web.pages import problem, runtime
from shared.web.staff import Staff, sign_in_staff

with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
    # authlib warns each importer of a coming change in its own dependency.
    from authlib.integrations.starlette_client import OAuth


def make_sign_in(settings: Settings) -> Any:
    """The OIDC client (authorization code with PKCE)."""
    oauth = OAuth()
    oauth.register(
        "staff",
        server_metadata_url=f"{settings.oidc_issuer.rstrip('/')}/.well-known/openid-configuration",
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret.get_secret_value() or None,
        client_kwargs={"scope": "openid profile", "code_challenge_method": "S256"},
    )
    return oauth.staff


async def start_sign_in(request: Request) -> Response:
    """Send the browser to the provider; afterwards it comes back to ``next``."""
    target = request.query_params.get("next", "/staff")
    request.session["next"] = target if re.match(r"/staff(?![^/?])", target) else "/staff"
    settings: Settings = runtime(request).settings
    response: Response = await request.app.state.sign_in.authorize_redirect(
        request, f"{settings.public_url}/staff/callback"
    )
    return response


async def finish_sign_in(request: Request) -> Response:
    """The provider's answer becomes a session of 15 minutes with the roles of its claim."""
    settings: Settings = runtime(request).settings
    try:
        token = await request.app.state.sign_in.authorize_access_token(request)
    except OAuthError:
        return problem(request, 403)
    claims = token["userinfo"]
    roles = claims.get(settings.oidc_roles_claim, [])
    staff = Staff(
        subject=claims["sub"],
        name=claims.get("name") or claims["sub"],
        roles=tuple([roles] if isinstance(roles, str) else roles),
        session_id=UUID(bytes=secrets.token_bytes(16), version=4),
    )
    response = RedirectResponse(request.session.pop("next", "/staff"), 303)
    sign_in_staff(response, settings, staff)
    return response
