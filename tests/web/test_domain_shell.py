"""What every response goes through: one host, changes from our own pages, headers, cookies that do not pile up."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from shared.cli import load_service
from shared.service import Runtime
from shared.testing import PUBLIC_URL, browser, make_test_runtime
from shared.web.app import build_app
from shared.web.middleware import Shell

Make = Callable[..., Runtime]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """A service that never asks its database."""

    def runtime(**settings: Any) -> Runtime:
        return make_test_runtime(
            load_service("registration"), "postgresql://nobody@127.0.0.1:1/x", tmp_path / "clock", **settings
        )

    return runtime


async def ask(runtime: Runtime, method: str = "GET", path: str = "/nowhere", **arguments: Any) -> httpx.Response:
    async with browser(runtime) as client:
        client.headers.pop("origin")
        return await client.request(method, path, **arguments)


@pytest.mark.parametrize("host", ["evil.example", "panel.test.evil.example", "panel.test:81", ""])
async def test_a_request_for_another_host_is_answered_with_nothing_of_it(make: Make, host: str) -> None:
    assert (await ask(make(), path="/join/")).headers["location"] == f"{PUBLIC_URL}/join"
    answer = await ask(make(), path="/join/", headers={"host": host})
    assert answer.status_code == 404
    assert "evil" not in str(answer.headers) + answer.text


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("POST", "/nowhere", {"origin": PUBLIC_URL}, 404),
        ("POST", "/nowhere", {"origin": PUBLIC_URL, "sec-fetch-site": "same-origin"}, 404),
        ("POST", "/nowhere", {"origin": PUBLIC_URL, "sec-fetch-site": "none"}, 404),
        ("POST", "/nowhere", {}, 403),
        ("POST", "/nowhere", {"sec-fetch-site": "same-origin"}, 403),
        ("POST", "/nowhere", {"origin": "https://evil.example"}, 403),
        ("POST", "/nowhere", {"origin": "null"}, 403),
        # Also one whose Origin is ours, as a browser with a fault or an extension may say.
        ("POST", "/nowhere", {"origin": PUBLIC_URL, "sec-fetch-site": "same-site"}, 403),
        ("POST", "/nowhere", {"origin": PUBLIC_URL, "sec-fetch-site": "cross-site"}, 403),
        *((method, "/nowhere", {}, 403) for method in ("PUT", "PATCH", "DELETE")),
        *((method, "/nowhere", {"sec-fetch-site": "cross-site"}, 404) for method in ("GET", "HEAD", "OPTIONS")),
        # Mail programs say nothing of where they are.
        ("POST", "/mail/unsubscribe/x", {"sec-fetch-site": "cross-site"}, 404),
    ],
)
async def test_what_changes_something_comes_from_our_own_pages(
    make: Make, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    assert (await ask(make(), method, path, headers=headers)).status_code == status


async def test_where_no_path_is_exempt_none_is(make: Make) -> None:
    request = Request({"type": "http", "app": Starlette(), "path": "/", "headers": [], "method": "POST"})
    assert not Shell(Starlette(), make().settings, lambda *_: Response())._same_origin(request)


async def test_a_browser_is_told_to_forget_the_oldest_of_many_cookies(make: Make) -> None:
    names = [f"__Host-confirm-{uuid4()}" for _ in range(20)]
    others = ["__Host-staff=s", "__Host-lang=nb", f"__Host-confirm-{uuid4()}x=y"]

    async def forgotten(count: int) -> list[str]:
        cookies = "; ".join([*others, *(f"{name}=x" for name in names[:count])])
        return (await ask(make(), headers={"cookie": cookies})).headers.get_list("set-cookie")

    assert await forgotten(20) == [f"{name}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax" for name in names[:4]]
    assert await forgotten(17) == [f"{names[0]}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax"]
    assert await forgotten(16) == await forgotten(3) == []


async def test_every_page_has_the_headers_that_keep_it_to_itself(make: Make) -> None:
    answer = await ask(make())
    policy = answer.headers["content-security-policy"]
    headers = {name: value for name, value in answer.headers.items() if not name.startswith("content-")}
    assert headers == {
        "strict-transport-security": "max-age=31536000",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=()",
        "cross-origin-opener-policy": "same-origin",
        "cache-control": "no-store",
    }
    parts = policy.split("; ")
    assert parts[0] == "default-src 'self'"
    assert parts[1].startswith("style-src 'self' 'sha256-")
    assert parts[2:] == [
        "img-src 'self' data:", "object-src 'none'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'",
    ]  # fmt: skip


@pytest.mark.parametrize(("url", "strict"), [("https://panel.test", True), ("http://panel.test", False)])
async def test_https_stays_https(make: Make, url: str, strict: bool) -> None:
    assert ("strict-transport-security" in (await ask(make(public_url=url))).headers) is strict


async def test_the_staffs_form_may_lead_to_where_they_sign_in(make: Make) -> None:
    answer = await ask(make(oidc_issuer="https://login.example/x"))
    assert "; form-action 'self' https://login.example/x;" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("query", "cookie", "accept", "language", "kept"),
    [
        ("", "", "nb", "nb", None),
        ("?lang=en", "", "nb", "en", "en"),
        ("?lang=en", "__Host-lang=nn", "nb", "en", "en"),
        ("", "__Host-lang=nn", "en", "nn", None),
        ("?lang=de", "", "en", "en", None),
    ],
)
async def test_a_language_asked_for_is_kept_for_a_year(
    make: Make, query: str, cookie: str, accept: str, language: str, kept: str | None
) -> None:
    answer = await ask(make(), path=f"/nowhere{query}", headers={"cookie": cookie, "accept-language": accept})
    assert f'<html lang="{language}"' in answer.text
    expected = f"__Host-lang={kept}; Path=/; Max-Age=31536000; Secure; HttpOnly; SameSite=Lax"
    assert answer.headers.get_list("set-cookie") == ([expected] if kept else [])


async def test_while_the_database_is_awaited_pages_say_so_and_probes_are_answered(make: Make) -> None:
    runtime = make()
    runtime.health.awaiting = "database"
    assert (await ask(runtime)).status_code == 503
    assert (await ask(runtime, path="/-/nowhere", headers={"host": "10.0.0.7"})).status_code == 404


async def test_each_page_is_counted_by_its_route_and_probes_are_not(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime, calls = make(), list[tuple[str, str, int, float]]()
    monkeypatch.setattr(runtime.metrics, "answered", lambda *call: calls.append(call))
    await ask(runtime, path="/join/confirm/secret?x=y", headers={"host": "evil.example"})
    await ask(runtime, "POST")
    await ask(runtime, path="/-/nowhere")
    await ask(runtime, path="/join")
    # The form asks the database, which is not there: what fails is counted as such.
    with pytest.raises(ConnectionRefusedError):
        await ask(runtime, "POST", "/join", headers={"origin": PUBLIC_URL})
    assert [call[:3] for call in calls] == [
        ("GET", "unmatched", 404), ("POST", "unmatched", 403), ("GET", "/join", 200), ("POST", "/join", 503),
    ]  # fmt: skip
    assert all(0 <= seconds < time.monotonic() for *_, seconds in calls)


async def test_a_page_that_failed_has_the_headers_of_every_other(make: Make) -> None:
    app = build_app(make(), load_service("registration").pages, None)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL, headers={"origin": PUBLIC_URL}) as client:
        failure, page = await client.post("/join"), await client.get("/join")
    assert failure.status_code == 503
    assert {*failure.headers} == {*page.headers}
