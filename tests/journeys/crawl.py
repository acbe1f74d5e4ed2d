"""Every page there is: found by links from the front page, the staff home and the mails, and counted by the routes.

What is for staff is fetched first, and opened in the browser only when it is made otherwise than pages before it.
"""

import re
import time
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urldefrag, urlsplit

import httpx
from playwright.sync_api import Browser, BrowserContext, Page, Response
from playwright.sync_api import Error as BrowserError
from starlette.routing import Route

from shared.cli import load_service
from shared.services import SERVICES
from shared.web.staff import SESSION_SECONDS
from tests.journeys.looking import SCRIPT, VIEWS, Glance, Sending, Views, is_new, look, look_without_scripts, settle

_SIGN_OUT = re.compile(r"/(logout|sign-out)$")
_BUTTONS = "button[type=submit], button:not([type])"
#: As a person who has filled in nothing sends it; a browser's own checks would not let the server answer.
_SEND_EMPTY = """([form, button]) => {
  const sent = document.forms[form];
  sent.noValidate = true;
  for (const one of sent.elements) {
    if (["checkbox", "radio"].includes(one.type)) one.checked = false;
    else if (["INPUT", "TEXTAREA"].includes(one.tagName) && one.type !== "hidden") one.value = "";
  }
  sent.querySelectorAll("button[type=submit], button:not([type])")[button].click();
}"""


@dataclass(frozen=True)
class Form:
    """A way to send a page's form."""

    page: str
    number: int
    button: int


