"""In a real browser: a meeting with a decline and a replacement, a suggestion, triage, a follow-up, the member's page.

Residents use a phone 320 px wide, one without JavaScript and one with the keyboard alone; axe finds nothing anywhere.
"""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from tests.journeys.conftest import Stack, check, visit, wait

pytestmark = pytest.mark.stack

PHONE = ViewportSize(width=320, height=700)
MEMBERS = 8
HEAD = "navn;epost;fodselsar;kjonn;postnummer;sprak"


def test_a_meeting_a_suggestion_and_what_came_of_them(stack: Stack, chromium: Browser, tmp_path: Path) -> None:
    staff = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="nb-NO").new_page()
    scriptless = chromium.new_context(java_script_enabled=False, viewport=PHONE, locale="nb-NO").new_page()
    phone = chromium.new_context(viewport=PHONE, locale="nb-NO").new_page()
    staff.goto(stack.panel + "/staff")
    staff.get_by_role("button", name="redaktor").click()
    import_members(staff, stack, tmp_path)
    look_around(staff, stack)
    meeting = plan_meeting(staff, stack)
    first = invited(stack, 2)
    decline(scriptless, phone, stack, first[0])
    accept_by_keyboard(phone, stack, first[1])
    (replacement,) = set(invited(stack, 3)) - set(first)
    assert replacement not in first
    visit(phone, stack.link(replacement, "Du er trukket ut", "/meetings/answer/"))
    wait(lambda: staff.goto(meeting) and "1 av 2 plasser" in staff.inner_text("main"))
    check(staff)
    visit(phone, stack.panel + "/meetings")
    phone.get_by_role("link", name=re.compile("Torget i Sandvika")).first.click()
    check(phone)

    suggest(scriptless, phone, stack)
    triage(staff, stack)
    visit(phone, stack.panel + "/suggest/lys-i-loypa")
    assert "Vi har bestilt lys" in phone.inner_text("main")
    follow_up(staff, stack)
    phone.reload()
    assert "Lysene er på plass" in phone.inner_text("main")
    visit(phone, stack.panel + "/work")
    assert "Lysene er på plass" in phone.inner_text("main")

    own_page(phone, stack, first[1])
    for lang in ("nn", "en"):
        for path in ("/", "/join", "/meetings", "/suggest", "/work", "/results", "/privacy"):
            visit(phone, f"{stack.panel}{path}?lang={lang}")
            assert phone.locator("html").get_attribute("lang") == lang, path


def import_members(staff: Page, stack: Stack, folder: Path) -> None:
    """Eight members from a file."""
    file = folder / "medlemmer.csv"
    rows = [f"Person {n};p{n}@example.org;{1955 + 6 * n};{('kvinne', 'mann')[n % 2]};1353;nb" for n in range(MEMBERS)]
    file.write_text("\n".join([HEAD, *rows]), encoding="utf-8")
    staff.goto(stack.panel + "/staff/registration/import")
    staff.locator("input[type=file]").set_input_files(file)
    staff.get_by_role("button", name="Se over filen").click()
    check(staff)
    staff.get_by_label("Svare på undersøkelser").check()
    staff.get_by_label("Bli trukket ut til møter").check()
    staff.get_by_label("Få resultatene på e-post").check()
    staff.get_by_label("Hvor er samtykkene tatt vare på?").fill("Påmeldinger 2025")
    staff.get_by_role("button", name=f"Importer {MEMBERS} medlemmer").click()
    assert f"{MEMBERS} medlemmer er importert" in staff.inner_text("main")


def look_around(staff: Page, stack: Stack) -> None:
    """Registration's and the others' staff pages as they are with members."""
    for path in (
        "registration", "registration/members", "registration/thresholds", "registration/channels",
        "registration/areas", "registration/erasures", "registration/dead-letters", "results/suggestions",
        "results/follow-ups", "meetings/new", "notifications",
    ):  # fmt: skip
        visit(staff, f"{stack.panel}/staff/{path}")
    staff.goto(stack.panel + "/staff/registration/members")
    staff.locator("tbody a").first.click()
    check(staff)
    staff.goto(stack.panel + "/staff/registration/channels")
    staff.get_by_label("Navn").fill("Plakat på biblioteket")
    staff.get_by_label("Kode").fill("bibliotek")
    staff.get_by_role("button", name="Lag kanalen").click()
    check(staff)


def plan_meeting(staff: Page, stack: Stack) -> str:
    """A meeting of two, drawn; its staff page."""
    today = datetime.now(UTC).date()
    staff.goto(stack.panel + "/staff/meetings/new")
    staff.get_by_label("Hva heter møtet?").fill("Torget i Sandvika")
    staff.get_by_label("Hva skal møtet brukes til?").fill("Hva bør torget brukes til?")
    staff.get_by_label("Hvor er møtet?").fill("Rådhuset")
    staff.locator("#day").fill((today + timedelta(days=30)).isoformat())
    staff.locator("#reply_on").fill((today + timedelta(days=7)).isoformat())
    staff.get_by_label("Antall plasser").fill("2")
    staff.get_by_role("button", name="Kunngjør møtet").click()
    check(staff)
    meeting = staff.url.partition("?")[0]
    wait(lambda: staff.goto(meeting + "/draw") and "Gjør trekningen klar" in staff.inner_text("main"))
    check(staff)
    staff.get_by_role("button", name="Gjør trekningen klar").click()
    wait(lambda: staff.goto(meeting + "/draw") and "Kunngjør trekningen" in staff.inner_text("main"))
    check(staff)
    staff.get_by_role("button", name="Kunngjør trekningen").click()
    check(staff)
    staff.get_by_label("Hva ble trukket?").fill("437")
    staff.get_by_role("button", name="Trekk og inviter 2").click()
    return meeting


