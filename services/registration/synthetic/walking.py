"""The walk of a made-up resident, as a visitor takes it: pages at the panel's address, links in mails."""

import re
import time
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Protocol

import httpx

#: Longer than the form's shortest time (``minimum_fill_seconds``).
_FILLING_IN = 4.0
#: Seconds between looks at the mailbox and at the receipts.
_LOOK = 1.0


class Mailbox(Protocol):
    """The made-up resident's own mailbox."""

    def texts(self) -> list[str]:
        """What has come since the last look, which is gone from the mailbox now."""


class Failed(Exception):
    """The walk ended: ``step`` did not come out as it should, and the text says how."""

    def __init__(self, step: str, why: str) -> None:
        super().__init__(f"{step}: {why}")
        self.step = step


class _Hidden(HTMLParser):
    """A page's hidden fields."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "input" and attributes.get("type") == "hidden" and attributes.get("name"):
            self.fields[str(attributes["name"])] = attributes.get("value") or ""


class Walk:
    """One walk; each step by its name, in order."""

    steps = ("sign_up", "confirm", "sign_in", "own_page", "leave", "erased")

    def __init__(self, url: str, mailbox: Mailbox, email: str, postcode: str, patience: float) -> None:
        """``patience``: seconds a mail, or everybody's erasure, may take."""
        headers = {"origin": url, "accept-language": "nb"}
        self._browser = httpx.Client(
            base_url=url, headers=headers, follow_redirects=True, timeout=30, event_hooks={"request": [self._carry]}
        )
        self._mailbox = mailbox
        self._email = email
        self._postcode = postcode
        self._patience = patience
        self._page = ""
        self._member = ""

    def go(self, report: Callable[[str, float], None]) -> None:
        """Every step; ``report`` hears each one's name and seconds. Raises Failed at the first that fails."""
        with self._browser:
            for step in self.steps:
                began = time.monotonic()
                try:
                    getattr(self, step)()
                except (httpx.HTTPError, OSError) as error:
                    raise Failed(step, type(error).__name__) from None
                except _NotAsExpected as error:
                    raise Failed(step, str(error)) from None
                report(step, time.monotonic() - began)

    def _carry(self, request: httpx.Request) -> None:
        """Cookies for TLS alone, which the library keeps back from this machine's own address and browsers do not."""
        if request.url.host == self._browser.base_url.host and (jar := self._browser.cookies.jar):
            request.headers["cookie"] = "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)

    def sign_up(self) -> None:
        """The form, filled in."""
        self._mailbox.texts()
        form = _Hidden(self._expect(self._browser.get("/join"), "/join"))
        time.sleep(_FILLING_IN)
        fields = {
            "website": "",
            "name": "Prøve Innbygger",
            "email": self._email,
            "year_of_birth": "1970",
            "gender": "other",
            "postcode": self._postcode,
            "language": "nb",
            "old_enough": "yes",
            "purposes": ["surveys", "meetings", "results"],
        }
        self._expect(self._browser.post("/join", data={**form.fields, **fields}), "/join/sent")

    def confirm(self) -> None:
        """The link in the first mail, and its button."""
        page = self._expect(self._browser.get(self._link("/join/confirm/")), "/join/confirm")
        self._expect(self._browser.post("/join/confirm", data=_Hidden(page).fields), "/join/welcome")

    def sign_in(self) -> None:
        """A link to the own page, asked for and followed."""
        self._expect(self._browser.post("/me/ask", data={"email": self._email}), "/me/sent")
        page = self._expect(self._browser.get(self._link("/me/sign-in/")), "/me/sign-in")
        self._page = self._expect(self._browser.post("/me/sign-in", data=_Hidden(page).fields), "/me")

    def own_page(self) -> None:
        """What it says is what was filled in."""
        self._member = _Hidden(self._page).fields.get("id", "")
        if not self._member or self._email not in self._page:
            raise _NotAsExpected("the own page does not show the own address")

    def leave(self) -> None:
        """Leaving, and yes to the question whether one is sure."""
        sure = {"id": self._member, "action": "leave"}
        self._expect(self._browser.post("/me", data=sure), "/me/leave")
        self._expect(self._browser.post("/me", data={**sure, "sure": "yes"}), "/me/left")

    def erased(self) -> None:
        """Until every part of the system has confirmed."""
        self._until(self._all_confirmed, "not every service has confirmed the erasure")

    def _all_confirmed(self) -> str | None:
        page = self._expect(self._browser.get("/me/left", params={"id": self._member}), "/me/left")
        receipts = re.search(r"(\d+) av (\d+)", page)
        return page if receipts and receipts[1] == receipts[2] else None

    def _link(self, path: str) -> str:
        """The link below ``path`` in a mail that is on its way."""

        def look() -> str | None:
            for text in self._mailbox.texts():
                if link := re.search(rf"{re.escape(path)}[^\s<>\"]+", text):
                    return link[0]
            return None

        return self._until(look, f"no mail with a link to {path}")

    def _until(self, look: Callable[[], str | None], what: str) -> str:
        deadline = time.monotonic() + self._patience
        while (value := look()) is None:
            if time.monotonic() > deadline:
                raise _NotAsExpected(f"{what} within {self._patience:.0f} s")
            time.sleep(_LOOK)
        return value

    def _expect(self, answer: httpx.Response, path: str) -> str:
        """The page's text, when it is the one at ``path``."""
        if answer.status_code != httpx.codes.OK or answer.url.path.rstrip("/") != path:
            # Never the address itself, which may hold a token.
            raise _NotAsExpected(f"{path} was expected, and a page that answers {answer.status_code} came")
        return answer.text


class _NotAsExpected(Exception):
    """Another page, or none, or no mail."""
