"""Who is added or removed at the provider is so here when the session is renewed, within a quarter of an hour."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from authlib.integrations.base_client import OAuthError
from starlette.responses import RedirectResponse

from shared.service import Runtime
from shared.testing import PUBLIC_URL
from shared.tokens import signed
from shared.web import build_app
from shared.web.staff import COOKIE, SESSION_SECONDS

RuntimeOf = Callable[..., Awaitable[Runtime]]
PAGE = "/staff/registration/import"


class Provider:
    """The municipality's sign-in, as the OIDC client sees it: who somebody is right now."""

    def __init__(self) -> None:
        self.roles: list[str] | None = []

    async def authorize_redirect(self, _: Any, back: str) -> RedirectResponse:
        return RedirectResponse(back, 303)

    async def authorize_access_token(self, _: Any) -> dict[str, Any]:
        if self.roles is None:
            raise OAuthError("access_denied")
        return {"userinfo": {"sub": "siri", "name": "Siri Stab", "roles": self.roles}}


async def renewed(client: httpx.AsyncClient) -> int:
    """The status of an editor's page after the session has run out and been renewed at the provider."""
    client.cookies.delete(COOKIE)
    answer = await client.get(PAGE, follow_redirects=True)
    return answer.status_code


async def test_a_role_given_or_taken_at_the_provider_counts_from_the_next_renewal(runtime_of: RuntimeOf) -> None:
    rt = await runtime_of("registration", oidc_issuer="http://127.0.0.1:9")
    app, provider = build_app(rt, list(rt.service.pages), None), Provider()
    app.state.sign_in = provider
    transport = httpx.ASGITransport(app=app, client=("127.0.0.1", 40000))
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as client:
        codes = []
        for roles in ([], ["reader"], ["editor"], ["reader"], None):
            provider.roles = roles
            codes.append(await renewed(client))
        assert codes == [403, 403, 200, 403, 403]


async def test_a_session_lasts_a_quarter_of_an_hour_and_not_longer(runtime_of: RuntimeOf) -> None:
    rt = await runtime_of("registration", oidc_issuer="http://127.0.0.1:9")
    app, provider = build_app(rt, list(rt.service.pages), None), Provider()
    app.state.sign_in, provider.roles = provider, ["editor"]
    transport = httpx.ASGITransport(app=app, client=("127.0.0.1", 40000))
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as client:
        answer = await client.get("/staff/login?next=/staff/registration", follow_redirects=False)
        answer = await client.get(answer.headers["location"])
        cookie = answer.headers["set-cookie"]
        assert f"Max-Age={SESSION_SECONDS}" in cookie
        assert SESSION_SECONDS <= 15 * 60
        content = signed(rt.settings.staff_public_key, cookie.split("=", 1)[1].split(";")[0])
        assert content is not None
        assert content["roles"] == ["editor"]
