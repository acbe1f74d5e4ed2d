"""Every page of the route table in a real browser, empty and full, by every role: axe finds nothing on any of them.

A page is found when something links to it: the front page, the staff home, another page or a mail. What nothing can
link to has a line in ``WAYS_IN``; what is there only after something has happened needs that in ``live_a_year``.
"""

import re
from datetime import timedelta

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from deploy.local.sign_in import USERS
from shared.services import SERVICES
from tests.journeys import test_meeting as meetings
from tests.journeys.conftest import Stack, wait
from tests.journeys.crawl import Crawl
from tests.journeys.test_browser import answer, close_and_publish, plan_now
from tests.journeys.test_first_year import follow_up, suggest, triage

pytestmark = [pytest.mark.stack, pytest.mark.crawl]

#: Where people begin, and what stands at an address of its own without a link to it.
WAYS_IN = (
    "/", "/join", "/join/sent", "/join/place?postcode=1353", "/me/ask", "/me/sent", "/suggest/thanks",
    "/surveys/thanks", "/surveys/questionnaire.schema.json", "/no-such-page",
)  # fmt: skip
STAFF_WAYS_IN = (
    "/staff", *(f"/staff/{name}/dead-letters" for name in SERVICES), "/staff/notifications/resume",
    "/staff/notifications/preview",
)  # fmt: skip
ADVICE = """
The crawl has no way into these. Link to the page from one that people see, or show the form on one. What nothing can
link to gets a line in WAYS_IN or STAFF_WAYS_IN; what is there only after something has happened needs that in
live_a_year().
"""
MONTH = timedelta(days=31)
FIRST = "beboer1@example.org"


def test_axe_finds_nothing_on_any_page_there_is(stack: Stack, chromium: Browser) -> None:
    crawl = Crawl(stack.panel, chromium)
    visitor = crawl.visitor()
    # What the administrator was shown need not be looked at again as a reader sees it.
    names = sorted((str(user["sub"]) for user in USERS), key=lambda name: name != "styrer")
    staff = {name: crawl.staff(name) for name in names}
    look_around(crawl, visitor, {"styrer": staff["styrer"]})
    addresses = live_a_year(stack, visitor, staff["styrer"].new_page())
    look_around(crawl, visitor, staff, *mailed(stack), *addresses)
    crawl.send_forms()
    assert crawl.faults == [], "\n".join(crawl.faults)
    assert crawl.missing() == [], ADVICE + "\n".join(crawl.missing())


def look_around(crawl: Crawl, visitor: BrowserContext, staff: dict[str, BrowserContext], *links: str) -> None:
    """Everything, as it is now."""
    crawl.walk(visitor, *(crawl.panel + path for path in WAYS_IN), *links, alike=3)
    for name, person in staff.items():
        crawl.walk(person, *(crawl.panel + path for path in STAFF_WAYS_IN), alike=2 if name == "styrer" else 1)


def mailed(stack: Stack) -> list[str]:
    """The newest link of each kind that mails hold."""
    newest: dict[str, str] = {}
    for mail in httpx.get(f"{stack.mail}/api/mails").json():
        for link in re.findall(rf"{re.escape(stack.panel)}/\S+", mail["text"]):
            newest[re.sub(r"[^/]{16,}", "", link)] = link
    return list(newest.values())


def live_a_year(stack: Stack, visitor: BrowserContext, staff: Page) -> list[str]:
    """A survey answered and published and one open, a meeting held and one drawn, matters, answers, a new member.

    Addresses that only those have who came there.
    """
    phone = visitor.new_page()
    meetings.import_members(staff, stack)
    addresses = [staff.url]
    write_questionnaire(staff, stack)
    make_channel(staff, stack)
    plan_now(staff, stack)
    held = draw_meeting(staff, stack)
    phone.goto(meetings.links(stack)[0])
    phone.get_by_role("button", name="Ja, jeg kommer").click()
    phone.goto(stack.link(FIRST, "Ny undersøkelse", "/surveys/answer/"))
    phone.get_by_role("link", name=re.compile("Start|Fortsett")).click()
    answer(phone)
    addresses.append(phone.url)
    close_and_publish(staff, stack)
    suggest(phone, phone, stack)
    triage(staff, stack)
    follow_up(staff, stack)
    move_clock(stack, MONTH)
    hold_meeting(staff, held)
    plan_now(staff, stack, closes_in=60)
    draw_meeting(staff, stack, MONTH)
    addresses += [join(phone, stack), own_page(phone, stack)]
    return addresses