@dataclass
class Crawl:
    """What has been opened so far, with what was wrong."""

    panel: str
    browser: Browser
    reached: set[tuple[str, str]] = field(default_factory=set)
    """(method, path of the route) that answered with something else than a problem."""
    faults: list[str] = field(default_factory=list)
    forms: dict[tuple[str, str, str], tuple[BrowserContext, Form]] = field(default_factory=dict)
    """(route of the page, route it is sent to, button) -> where it was seen and by whom."""
    foreign: re.Pattern[str] = re.compile("(?!)")
    """What belongs to another municipality, and must stand on no page."""
    views: Views = VIEWS
    _routes: list[Route] = field(default_factory=lambda: all_routes())
    _signed_in: dict[BrowserContext, tuple[str, float]] = field(default_factory=dict)
    """Staff by name, and since when."""
    _reader: Page | None = None
    """A blank page that reads what was fetched."""

    def visitor(self, **arguments: object) -> BrowserContext:
        """A browser of somebody's own, whose every answer is noted."""
        context = self.browser.new_context(viewport={"width": 1280, "height": 900}, locale="nb-NO", **arguments)  # type: ignore[arg-type]
        context.on("response", self._note)
        return context

    def staff(self, name: str) -> BrowserContext:
        """Somebody of the mock sign-in."""
        context = self.visitor()
        self._signed_in[context] = (name, 0.0)
        self.renew(context)
        return context

    def renew(self, context: BrowserContext) -> bool:
        """Sign somebody of the staff in again when the session is half over: a slow machine takes longer than one."""
        name, since = self._signed_in.get(context, ("", time.monotonic()))
        if not name or (since and time.monotonic() - since < SESSION_SECONDS / 2):
            return False
        page = context.new_page()
        page.goto(self.panel + "/staff/login?next=/staff")
        page.locator(f"button[value={name}]").click()
        page.wait_for_url(re.compile("/staff$"))
        page.close()
        self._signed_in[context] = (name, time.monotonic())
        return True

    def walk(self, context: BrowserContext, *entrances: str, alike: int = 1, fetched: bool = False) -> None:
        """Open the entrances and all that is linked from there, and look at each page that is unlike those before.

        ``alike``: how many addresses of one route and the same query names; lists of people need no more.
        ``fetched``: what is no new sight is not opened, for people whose cookies stay as they are.
        """
        page = context.new_page()
        fetcher = self._fetcher(context) if fetched else None
        queue, counts = list(entrances), Counter[tuple[str, frozenset[str]]]()
        been = set(queue)
        while queue:
            url = queue.pop(0)
            kind = (self._route("GET", url), frozenset(name for name, _ in parse_qsl(urlsplit(url).query)))
            counts[kind] += 1
            if counts[kind] > alike:
                continue
            if self.renew(context) and fetched:
                fetcher = self._fetcher(context)
            glance = self._glance(fetcher, url) if fetcher else None
            if fetcher and glance is None:
                continue
            links = glance["links"] if glance else []
            # A page alike may send its forms elsewhere.
            self._note_forms(context, url, glance["forms"] if glance else [])
            # What scripts put into a page is not in what was fetched.
            if glance is None or glance["filled"] or is_new(f"fetched for {len(self.views)} views", glance["shape"]):
                if not self._open(page, url):
                    continue
                settle(page)
                links = [*links, *self._links(page)]
                self._say(look(page, self.views))
                self._note_forms(context, page.url, page.evaluate("looking.forms(document, location.href)"))
                if page.locator("script[src]").count():
                    self._say(look_without_scripts(page, self.views))
            for link in map(self._ours, links):
                if link and link not in been:
                    been.add(link)
                    queue.append(link)
        page.close()

    def send_forms(self) -> None:
        """Send each form met with nothing filled in, and look at the answer; those that end a session come last."""
        forms = sorted(self.forms.items(), key=lambda each: bool(_SIGN_OUT.search(each[0][1])))
        for _, (context, form) in forms:
            self.renew(context)
            page = context.new_page()
            if (
                self._open(page, form.page)
                and form.number < page.locator("form").count()
                and (form.button < page.locator("form").nth(form.number).locator(_BUTTONS).count())
            ):
                with page.expect_navigation():
                    page.evaluate(_SEND_EMPTY, [form.number, form.button])
                settle(page)
                self._say(look(page, self.views))
            page.close()

    def missing(self) -> list[str]:
        """Routes nobody came to."""
        return sorted(
            f"{method} {route.path}"
            for route in self._routes
            for method in (route.methods or set()) - {"HEAD"}
            if (method, route.path) not in self.reached
        )

    def _open(self, page: Page, url: str) -> bool:
        """Whether a page is shown there; a file or a refusal is none."""
        try:
            answer = page.goto(url)
        except BrowserError as error:
            if "Download is starting" in str(error) or "ERR_ABORTED" in str(error):
                return False
            raise
        assert answer is not None
        if not answer.headers.get("content-type", "").startswith("text/html") or answer.status >= 400:
            return False
        # The sign-in of a provider is no page of ours.
        if not page.url.startswith(self.panel):
            return False
        self._say(self._foreign_in(url, page.content()))
        return True

    def _foreign_in(self, where: str, text: str) -> list[str]:
        return [f"{where} says «{match[0]}»" for match in self.foreign.finditer(text)][:1]

    def read(self, where: str, text: str) -> None:
        """Look for what belongs to another municipality in something that is no page."""
        self._say(self._foreign_in(where, text))

    def _fetcher(self, context: BrowserContext) -> httpx.Client:
        # By hand: cookies that are only for TLS go to 127.0.0.1 from the browser alone.
        cookies = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in context.cookies())
        return httpx.Client(headers={"cookie": cookies, "accept-language": "nb-NO"}, follow_redirects=True, timeout=60)

    def _glance(self, fetcher: httpx.Client, url: str) -> Glance | None:
        """What a page is made of and links to; None for a file or a refusal."""
        answer = fetcher.get(url)
        for each in (*answer.history, answer):
            self._note_answer("GET", str(each.url), each.status_code)
        if answer.status_code >= 400 or not answer.headers.get("content-type", "").startswith("text/html"):
            return None
        self._say(self._foreign_in(url, answer.text))
        if self._reader is None:
            self._reader = self.browser.new_page()
            self._reader.evaluate(SCRIPT)
        glance: Glance = self._reader.evaluate("(given) => looking.glance(given)", [answer.text, str(answer.url)])
        return glance

    def _links(self, page: Page) -> list[str]:
        links: list[str] = page.eval_on_selector_all("a[href]", "all => all.map(one => one.href)")
        return links

    def _ours(self, link: str) -> str | None:
        """The address as it is walked; None for another place, or the same in another language."""
        link = urldefrag(link).url
        languages = "lang" in dict(parse_qsl(urlsplit(link).query))
        return link if link.startswith(self.panel + "/") and not languages else None

    def _say(self, faults: list[str]) -> None:
        # At once: a story that ends early must not hide what was seen before.
        for fault in faults:
            print(fault, flush=True)
        self.faults += faults

    def _note(self, answer: Response) -> None:
        self._note_answer(answer.request.method, answer.url, answer.status)

    def _note_answer(self, method: str, url: str, status: int) -> None:
        if url.startswith(self.panel) and status not in (403, 404, 405, 410, 429) and status < 500:
            self.reached.add((method, self._route(method, url)))

    def _note_forms(self, context: BrowserContext, page: str, forms: list[Sending]) -> None:
        for entry in forms:
            key = (self._route("GET", page), self._route("POST", entry["action"]), entry["name"])
            self.forms.setdefault(key, (context, Form(page, entry["form"], entry["button"])))

    def _route(self, method: str, url: str) -> str:
        """The path of the route that answers there, or the address's own."""
        path = urlsplit(url).path
        for route in self._routes:
            if method in (route.methods or ()) and route.path_regex.match(path):
                return route.path
        return path


def all_routes() -> list[Route]:
    """Of every service, in the order in which each tries them."""
    routes = [route for name in SERVICES for route in load_service(name).pages]
    assert all(isinstance(route, Route) for route in routes)
    return [route for route in routes if isinstance(route, Route)]
