"""What happens now and then: a call, a draw given up, needs, a paper, somebody who leaves, events at fault.

Each goes the way people go, by the links and buttons there are, and returns addresses that only they have.
"""

import asyncio
import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from urllib.parse import urljoin

import asyncpg
import httpx
from confluent_kafka import Producer
from playwright.sync_api import Page

from shared.messaging.provision import client_settings
from shared.services import SERVICES
from tests.journeys import test_meeting as meetings
from tests.journeys.conftest import Stack, check, open_own_page, wait

_UNKNOWN = (
    "update notifications.message set state = 'unknown' where id = (select id from notifications.message limit 1)"
)


def newest_link(stack: Stack, subject: str, path: str) -> str:
    """The link in the newest mail whose subject begins so, whoever got it, once it has come."""
    links: list[str] = []

    def there() -> bool:
        for mail in httpx.get(f"{stack.mail}/api/mails").json():
            if mail["subject"].startswith(subject):
                links.extend(re.findall(rf"http\S*{path}\S+", mail["text"])[:1])
        return bool(links)

    wait(there)
    return links[-1]


def give_up_draw(staff: Page) -> str:
    """Cancel the draw that is announced on this page; the public page that says so from now on."""
    staff.locator("summary", has_text="Avlys trekningen").click()
    staff.get_by_label("Hvorfor avlyses trekningen?").fill("Vi la inn feil kvoter.")
    staff.get_by_role("button", name="Avlys trekningen").click()
    staff.get_by_role("link", name="Tilbake til møtet").click()
    staff.get_by_role("link", name="Se den offentlige siden").click()
    return staff.url


def come_with_needs(staff: Page, phone: Page, stack: Stack, meeting: str, people: int) -> list[str]:
    """So many say yes, the last of them needs something; that one's page, and where staff read it."""
    for link in meetings.links(stack)[-people:]:
        phone.goto(link)
        phone.get_by_role("button", name="Ja, jeg kommer").click()
    phone.get_by_label("Trinnfri adkomst").check()
    phone.get_by_role("button", name="Lagre").click()
    guest = phone.url
    staff.goto(meeting)
    staff.get_by_role("link", name="Se praktiske behov").click()
    needs = staff.url
    return [guest, needs]


def reply_by_phone(staff: Page, stack: Stack, meeting: str, people: int) -> str:
    """The first of so many newest invited rings and comes; where staff write it down."""
    mails = httpx.get(f"{stack.mail}/api/mails").json()
    addresses = [mail["to"][0] for mail in mails if mail["subject"].startswith(meetings.INVITED)]
    staff.goto(meeting)
    staff.get_by_role("link", name="Svar på telefon").click()
    check(staff)
    staff.get_by_label("Finn en person").fill(addresses[-people])
    staff.get_by_role("button", name="Finn").click()
    check(staff)
    staff.locator("main li a").click()
    reply = staff.url
    staff.get_by_role("button", name="Personen kommer", exact=True).click()
    return reply


def compare(staff: Page, meeting: str) -> list[str]:
    """Ask those who come and a control group, before the meeting; the form for it, and the questions alone."""
    staff.goto(meeting)
    staff.get_by_role("link", name="Evaluering").click()
    check(staff)
    page = staff.url
    staff.get_by_role("button", name="Gå videre").click()
    questions = staff.locator("[data-card*='/staff/surveys/evaluation']").first.get_attribute("data-card")
    check(staff)
    staff.get_by_role("button", name=re.compile("spør begge")).click()
    check(staff)
    return [page, urljoin(page, questions)]


def call_volunteers(staff: Page, phone: Page, stack: Stack, later: timedelta) -> list[str]:
    """A call for one meeting, answered, and the form of one and the quotas for another."""
    meetings.announce(staff, stack, later + later)
    staff.get_by_role("link", name="Spør først hvem som vil være med").click()
    addresses = [staff.url]
    staff.go_back()
    staff.get_by_role("link", name="Trekk deltakere").first.click()
    staff.get_by_role("link", name="Endre kvotene").click()
    addresses.append(staff.url)
    meeting = meetings.announce(staff, stack, later + later)
    staff.get_by_role("link", name="Spør først hvem som vil være med").click()
    until = (datetime.now(UTC) + later + timedelta(days=3)).date()
    staff.locator("#last_day").fill(until.isoformat())
    staff.get_by_role("button", name="Se hvor mange som blir spurt").click()
    staff.get_by_role("button", name="Send oppropet").click()
    phone.goto(newest_link(stack, "Vil du være med på et møte", "/meetings/answer/"))
    phone.get_by_role("button", name="Ja, jeg vil være med i trekningen").click()
    staff.goto(meeting)
    staff.get_by_role("link", name="Avslutt oppropet").click()
    return [*addresses, phone.url, staff.url]


