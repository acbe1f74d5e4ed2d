"""The form of a question in a real browser: pictures and order, without JavaScript, by keyboard, on a phone."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest_asyncio
import uvicorn
from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from deploy.local.browser import FLAGS
from deploy.local.browser import chromium as find_chromium
from deploy.web.build import static_folder
from shared.service import Runtime
from shared.testing import sign_in
from shared.web import build_app
from shared.web.staff import COOKIE
from tests.journeys.conftest import check
from tests.surveys.test_domain_pictures import as_file
from tests.surveys.test_editor_pages import fill, step, wrote
from tests.surveys.test_editor_pictures import a_pair, png

PHONE = ViewportSize(width=360, height=740)


@dataclass
class Desk:
    """The service at an address of its own, as a browser reaches it, and somebody who may edit there."""

    address: str
    client: httpx.AsyncClient

    def page(self, chromium: Browser, path: str, **context: object) -> Page:
        looking = chromium.new_context(**context)  # type: ignore[arg-type]
        value = next(cookie.value for cookie in self.client.cookies.jar if cookie.name == COOKIE) or ""
        looking.add_cookies(
            [{"name": COOKIE, "value": value, "url": self.address.replace("http:", "https:"), "secure": True}]
        )
        static = static_folder()
        page = looking.new_page()
        page.route(
            "**/static/**",
            lambda route: route.fulfill(path=next(static.rglob(route.request.url.rpartition("/")[2]))),
        )
        page.goto(self.address + path)
        return page


async def in_chromium(look: Callable[[Browser], None]) -> None:
    """``look`` with a browser, in a thread of its own while the service answers."""

    def launched() -> None:
        where = find_chromium()
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=where, args=FLAGS)
            look(chromium)
            chromium.close()

    await asyncio.to_thread(launched)


@pytest_asyncio.fixture
async def desk(runtime_of: Callable[..., Awaitable[Runtime]]) -> AsyncIterator[Desk]:
    """Files reach a service only over a connection: Playwright hands over no uploads."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://localhost:{listening.getsockname()[1]}"
        rt = await runtime_of("surveys", public_url=address)
        app = build_app(rt, list(rt.service.pages), None)
        server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url=address, headers={"Origin": address}
        ) as client:
            sign_in(rt, client, "editor", name="Kari Editor")
            client.cookies.set(COOKIE, client.cookies[COOKIE], domain="localhost.local")
            yield Desk(address, client)
        server.should_exit = True
        await serving


async def test_pictures_are_given_made_smaller_and_removed_on_a_phone_without_javascript(
    desk: Desk, tmp_path: Path
) -> None:
    _, at = await a_pair(desk.client)
    small, photo, script = tmp_path / "benk.png", tmp_path / "foto.jpg", tmp_path / "ond.svg"
    small.write_bytes(png(10))
    photo.write_bytes(as_file(Image.effect_noise((3000, 2000), 9), "JPEG"))
    script.write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>')

    def look(chromium: Browser) -> None:
        page = desk.page(chromium, at, viewport=PHONE, java_script_enabled=False)
        page.get_by_label("Velg bilde").first.set_input_files(small)
        page.locator('[id="options.0.shows.nb"]').fill("En benk")
        page.locator('[id="text.nb"]').fill("Hva vil du ha?")
        page.get_by_label("Velg bilde").last.set_input_files(script)
        page.get_by_role("button", name="Lagre og bli her").click()
        expect(page.get_by_role("link", name="Filen er ikke et bilde")).to_be_visible()
        expect(page.get_by_role("img", name="En benk")).to_be_visible()
        expect(page.locator('[id="text.nb"]')).to_have_value("Hva vil du ha?")
        # Enter in a field stores the form and moves nothing.
        with page.expect_navigation():
            page.locator('[id="options.1.nb"]').press("Enter")
        page.goto(desk.address + at)
        expect(page.locator('[id="options.0.nb"]')).to_have_value("Benker")
        page.get_by_label("Fjern bildet til alternativ 1").check()
        page.get_by_role("button", name="Lagre og bli her").click()
        expect(page.get_by_role("img", name="En benk")).to_have_count(0)
        page.get_by_label("Velg bilde").first.set_input_files(photo)
        page.locator('[id="options.0.shows.nb"]').fill("En stor benk")
        page.get_by_role("button", name="Lagre og bli her").click()
        expect(page.get_by_role("img", name="En stor benk")).to_have_attribute("src", re.compile("^data:image/jpeg"))
        for size in (PHONE, ViewportSize(width=1280, height=900)):
            shown = desk.page(chromium, at, viewport=size)
            bench = shown.get_by_role("img", name="En stor benk")
            assert bench.evaluate("image => image.decode().then(() => image.naturalWidth)") == 900
            check(shown)

    await in_chromium(look)


async def test_an_option_is_moved_by_keyboard_and_the_focus_goes_along(desk: Desk) -> None:
    here = await wrote(desk.client)
    at = str((await step(desk.client, here, "add:side1", **{"kind-side1": "ranking"})).headers["location"])
    at = at.split("#")[0]
    rows = {f"options__{number}__nb": word for number, word in enumerate(("Lys", "Benker", "Rydding"))}
    await fill(desk.client, at, text__nb="Hva haster?", most="2", **rows)

    def look(chromium: Browser) -> None:
        page = desk.page(chromium, at, viewport=PHONE, java_script_enabled=False)
        page.locator('[id="options.2.nb"]').fill("Rydding i parken")
        for key in ("Tab", "Enter"):
            page.keyboard.press(key)
        expect(page.locator('[id="options.1.nb"]')).to_have_value("Rydding i parken")
        expect(page.locator('[id="options.1.up"]')).to_be_focused()
        expect(page.locator('[id="options.1.nb"]')).to_be_in_viewport()
        page.keyboard.press("Enter")
        expect(page.locator('[id="options.0.nb"]')).to_have_value("Rydding i parken")

    await in_chromium(look)