def invited(stack: Stack, count: int) -> list[str]:
    """Addresses that were invited to the meeting, oldest first, once there are ``count``."""
    addresses: list[str] = []

    def enough() -> bool:
        mails = httpx.get(f"{stack.mail}/api/mails").json()
        addresses[:] = [mail["to"][0] for mail in mails if mail["subject"].startswith("Du er trukket ut")]
        return len(addresses) >= count

    wait(enough)
    return addresses


def decline(scriptless: Page, phone: Page, stack: Stack, address: str) -> None:
    """No in one step, without JavaScript; a look with it first, which changes nothing."""
    link = stack.link(address, "Du er trukket ut", "/meetings/answer/")
    visit(phone, link)
    scriptless.goto(link)
    scriptless.get_by_role("button", name="Nei, jeg kan ikke").click()
    assert "Takk for at du sa fra" in scriptless.inner_text("h1")


def accept_by_keyboard(phone: Page, stack: Stack, address: str) -> None:
    """Tab to the yes, press it, find the calendar file and write a need, never touching a pointer."""
    visit(phone, stack.link(address, "Du er trukket ut", "/meetings/answer/"))
    press(phone, "Ja, jeg kommer")
    phone.get_by_role("link", name=re.compile("alender")).wait_for()
    check(phone)


def press(page: Page, name: str) -> None:
    """Tab until the focus is visibly on the control of this name, then press Enter."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == name:
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            shadow = page.evaluate("getComputedStyle(document.activeElement).boxShadow")
            assert outline != "none" or shadow != "none", f"the focus on «{name}» cannot be seen"
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"the keyboard does not reach «{name}»")


def suggest(scriptless: Page, phone: Page, stack: Stack) -> None:
    """A matter from the form, without JavaScript; first with an error."""
    visit(phone, stack.panel + "/suggest")
    phone.get_by_role("button", name="Send forslaget").click()
    check(phone)
    scriptless.goto(stack.panel + "/suggest")
    scriptless.get_by_label("Hva gjelder saken?").fill("Lys i løypa")
    scriptless.get_by_label("Hva foreslår du?").fill("Det er mørkt i løypa.")
    scriptless.get_by_label("E-post").fill("nabo@example.org")
    scriptless.get_by_role("button", name="Send forslaget").click()
    if "svært raskt" in scriptless.inner_text("main"):
        scriptless.wait_for_timeout(3_500)
        scriptless.get_by_role("button", name="Send forslaget").click()
    assert "Takk for forslaget" in scriptless.inner_text("h1")
    visit(phone, stack.panel + "/suggest/thanks")


def triage(staff: Page, stack: Stack) -> None:
    """Answer it and publish the municipality's wording."""
    staff.goto(stack.panel + "/staff/results/suggestions")
    check(staff)
    staff.get_by_role("link", name="Lys i løypa").click()
    check(staff)
    staff.get_by_label("Besvart").check()
    staff.get_by_label("Svar til avsenderen").fill("Vi har bestilt lys.")
    staff.get_by_label("Legg saken ut").check()
    staff.get_by_role("button", name="Se over").click()
    wait(lambda: "Svar på forslaget ditt: Lys i løypa" in staff.inner_text("main"))
    check(staff)
    staff.get_by_role("button", name="Lagre og send").click()
    check(staff)
    assert stack.link("nabo@example.org", "Svar på forslaget ditt", "/suggest/").endswith("/suggest/lys-i-loypa")


def follow_up(staff: Page, stack: Stack) -> None:
    """You said, we did."""
    staff.goto(stack.panel + "/staff/results/follow-ups")
    staff.get_by_label("Hva gjelder det?").select_option(label="Lys i løypa")
    staff.get_by_label("Hva har kommunen gjort?").fill("Lysene er på plass.")
    staff.get_by_role("button", name="Se over").click()
    check(staff)
    staff.get_by_role("button", name="Lagre").click()
    check(staff)


def own_page(phone: Page, stack: Stack, address: str) -> None:
    """Sign in by mail, see the draw, change a detail, look at leaving."""
    visit(phone, stack.panel + "/me")
    phone.get_by_label("E-post").fill(address)
    phone.get_by_role("button", name="Send lenke").click()
    check(phone)
    phone.goto(stack.link(address, "Lenke til Min side", "/me/sign-in/"))
    check(phone)
    phone.get_by_role("button", name="Logg inn").click()
    # A reload before the browser is there would meet a page that is going away.
    phone.wait_for_url(re.compile(r"/me(\?|$)"))
    wait(lambda: phone.reload() and "Torget i Sandvika" in phone.inner_text("main"))
    check(phone)
    phone.get_by_role("link", name="Endre opplysningene").click()
    check(phone)
    phone.locator("#postcode").fill("1337")
    phone.locator("output", has_text="Sandvika").wait_for()
    phone.get_by_role("button", name="Lagre").click()
    assert "Endringene er lagret" in phone.inner_text("main")
    phone.get_by_role("button", name="Gå ut av panelet").click()
    check(phone)