def move_clock(stack: Stack, by: timedelta) -> None:
    """Panel time is now plus this much."""
    (stack.state / "clock").write_text(str(by.total_seconds()))


def write_questionnaire(staff: Page, stack: Stack) -> None:
    """One of the municipality's own, begun from a template."""
    staff.goto(stack.panel + "/staff/surveys/editor")
    staff.get_by_label("Tittel").fill("Om lysløypene")
    staff.get_by_label("Begynn med").select_option(index=1)
    staff.get_by_role("button", name="Lag skjema").click()


def make_channel(staff: Page, stack: Stack) -> None:
    """A poster with a link of its own."""
    staff.goto(stack.panel + "/staff/registration/channels")
    staff.get_by_label("Navn").fill("Plakat på biblioteket")
    staff.get_by_label("Kode").fill("bibliotek")
    staff.get_by_role("button", name="Lag kanalen").click()


def draw_meeting(staff: Page, stack: Stack, later: timedelta = timedelta()) -> str:
    """Announce one and draw it; its staff page."""
    before = len(meetings.links(stack))
    page = meetings.announce(staff, stack, later)
    staff.goto(page + "/draw")
    staff.get_by_role("button", name="Gjør trekningen klar").click()
    wait(lambda: staff.goto(page + "/draw") and "Kunngjør trekningen" in staff.inner_text("main"))
    staff.get_by_role("button", name="Kunngjør trekningen").click()
    staff.get_by_label("Hva ble trukket?").fill("437")
    staff.get_by_role("button", name=f"Trekk og inviter {meetings.SEATS}").click()
    wait(lambda: len(meetings.links(stack)) == before + meetings.SEATS)
    return page


def hold_meeting(staff: Page, page: str) -> None:
    """Note who came and publish the minutes."""
    wait(lambda: staff.goto(page + "/attendance") and "1 hadde sagt ja" in staff.inner_text("main"))
    staff.locator("input[name=came]").first.check()
    staff.get_by_role("button", name="Lagre frammøtet").click()
    staff.goto(page + "/minutes")
    staff.locator("#minutes").fill("# Råd\n\nBenker først.")
    staff.get_by_role("button", name="Se hvordan det blir").click()
    staff.get_by_role("button", name="Legg ut referatet").click()


def join(page: Page, stack: Stack) -> str:
    """Somebody signs up and has the mail; the page they are on."""
    page.goto(stack.panel + "/join")
    page.get_by_label("Navn").fill("Nina Nettleser")
    page.get_by_label("E-post", exact=True).fill("nina@example.org")
    page.get_by_label("Fødselsår").fill("1979")
    page.get_by_label("Kvinne").check()
    page.get_by_label("Postnummer der du bor").fill("1353")
    page.get_by_label("Svare på undersøkelser").check()
    page.get_by_label("Jeg har fylt 15 år").check()
    page.get_by_role("button", name="Meld meg på").click()
    if "svært raskt" in page.inner_text("main"):
        page.wait_for_timeout(3_500)
        page.get_by_role("button", name="Meld meg på").click()
    stack.link("nina@example.org", "Bekreft", "/join/confirm/")
    return page.url


def own_page(page: Page, stack: Stack) -> str:
    """A member signs in and asks for another address; the own page."""
    page.goto(stack.panel + "/me")
    page.get_by_label("E-post").fill(FIRST)
    page.get_by_role("button", name="Send lenke").click()
    page.goto(stack.link(FIRST, "Lenke til Min side", "/me/sign-in/"))
    page.get_by_role("button", name="Logg inn").click()
    page.wait_for_url(re.compile(r"/me(\?|$)"))
    own = page.url
    page.get_by_role("link", name="Endre opplysningene").click()
    page.locator("#email").fill("ny@example.org")
    page.get_by_role("button", name="Lagre").click()
    stack.link("ny@example.org", "", "/me/address/")
    return own
