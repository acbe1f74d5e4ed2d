"""``python -m deploy.demo.pictures``: play the demo, then picture the ten most important pages on phone and desktop."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from deploy.demo.browser import link_in
from deploy.local.browser import FLAGS, chromium
from deploy.local.downloads import ROOT
from deploy.local.process import free_base

FOLDER = ROOT / "docs" / "pictures"
SIZES = {"phone": ViewportSize(width=390, height=844), "desktop": ViewportSize(width=1280, height=900)}
#: Picture -> path; those behind a link of one person follow by hand.
OPEN_PAGES = {
    "01-front": "/",
    "02-join": "/join",
    "04-results": "/results",
    "06-work": "/work",
    "08-suggest": "/suggest",
}
#: Pictures of the staff handbook -> path; the handbook is shown by registration, so they lie beside its text.
HANDBOOK = ROOT / "services" / "registration" / "handbook" / "pictures"
HANDBOOK_PAGES = {
    "oversikt": "/staff",
    "kalender": "/staff/calendar",
    "panelet": "/staff/registration",
    "medlemmer": "/staff/registration/members",
    "meld-paa": "/staff/registration/register",
    "import": "/staff/registration/import",
    "sporreskjemaer": "/staff/surveys/editor",
    "undersokelser": "/staff/surveys",
    "resultater": "/staff/results",
    "moter": "/staff/meetings",
    "saker": "/staff/results/suggestions",
    "utsendinger": "/staff/notifications",
    "roller": "/staff/roles",
}


class Photographer:
    """One browser at a running panel."""

    def __init__(self, browser: Browser, origin: str, mail: str) -> None:
        self._origin, self._mail = origin, mail
        self._contexts = {size: browser.new_context(viewport=view, locale="nb-NO") for size, view in SIZES.items()}

    def picture_all(self) -> None:
        """Twenty files in ``docs/pictures``, and those of the handbook."""
        for size, context in self._contexts.items():
            page = context.new_page()
            for name, path in OPEN_PAGES.items():
                self._take(page, name, size, self._origin + path)
            self._take(page, "03-survey", size, self._link("Ny undersøkelse om Bæringen", "/surveys/answer/"))
            self._take(page, "05-result", size, self._first(page, "/results", "/results/"))
            self._take(page, "07-meeting", size, self._first(page, "/meetings", "/meetings/"))
            self._own_page(page, size)
            self._staff_home(page, size)
        self._handbook(self._contexts["desktop"].new_page())

    def _handbook(self, page: Page) -> None:
        """The pages as the signed-in person sees them, small enough to lie in the package."""
        page.set_viewport_size(ViewportSize(width=1100, height=720))
        for name, path in HANDBOOK_PAGES.items():
            page.goto(self._origin + path)
            page.wait_for_load_state("networkidle")
            # Every municipality reads the same handbook; the example's name is not its own.
            page.evaluate("document.querySelector('.panel-brand__owner').textContent = 'Din kommune'")
            page.screenshot(path=HANDBOOK / f"{name}.jpg", type="jpeg", quality=60)

    def _take(self, page: Page, name: str, size: str, url: str | None = None) -> None:
        if url is not None:
            page.goto(url)
        page.wait_for_load_state("networkidle")
        page.screenshot(path=FOLDER / f"{name}-{size}.png")

    def _first(self, page: Page, list_path: str, path: str) -> str:
        page.goto(self._origin + list_path)
        address = page.locator(f"main a[href^='{path}']").first.get_attribute("href")
        return f"{self._origin}{address}"

    def _mails(self) -> list[dict[str, str]]:
        mails: list[dict[str, str]] = httpx.get(f"{self._mail}/api/mails").json()
        return mails

    def _link(self, subject: str, path: str) -> str:
        return link_in(next(m for m in reversed(self._mails()) if m["subject"].startswith(subject))["text"], path)

    def _own_page(self, page: Page, size: str) -> None:
        """Sign in as somebody who has been asked to a meeting."""
        invitation = next(mail for mail in self._mails() if mail["subject"].startswith("Du har plass på møtet"))
        before = len(self._mails())
        page.goto(self._origin + "/me")
        page.get_by_label("E-post").fill(invitation["to"][0])
        page.get_by_role("button", name="Send lenke").click()
        deadline = time.monotonic() + 60
        while not any(m["subject"].startswith("Lenke til Min side") for m in self._mails()[before:]):
            if time.monotonic() > deadline:
                raise RuntimeError("no sign-in mail came")
            time.sleep(0.2)
        page.goto(self._link("Lenke til Min side", "/me/sign-in/"))
        page.get_by_role("button", name="Logg inn").click()
        self._take(page, "09-my-page", size)

    def _staff_home(self, page: Page, size: str) -> None:
        page.goto(self._origin + "/staff")
        page.get_by_role("button", name="redaktor").click()
        page.get_by_text("av 500 medlemmer").first.wait_for()
        self._take(page, "10-staff", size)


def main() -> int:
    """Exit code of the demo; the pictures are written when its ledger balances."""
    for folder in (FOLDER, HANDBOOK):
        folder.mkdir(parents=True, exist_ok=True)
    state = Path(os.environ.get("DEMO_STATE") or ROOT / ".panel" / f"pictures-{time.strftime('%Y%m%d-%H%M%S')}")
    environment = {**os.environ, "DEMO_STATE": str(state)}
    environment.setdefault("PANEL_PORT_BASE", str(free_base()))
    environment.pop("DEMO_EXIT", None)
    demo = subprocess.Popen(
        [sys.executable, "-m", "deploy.demo"], env=environment, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert demo.stdout is not None
    for line in demo.stdout:
        print(line, end="", flush=True)
        if not re.search("stay up until", line):
            continue
        status = json.loads((state / "status.json").read_text())
        path = chromium()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
            Photographer(browser, status["public_url"], status["mail_url"]).picture_all()
            browser.close()
        print(f"pictures are in {FOLDER}")
        demo.send_signal(signal.SIGINT)
    return demo.wait()


if __name__ == "__main__":
    sys.exit(main())
