"""In a real browser: what surveys puts into another page, the questions of an evaluation, has the mail in it."""

import asyncio

from playwright.sync_api import Route, sync_playwright

from deploy.local.browser import FLAGS
from deploy.local.browser import chromium as find_chromium
from deploy.web.build import static_folder
from services.surveys.questionnaire.shelf import shipped
from shared.service import Runtime
from shared.testing import browser, sign_in

PAGE = """<!doctype html><title>Spør</title><script src="/static/staff.js" defer></script>
<section data-card="/staff/surveys/evaluation"><div data-content><a href="/">Se hele e-posten</a></div></section>"""


async def test_the_mail_is_put_into_what_another_service_put_in(rt: Runtime) -> None:
    about = {"group": "present", "compared": "no", "closes_at": "2027-03-09T23:00:00+00:00"}
    async with browser(rt) as staff:
        sign_in(rt, staff, "reader")
        part = (await staff.get("/staff/surveys/evaluation", params=about)).text
    words = await asyncio.to_thread(_read, part)
    assert shipped()["moteevaluering"].questions[0].text.nb in words
    assert "Hei, Kari Eksempel!" in words
    assert "Se hele e-posten" not in words


def _read(part: str) -> str:
    (script,) = static_folder().rglob("staff.js")
    path = find_chromium()

    def answer(route: Route) -> None:
        url = route.request.url
        if url.endswith("staff.js"):
            route.fulfill(path=script)
        else:
            services = {"/staff/surveys/": part, "/staff/notifications/": "<p>Hei, Kari Eksempel!</p>"}
            body = next((text for start, text in services.items() if start in url), PAGE)
            route.fulfill(body=body, content_type="text/html; charset=utf-8")

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        page = chromium.new_page()
        page.route("**/*", answer)
        page.goto("http://panel.test/page")
        page.get_by_text("Hei, Kari Eksempel!").wait_for()
        words = page.locator("section").inner_text()
        chromium.close()
    return words