def plan_for_later(staff: Page, stack: Stack, later: timedelta) -> str:
    """A survey that opens some day; where staff give the plan up."""
    staff.goto(stack.panel + "/staff/surveys/plan")
    staff.locator("input[name=questionnaire][value=klima]").check()
    staff.locator("input[name=opens][value=date]").check()
    today = datetime.now(UTC).date()
    staff.locator("#opens_on").fill((today + later + timedelta(days=90)).isoformat())
    staff.locator("#closes_on").fill((today + later + timedelta(days=110)).isoformat())
    staff.locator("#reminder_on").fill("")
    staff.get_by_role("button", name="Se over").click()
    staff.get_by_role("button", name="Legg planen").click()
    staff.get_by_role("link", name="Avlys planen").click()
    return staff.url


def key_in_paper(staff: Page, stack: Stack) -> None:
    """Staff find a member's open survey and enter the first option of each question."""
    staff.goto(stack.panel + "/staff/registration/members")
    staff.locator("tbody a").first.click()
    staff.get_by_role("link", name="Svar på papir").click()
    papers = staff.url
    wait(lambda: staff.goto(papers) and staff.get_by_role("link", name=re.compile("Før inn svar")).count())
    staff.get_by_role("link", name=re.compile("Før inn svar")).first.click()
    for group in staff.locator("main fieldset").all():
        if group.locator("input").count():
            group.locator("input").first.check()
    staff.locator("main form button").last.click()


def keep_calendar(staff: Page, stack: Stack) -> str:
    """A secret address of the calendar; closed again it is no more, so another is made."""
    staff.goto(stack.panel + "/staff/calendar")
    staff.get_by_role("button", name="Lag en hemmelig adresse").click()
    staff.get_by_role("button", name=re.compile("Steng adressen")).click()
    staff.get_by_role("button", name="Lag en hemmelig adresse").click()
    link = re.search(r"http\S+/calendar/[^\s\"<]+", staff.content())
    assert link is not None
    return link[0]


def take_data_and_leave(phone: Page, stack: Stack, address: str) -> list[str]:
    """A member looks at all that is kept, and goes."""
    own = open_own_page(phone, stack, address)
    phone.get_by_role("link", name="Last ned opplysningene mine").click()
    phone.get_by_role("button", name="Samle opplysningene mine").click()
    phone.wait_for_url(re.compile("/me/gathering"))
    with phone.expect_download():
        phone.get_by_role("link", name=re.compile("Last ned")).click()
    phone.goto(own)
    phone.get_by_role("button", name="Gå ut av panelet").click()
    phone.get_by_role("button", name="Slett alt om meg").click()
    phone.wait_for_url(re.compile("/me/left"))
    return [phone.url]


def put_at_fault(stack: Stack) -> None:
    """Each service is sent what nobody can read, and a mail may have been sent or not."""
    status = json.loads((stack.state / "status.json").read_text())
    producer = Producer(client_settings(status["kafka"], status["kafka_username"], status["kafka_password"]))
    # All but registration read the one, and registration the other.
    for topic in ("registration", "surveys"):
        producer.produce(f"{status['prefix']}.{topic}", value=b"made up", partition=0)
    producer.flush()

    async def write() -> None:
        database = await asyncpg.connect(status["database_url"])
        await database.execute(_UNKNOWN)
        for service in SERVICES:
            while not await database.fetchval(f"select count(*) from {service}.dead_letter"):
                await asyncio.sleep(0.1)
        await database.close()

    # The browser has an event loop in this thread.
    with ThreadPoolExecutor(1) as aside:
        aside.submit(asyncio.run, asyncio.wait_for(write(), 300)).result()
