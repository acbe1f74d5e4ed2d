"""Installed for another municipality, the system has nothing of Bærum's left on any page."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from services.registration.announcing import announce_installation
from shared.service import Runtime
from shared.services import SERVICES
from shared.settings import load_settings
from shared.testing import browser, sign_in
from tests.profiles import write_profile
from tests.registration.given import a_member, send

_ITS = re.compile("bærum|baerum|bæring|sandvika|fossum|rykkinn|3201", re.IGNORECASE)
_PUBLIC = {
    "registration": ("/", "/join", "/about", "/privacy", "/accessibility", "/me/ask", "/profile/mark.svg", "/no-page"),
    "surveys": ("/surveys",),
    "meetings": ("/meetings",),
    "results": ("/results", "/work", "/suggest"),
    "notifications": (),
}
_LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><title>Oslos merke</title></svg>'


@pytest.fixture
def oslo(tmp_path: Path) -> Path:
    """A profile with number, name, colour and mark of its own."""
    folder = write_profile(
        tmp_path / "oslo", number="0301", name="Oslo kommune", accent="#2a2859", contact_email="panel@oslo.example",
        goal_size=1200, languages=["nn", "nb"],
    )  # fmt: skip
    (folder / "logo.svg").write_text(_LOGO)
    return folder


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("lang", ["nb", "nn"])
async def test_no_page_has_anything_of_another_municipality(
    runtime_of: Callable[..., Awaitable[Runtime]], oslo: Path, service: str, lang: str
) -> None:
    rt = await runtime_of(service, profile=oslo)
    if service == "registration":
        await announce_installation(rt)
    async with browser(rt) as client:
        sign_in(rt, client, "admin")
        for path in (*_PUBLIC[service], "/staff", f"/staff/{service}", f"/staff/{service}/card"):
            page = (await client.get(f"{path}?lang={lang}")).text
            assert not _ITS.search(page), (path, _ITS.search(page))
            if path == "/":
                assert "Oslo kommune" in page
                assert "English" not in page, "a language that is not offered is not spoken"
                assert "--ds-color-accent-base-default:#2a2859" in page
                assert "panel@oslo.example" in page
            if path.endswith(".svg"):
                assert page == _LOGO


async def test_a_panel_with_a_name_of_its_own_is_called_by_it_and_one_without_by_the_word(
    runtime_of: Callable[..., Awaitable[Runtime]], tmp_path: Path
) -> None:
    names = {"nb": "Tromsøpanelet"}
    tromso = write_profile(
        tmp_path / "tromso", number="5501", name="Tromsø kommune", panel_name=names, languages=["nb", "nn", "en"],
        minimum_age=18, age_wording={"nb": "Jeg er født i 2008 {eller} før"},
    )  # fmt: skip
    for profile, name, english in (
        (tromso, "Tromsøpanelet", "Tromsøpanelet"),
        (write_profile(tmp_path / "any"), "innbyggerpanelet", "the citizen panel"),
    ):
        rt = await runtime_of("registration", profile=profile)
        await announce_installation(rt)
        async with browser(rt) as client:
            assert f"opplysningene i {name}." in (await client.get("/privacy")).text
            assert f"sidene til {name} på" in (await client.get("/accessibility")).text
            assert f"the data in {english}." in (await client.get("/privacy?lang=en")).text
            client.cookies.clear()
            if profile == tromso:
                for lang in ("nb", "nn", "en"):
                    for path in _PUBLIC["registration"]:
                        page = (await client.get(f"{path}?lang={lang}")).text
                        assert not re.search("innbyggerpanelet|innbyggjarpanelet|citizen panel", page), (path, lang)
                client.cookies.clear()
                page = (await send(client, rt, old_enough="")).text
                assert "Bekreft dette: «Jeg er født i 2008 {eller} før»" in page
                await a_member(client, rt, postcode="9020")
                sign_in(rt, client, "admin")
                channel = {"name": "Plakat", "code": "plakat"}
                poster = await client.post("/staff/registration/channels", data=channel, follow_redirects=True)
                assert "Bli med i Tromsøpanelet i Tromsø kommune" in poster.text
                assert 'panel-screen">Skriv ut siden' in poster.text, "not on the poster itself"
                feed = re.search(
                    r"<code>https://[^/]+(/calendar/\S+)</code>", (await client.post("/staff/calendar")).text
                )
                assert feed
                assert "Tromsøpanelet i Tromsø kommune" in (await client.get(feed[1])).text
                members = (await client.get("/staff/registration/members")).text
                assert re.search(r"<td>\d+\. \w{3,4}\.? \d{4}</td>", members), "a phone shows the whole day"


async def test_events_come_from_the_municipality_that_is_installed(oslo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PANEL_PROFILE", str(oslo))
    load_settings.cache_clear()
    try:
        assert load_settings().source("surveys") == "urn:innbyggerpanel:0301:surveys"
    finally:
        monkeypatch.undo()
        load_settings.cache_clear()
