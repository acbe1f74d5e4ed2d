"""A running stack, a real browser, and what every page must pass."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from deploy.local.browser import FLAGS
from deploy.local.browser import chromium as find_chromium
from deploy.local.process import free_base
from tests.journeys.looking import is_new, shape_of

ROOT = Path(__file__).parents[2]
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}


@dataclass
class Stack:
    """Where the running stack answers."""

    panel: str
    mail: str
    state: Path
    """Its data folder, where the panel's clock is moved."""

    def link(self, address: str, subject: str, path: str) -> str:
        """The link in the newest mail to ``address`` whose subject starts so, when it has come."""
        deadline = datetime.now(UTC) + timedelta(seconds=300)
        while datetime.now(UTC) < deadline:
            for mail in reversed(httpx.get(f"{self.mail}/api/mails", params={"to": address}).json()):
                link = re.search(rf"http\S*{path}\S+", mail["text"])
                if mail["subject"].startswith(subject) and link:
                    return link[0]
            time.sleep(0.1)
        raise AssertionError(f"no mail «{subject}»")


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    """Settings of the stack; a module that needs others has a fixture of this name."""
    return {}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> Iterator[Stack]:
    state = tmp_path_factory.mktemp("stack")
    state.chmod(0o755)
    base = free_base()
    launcher = subprocess.Popen(
        [sys.executable, "-m", "deploy.local.main"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment, "PANEL_STATE": str(state), "PANEL_PORT_BASE": str(base)},
    )
    assert launcher.stdout is not None
    output = ""
    while "  logs " not in output:
        line = launcher.stdout.readline()
        assert line, output
        output += line
    addresses = dict(re.findall(r"  (panel|mail) +(http\S+)", output))
    yield Stack(addresses["panel"], addresses["mail"], state)
    launcher.send_signal(signal.SIGTERM)
    launcher.stdout.read()
    launcher.wait()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    # Asked before playwright runs here, because it asks playwright too.
    path = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


def check(page: Page) -> None:
    """No WCAG 2.1 AA violation on a page made otherwise than those before, and no sideways scrolling."""
    if is_new("checked", shape_of(page)):
        report = Axe().run(page, options=RULES)
        assert report.violations_count == 0, f"{page.url}\n{report.generate_report()}"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url


def visit(page: Page, url: str) -> None:
    page.goto(url)
    check(page)


def open_own_page(page: Page, stack: Stack, address: str) -> str:
    """A member opens the link in the mail; the address of the own page."""
    page.goto(stack.panel + "/me/ask")
    page.get_by_label("E-post").fill(address)
    page.get_by_role("button", name="Send lenke").click()
    page.goto(stack.link(address, "Lenke til Min side", "/me/sign-in/"))
    page.get_by_role("button", name="Logg inn").click()
    page.wait_for_url(re.compile(r"/me(\?|$)"))
    return page.url


def wait(condition: Callable[[], object]) -> None:
    """Until the condition is true; fails after five minutes."""
    deadline = datetime.now(UTC) + timedelta(seconds=300)
    while not condition():
        assert datetime.now(UTC) < deadline, "it did not happen within five minutes"
        time.sleep(0.1)


def all_answers_arrived(page: Page, panel: str) -> None:
    """Until staff read that every answer sent on has come to results; of very few none is sent on."""
    every = re.compile(r"\b(\d+) av \1 svar er kommet")
    wait(lambda: page.goto(panel + "/staff/results") and every.search(page.inner_text("main")))
