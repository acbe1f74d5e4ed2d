"""One page as it stands, looked at in every way people see it: what axe says, what scrolls, what focus shows.

Wide and narrow, light and dark; at 320 px with a word of seventy letters in every text; in forced colours; without
scripts where it has any. A page of a shape that was looked at before is not looked at again.
"""

import hashlib
from pathlib import Path
from typing import Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

_HEIGHT = 900
#: Width, colours and rules (None: all). What the dark changes is colours alone.
_VIEWS: tuple[tuple[int, Literal["light", "dark"], list[str] | None], ...] = (
    (1280, "light", None),
    (360, "light", None),
    (360, "dark", ["color-contrast"]),
    (1280, "dark", ["color-contrast"]),
)

_SCRIPT = (Path(__file__).parent / "looking.js").read_text(encoding="utf-8")

_seen: set[str] = set()


def check(page: Page) -> None:
    """Nothing is wrong with the page as it stands, whoever looks at it."""
    faults = look(page)
    assert faults == [], "\n".join([page.url, *faults])


def visit(page: Page, url: str) -> None:
    """Go there and check."""
    page.goto(url)
    check(page)


def look(page: Page) -> list[str]:
    """What is wrong with the page, which stays as it was; nothing is said of a shape that was looked at before."""
    if page.locator("script[src]").count():
        page.wait_for_load_state("networkidle")
    page.evaluate(_SCRIPT + "; window.looking = looking")
    name = hashlib.sha256(str(page.evaluate("looking.shape()")).encode()).hexdigest()
    if name in _seen:
        return []
    _seen.add(name)
    size = page.viewport_size
    page.evaluate(AXE_SCRIPT)
    faults = []
    for width, scheme, rules in _VIEWS:
        page.set_viewport_size({"width": width, "height": _HEIGHT})
        page.emulate_media(color_scheme=scheme)
        faults += [
            f"at {width} px, {scheme}: {fault}" for fault in page.evaluate("(rules) => looking.axe(rules)", rules)
        ]
    page.emulate_media(color_scheme="light", forced_colors="active")
    faults += [f"in forced colours: {fault}" for fault in page.evaluate("looking.unseen()")]
    page.emulate_media(forced_colors="none")
    page.set_viewport_size({"width": 320, "height": _HEIGHT})
    faults += [f"at 320 px: {fault}" for fault in page.evaluate("looking.wider()")]
    if size:
        page.set_viewport_size(size)
    return [f"{page.url} {fault}" for fault in faults]


def look_without_scripts(page: Page) -> list[str]:
    """The same of a page that has scripts, when none of them comes; it is fetched twice more."""
    if not page.locator("script[src]").count():
        return []
    page.route("**/*.js", lambda route: route.abort())
    page.reload()
    faults = look(page)
    page.unroute("**/*.js")
    page.reload()
    return [f"without scripts {fault}" for fault in faults]
