"""Every kind of question in a real browser, narrow and wide: axe is content and Tab reaches every field."""

import asyncio
from pathlib import Path

from playwright.sync_api import Page, Route, sync_playwright

from deploy.local.browser import FLAGS
from deploy.local.browser import chromium as find_chromium
from deploy.web.build import static_folder
from shared.events.questionnaire import Questionnaire, example
from shared.service import Runtime
from shared.testing import Deliverer, browser
from tests.journeys.conftest import check
from tests.members import joined
from tests.surveys.conftest import PlanSurvey
from tests.surveys.given import invitations, margins
from tests.surveys.resident import enter, post

ASKED = Questionnaire.model_validate(example.QUESTIONNAIRE)


async def test_every_kind_on_a_phone_without_a_mouse(rt: Runtime, deliver: Deliverer, plan: PlanSurvey) -> None:
    await deliver(margins(), joined(rt.now()))
    (invitation,) = await invitations(rt, (await plan(asking=ASKED)).id)
    async with browser(rt) as client:
        await enter(client, rt, invitation)
        pages = [(await client.get(f"/surveys/answer/{number}?id={invitation.id}")).text for number in (1, 2, 3)]
        wrong = {"ogsaa": ["ingen", "buss"], "minutter": "mange", "oftest.annet": "x" * 201}
        pages.append((await post(client, invitation, 1, **wrong)).text)
        pages.append((await post(client, invitation, 2, shown="fornoyd paastander viktigst torget")).text)
    await asyncio.to_thread(_look_at, pages)


def _look_at(pages: list[str]) -> None:
    path, static = find_chromium(), static_folder()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        for width in (320, 1280):
            page = chromium.new_page(viewport={"width": width, "height": 700})
            for content in pages:
                _serve(page, static, content)
                page.goto("http://panel.test/page")
                check(page)
                _tab_through(page)
        long_text = chromium.new_page()
        _serve(long_text, static, pages[2])
        long_text.goto("http://panel.test/page")
        long_text.locator("#raad").fill("Flere avganger")
        assert long_text.locator("[data-counts=raad]").inner_text() == "986 tegn igjen"
        chromium.close()


def _serve(page: Page, static: Path, content: str) -> None:
    """The page's own text and the files it names; nothing else answers."""

    def answer(route: Route) -> None:
        name = route.request.url.rpartition("/")[2]
        files = list(static.rglob(name)) if "/static/" in route.request.url else []
        if files:
            route.fulfill(path=files[0])
        else:
            route.fulfill(body=content, content_type="text/html; charset=utf-8")

    page.unroute_all()
    page.route("**/*", answer)


def _tab_through(page: Page) -> None:
    """Tab comes to every field by its name; a group of radios counts when one of them has been reached."""
    names = set(page.eval_on_selector_all("form [name]:not([type=hidden])", "all => all.map(one => one.name)"))
    reached = set()
    for _ in range(200):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.name || ''"))
    assert names <= reached, names - reached
