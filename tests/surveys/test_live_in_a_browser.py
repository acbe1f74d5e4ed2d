"""The staff page of an open survey in a real browser: it counts on by itself, and by reload without JavaScript."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import TypeVar

import httpx
from playwright.sync_api import BrowserContext, Page, Route, expect, sync_playwright

from deploy.local.browser import FLAGS
from deploy.local.browser import chromium as find_chromium
from deploy.web.build import static_folder
from shared.service import Runtime
from shared.testing import Deliverer
from tests.members import many
from tests.surveys.conftest import PlanSurvey
from tests.surveys.given import answer, invitations, margins

#: The browser asks every few seconds; the machine may be very busy.
_PATIENCE = 180_000
T = TypeVar("T")


async def test_the_counts_move_while_staff_look_and_a_reload_does_the_same(
    rt: Runtime, deliver: Deliverer, plan: PlanSurvey, editor: httpx.AsyncClient
) -> None:
    await deliver(margins(), *many(rt.now(), 6))
    survey = await plan()
    rows = await invitations(rt, survey.id)
    here, path = Here(asyncio.get_running_loop()), f"/staff/surveys/{survey.id}"

    def some_answer(*which: int) -> None:
        for place in which:
            assert here.run(answer(rt, rows[place].id, {"reisemate": "gange"}))

    def look() -> None:
        where, static = find_chromium(), static_folder()
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=where, args=FLAGS)
            page = _open(chromium.new_context(), here, editor, static, path)
            expect(page.locator("#curve")).to_contain_text("0 av 6 har svart")
            page.locator("#days > summary").click()
            page.evaluate("window.stays = true")
            some_answer(0, 1)
            expect(page.locator("#curve")).to_contain_text("2 av 6 har svart", timeout=_PATIENCE)
            assert page.evaluate("window.stays"), "without loading the page again"
            # A part that the reader unfolded stays open.
            expect(page.locator("#days")).to_have_attribute("open", "")

            plain = _open(chromium.new_context(java_script_enabled=False), here, editor, static, path)
            expect(plain.locator("#curve")).to_contain_text("2 av 6 har svart")
            some_answer(2)
            plain.reload()
            expect(plain.locator("#curve")).to_contain_text("3 av 6 har svart")
            chromium.close()

    await asyncio.to_thread(look)


class Here:
    """The loop the service runs on, for the browser's thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def run(self, work: Coroutine[object, object, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


def _open(context: BrowserContext, here: Here, staff: httpx.AsyncClient, static: Path, path: str) -> Page:
    """The page as the service serves it to this member of staff, every request answered by the service itself."""

    def serve(route: Route) -> None:
        url = route.request.url
        if "/static/" in url:
            route.fulfill(path=next(static.rglob(url.rpartition("/")[2])))
            return
        headers = {name: value for name, value in route.request.headers.items() if name == "last-event-id"}
        response = here.run(staff.get(url, headers=headers))
        route.fulfill(status=response.status_code, headers=dict(response.headers), body=response.content)

    page = context.new_page()
    page.route("**/*", serve)
    page.goto(f"https://panel.test{path}")
    return page
