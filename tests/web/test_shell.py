"""What every response goes through: one host, headers, and cookies that do not pile up."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import uuid4

import pytest

import services.surveys
from shared.service import Runtime
from shared.testing import PUBLIC_URL, browser
from shared.web.pages import Renderer

RuntimeOf = Callable[..., Awaitable[Runtime]]


@pytest.mark.parametrize("host", ["evil.example", "panel.test.evil.example", "panel.test:81", ""])
async def test_a_request_for_another_host_is_answered_with_nothing_of_it(runtime_of: RuntimeOf, host: str) -> None:
    async with browser(await runtime_of("registration")) as client:
        redirected = await client.get("/join/")
        assert redirected.headers["location"] == f"{PUBLIC_URL}/join"
        answer = await client.get("/join/", headers={"host": host})
    assert answer.status_code == 404
    assert "evil" not in str(answer.headers) + answer.text


async def test_a_browser_is_told_to_forget_the_oldest_of_many_cookies(runtime_of: RuntimeOf) -> None:
    names = [f"__Host-confirm-{uuid4()}" for _ in range(20)]
    cookies = "; ".join(["__Host-staff=s", "__Host-lang=nb", *(f"{name}=x" for name in names)])
    async with browser(await runtime_of("registration")) as client:
        few = await client.get("/join", headers={"cookie": "; ".join(f"{name}=x" for name in names[:16])})
        many = await client.get("/join", headers={"cookie": cookies})
    cookies_ended = [value.split("=")[0] for value in many.headers.get_list("set-cookie") if "Max-Age=0" in value]
    assert cookies_ended == names[:4]
    assert not [value for value in few.headers.get_list("set-cookie") if "Max-Age=0" in value]


@pytest.mark.parametrize(("url", "strict"), [("https://panel.test", True), ("http://panel.test", False)])
async def test_https_stays_https(runtime_of: RuntimeOf, url: str, strict: bool) -> None:
    async with browser(await runtime_of("registration", public_url=url)) as client:
        headers = (await client.get("/join")).headers
    assert ("strict-transport-security" in headers) is strict


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_a_form_of_another_site_changes_nothing(runtime_of: RuntimeOf, site: str) -> None:
    """Also one whose Origin is ours, as a browser with a fault or an extension may say."""
    async with browser(await runtime_of("registration")) as client:
        answer = await client.post("/join", data={}, headers={"sec-fetch-site": site})
        ours = await client.post("/join", data={}, headers={"sec-fetch-site": "same-origin"})
    assert (answer.status_code, ours.status_code == 403) == (403, False)


@pytest.mark.parametrize(
    ("code", "one", "many"),
    [
        ("nb", "Ett spørsmål, omtrent ett minutt", "12\u00a0345 spørsmål, omtrent 2 minutter"),
        ("nn", "Eitt spørsmål, omtrent eitt minutt", "12\u00a0345 spørsmål, omtrent 2 minutt"),
        ("en", "One question, about one minute", "12,345 questions, about 2 minutes"),
    ],
)
async def test_a_count_is_written_as_every_other_number_and_one_is_a_word(
    runtime_of: RuntimeOf, code: str, one: str, many: str
) -> None:
    renderer = Renderer(await runtime_of("surveys"), Path(services.surveys.__file__).parent)
    template = renderer._environments[code].from_string(
        '{{ ngettext("Ett spørsmål", "%(num)s spørsmål", n) }},'
        ' {{ ngettext("omtrent ett minutt", "omtrent %(num)s minutter", minutes) }}'
    )
    assert (template.render(n=1, minutes=1), template.render(n=12_345, minutes=2)) == (one, many)
