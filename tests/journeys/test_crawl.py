"""Every page of the route table in a real browser, empty and full, by every role: axe finds nothing on any of them.

The municipality is not the example that ships: its number, name, mark, colour and areas are its own, and nothing of
Bærum's stands on any page or mail.

A page is found when something links to it: the front page, the staff home, another page or a mail. What nothing can
link to has a line in ``WAYS_IN``; what is there only after something has happened needs that in ``live_a_year``.
"""

import json
import re
from datetime import timedelta
from functools import partial
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from deploy.local.sign_in import USERS
from shared.services import SERVICES
from tests.journeys import odd_days
from tests.journeys import test_meeting as meetings
from tests.journeys.conftest import Stack, open_own_page, wait
from tests.journeys.crawl import Crawl
from tests.journeys.looking import PHONE
from tests.journeys.test_browser import answer, close_and_publish, plan_now
from tests.journeys.test_first_year import follow_up, suggest, triage
from tests.profiles import write_profile

pytestmark = pytest.mark.stack

POSTCODE = "0150"
#: Of the example that ships, wherever it would stand.
BAERUMS = re.compile("bærum|baerum|bæring|sandvika|fossum|rykkinn|\\b3201\\b|1f5c53", re.IGNORECASE)
#: Where people begin, and what stands at an address of its own without a link to it.
WAYS_IN = (
    "/", "/join", "/join/sent", f"/join/place?postcode={POSTCODE}", "/me/ask", "/me/sent", "/suggest/thanks",
    "/surveys/thanks", "/surveys/questionnaire.schema.json", "/meetings/verify.py", "/no-such-page",
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
#: Answers from which a result has figures and pictures.
ENOUGH = 6
#: Seats of the meeting that can be evaluated, and how many must have said yes before it is.
GROUP, FEWEST = 6, 5


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Another municipality than the one that ships as the example."""
    options = [{"code": code, "text": {"nb": text}} for code, text in (("eier", "Eier"), ("leier", "Leier"))]
    folder = write_profile(
        tmp_path_factory.mktemp("profile") / "oslo", number="0301", name="Oslo kommune", accent="#2a2859",
        contact_email="panel@oslo.example", data_protection_email="ombud@oslo.example",
        own_questions=[{"id": "bolig", "text": {"nb": "Eier eller leier du?"}, "options": options}],
    )  # fmt: skip
    (folder / "logo.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><circle r="4"/></svg>')
    return {"PANEL_PROFILE": str(folder)}


def test_every_page_of_an_empty_panel_on_a_phone(stack: Stack, chromium: Browser) -> None:
    crawl = Crawl(stack.panel, chromium, foreign=BAERUMS, views=PHONE)
    look_around(crawl, crawl.visitor(), {"styrer": crawl.staff("styrer")})
    assert crawl.faults == [], "\n".join(crawl.faults)


@pytest.mark.crawl
def test_axe_finds_nothing_on_any_page_there_is(stack: Stack, chromium: Browser) -> None:
    crawl = Crawl(stack.panel, chromium, foreign=BAERUMS)
    visitor = crawl.visitor()
    # What the administrator was shown need not be looked at again as a reader sees it.
    names = sorted((str(user["sub"]) for user in USERS), key=lambda name: name != "styrer")
    staff = {name: crawl.staff(name) for name in names}
    look_around(crawl, visitor, {"styrer": staff["styrer"]})
    addresses = live_a_year(crawl, stack, visitor, staff["styrer"].new_page())
    look_around(crawl, visitor, staff, *mailed(stack), *addresses)
    crawl.send_forms()
    for mail in httpx.get(f"{stack.mail}/api/mails").json():
        crawl.read(f"mail «{mail['subject']}»", json.dumps(mail, ensure_ascii=False))
    assert crawl.faults == [], "\n".join(crawl.faults)
    assert crawl.missing() == [], ADVICE + "\n".join(crawl.missing())


def look_around(crawl: Crawl, visitor: BrowserContext, staff: dict[str, BrowserContext], *links: str) -> None:
    """Everything, as it is now."""
    public = [link for link in links if not urlsplit(link).path.startswith("/staff/")]
    crawl.walk(visitor, *(crawl.panel + path for path in WAYS_IN), *public, alike=3)
    for name, person in staff.items():
        entrances = [crawl.panel + path for path in STAFF_WAYS_IN]
        entrances += [link for link in links if urlsplit(link).path.startswith("/staff/") and name == "styrer"]
        crawl.walk(person, *entrances, alike=2 if name == "styrer" else 1, fetched=True)


def mailed(stack: Stack) -> list[str]:
    """The newest link of each kind that mails hold."""
    newest: dict[str, str] = {}
    for mail in httpx.get(f"{stack.mail}/api/mails").json():
        for link in re.findall(rf"{re.escape(stack.panel)}/\S+", mail["text"]):
            newest[re.sub(r"[^/]{16,}", "", link)] = link
    return list(newest.values())


def live_a_year(crawl: Crawl, stack: Stack, visitor: BrowserContext, staff: Page) -> list[str]:
    """A survey answered and published and one open, a meeting held and one drawn, matters, answers, a new member.

    Addresses that only those have who came there.
    """
    phone = visitor.new_page()
    crawl.renew(staff.context)
    meetings.import_members(staff, stack, POSTCODE)
    addresses = [staff.url]
    name_areas(staff, stack)
    rename_panel(staff, phone, stack)
    write_questionnaire(staff, stack)
    make_channel(staff, stack)
    plan_now(staff, stack)
    meeting = draw_meeting(staff, stack)
    phone.goto(meetings.links(stack)[0])
    phone.get_by_role("button", name="Ja, jeg kommer").click()
    for number in range(1, ENOUGH + 1):
        phone.goto(stack.link(f"beboer{number}@example.org", "Ny undersøkelse", "/surveys/answer/"))
        phone.get_by_role("link", name=re.compile("Start|Fortsett")).click()
        answer(phone)
    addresses.append(phone.url)
    crawl.renew(staff.context)
    close_and_publish(staff, stack)
    suggest(phone, phone, stack)
    triage(staff, stack)
    follow_up(staff, stack)
    move_clock(stack, MONTH)
    crawl.renew(staff.context)
    hold_meeting(staff, meeting)
    plan_now(staff, stack, closes_in=60)
    odd_days.key_in_paper(staff, stack)
    later = draw_meeting(staff, stack, MONTH, GROUP, addresses)
    addresses += odd_days.come_with_needs(staff, phone, stack, later, FEWEST)
    addresses.append(odd_days.reply_by_phone(staff, stack, later, GROUP))
    addresses += odd_days.compare(staff, later)
    crawl.renew(staff.context)
    addresses += odd_days.call_volunteers(staff, phone, stack, MONTH)
    addresses += [odd_days.plan_for_later(staff, stack, MONTH), odd_days.keep_calendar(staff, stack)]
    # Whoever is signed in stands no longer before the form for it: this one leaves first.
    addresses += odd_days.take_data_and_leave(phone, stack, "beboer12@example.org")
    addresses += [join(phone, stack), own_page(phone, stack)]
    odd_days.put_at_fault(stack)
    return addresses


def name_areas(staff: Page, stack: Stack) -> None:
    """One area of the municipality's own."""
    staff.goto(stack.panel + "/staff/registration/areas")
    for name, value in {"label": "Indre by", "postcodes": POSTCODE, "residents": "9000"}.items():
        staff.locator(f"input[name={name}-0]").fill(value)
    staff.get_by_role("button", name="Lagre områdene").click()


def rename_panel(staff: Page, phone: Page, stack: Stack) -> None:
    """What an administrator chooses is told to the other services, and shows on their pages."""
    staff.goto(stack.panel + "/staff/registration/profile")
    staff.locator("[name='panel_name.nb']").fill("Spør byen")
    staff.get_by_role("button", name="Lagre profilen").click()
    for path in ("/results", "/surveys", "/meetings"):
        wait(partial(says_in_its_head, phone, stack.panel + path, "Spør byen"))


def says_in_its_head(page: Page, address: str, words: str) -> bool:
    """Whether the page there has the words in its header by now."""
    page.goto(address)
    return words in page.inner_text("header")


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


def draw_meeting(
    staff: Page,
    stack: Stack,
    later: timedelta = timedelta(),
    seats: int = meetings.SEATS,
    given_up: list[str] | None = None,
) -> str:
    """Announce one and draw it; its staff page. ``given_up`` takes the public page once a first draw was cancelled."""
    before = len(meetings.links(stack))
    page = meetings.announce(staff, stack, later, seats, rest=0)
    make_ready(staff, page)
    if given_up is not None:
        given_up.append(odd_days.give_up_draw(staff))
        make_ready(staff, page)
    staff.get_by_label("Hva ble trukket?").fill("437")
    staff.get_by_role("button", name=f"Trekk og inviter {seats}").click()
    wait(lambda: len(meetings.links(stack)) == before + seats)
    return page


def make_ready(staff: Page, page: str) -> None:
    """The draw is announced; the page follows the tickets by itself."""
    staff.goto(page + "/draw")
    staff.get_by_role("button", name="Gjør trekningen klar").click()
    staff.get_by_role("button", name="Kunngjør trekningen").click(timeout=300_000)


def hold_meeting(staff: Page, page: str) -> None:
    """Note who came and publish the minutes."""
    wait(lambda: staff.goto(page + "/attendance") and "1 hadde sagt ja" in staff.inner_text("main"))
    staff.locator("input[name=came]").first.check()
    staff.get_by_role("button", name="Lagre oppmøtet").click()
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
    page.get_by_label("Postnummer der du bor").fill(POSTCODE)
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
    own = open_own_page(page, stack, FIRST)
    page.get_by_role("link", name="Endre opplysningene").click()
    page.locator("#email").fill("ny@example.org")
    page.get_by_role("button", name="Lagre").click()
    stack.link("ny@example.org", "", "/me/address/")
    return own
