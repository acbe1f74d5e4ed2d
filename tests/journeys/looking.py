"""One page as it stands, looked at in every way people see it: what axe says, what scrolls, what focus shows.

Wide and narrow, light and dark; at 320 px with a word of seventy letters in every text; in forced colours; without
scripts where it has any. A page of a shape that was looked at before is not looked at again.
"""

import hashlib
from pathlib import Path
from typing import Literal, TypedDict

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

_HEIGHT = 900
#: What a narrow screen changes: what is shown, folded or moved.
_NARROW = [
    "color-contrast", "target-size", "scrollable-region-focusable", "aria-hidden-focus", "link-name", "button-name",
    "landmark-unique", "region", "nested-interactive",
]  # fmt: skip
Views = tuple[tuple[int, Literal["light", "dark"], list[str] | None], ...]
#: Width, colours and rules (None: all). What the dark changes is colours alone.
VIEWS: Views = (
    (1280, "light", None),
    (1280, "dark", ["color-contrast"]),
    (360, "dark", ["color-contrast"]),
    (360, "light", _NARROW),
)

#: The one that shows most of what can be wrong.
PHONE: Views = ((360, "light", None),)

SCRIPT = (Path(__file__).parent / "looking.js").read_text(encoding="utf-8") + "; window.looking = looking"

_seen: set[str] = set()


class Sending(TypedDict):
    """A form and one of its buttons, by their places on the page."""

    form: int
    button: int
    name: str
    action: str


class Glance(TypedDict):
    """A page that was fetched and not opened."""

    shape: str
    links: list[str]
    forms: list[Sending]
    filled: bool


def is_new(how: str, shape: str) -> bool:
    """Whether no page of this shape was met in this way (``fetched``, ``checked``, ``drawn``); one has from now on.

    What was looked at as it is drawn need not be checked again.
    """
    name = hashlib.sha256(shape.encode()).hexdigest()
    if f"{how} {name}" in _seen or (how == "checked" and f"drawn {name}" in _seen):
        return False
    _seen.add(f"{how} {name}")
    return True


def shape_of(page: Page) -> str:
    """What the page is made of, with what other services put into it."""
    page.evaluate(SCRIPT)
    # Parts that other services make come after the page itself.
    page.wait_for_selector("[aria-busy=true]", state="detached")
    return str(page.evaluate("looking.shape(document.body)"))


def settle(page: Page) -> None:
    """Let a page that waits for the server's work show by itself what came of it."""
    page.wait_for_selector("[data-waits]", state="detached")
    page.wait_for_load_state()


def look(page: Page, views: Views = VIEWS) -> list[str]:
    """What is wrong with the page, which stays as it was; nothing is said of a shape that was looked at before."""
    if not is_new("drawn" if views is VIEWS else "glimpsed", shape_of(page)):
        return []
    size = page.viewport_size
    page.evaluate(AXE_SCRIPT)
    faults = []
    for width, scheme, rules in views:
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


def look_without_scripts(page: Page, views: Views = VIEWS) -> list[str]:
    """The same of a page when none of its scripts comes; it is fetched once more, and stays without them."""
    page.route("**/*.js", lambda route: route.abort())
    page.reload()
    faults = look(page, views)
    page.unroute("**/*.js")
    return [f"without scripts {fault}" for fault in faults]
