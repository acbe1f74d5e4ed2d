"""In a real browser, without JavaScript and by keyboard: drawn, one says no, another is asked; the minutes are read."""

import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from tests.journeys.conftest import Stack, check, visit, wait

pytestmark = pytest.mark.stack

SEATS = 4
INVITED = "Du er trukket ut til et møte"


def links(stack: Stack) -> list[str]:
    """The links in all invitations so far, oldest first."""
    mails = httpx.get(f"{stack.mail}/api/mails").json()
    hrefs = [
        re.search(r"http\S*/meetings/answer/\S+", mail["text"]) for mail in mails if mail["subject"].startswith(INVITED)
    ]
    return [link[0] for link in hrefs if link]


def press(page: Page, name: str) -> None:
    """Reach a button with the tab key alone and press it."""
    button = page.get_by_role("button", name=name)
    for _ in range(60):
        page.keyboard.press("Tab")
        if button.evaluate("element => element === document.activeElement"):
            with page.expect_navigation():
                page.keyboard.press("Enter")
            return
    raise AssertionError(f"«{name}» cannot be reached by keyboard on {page.url}")


def import_members(staff: Page, stack: Stack, postcode: str = "1353") -> None:
    """Twelve people of both genders and many ages."""
    lines = ["navn;epost;fodselsar;kjonn;postnummer;sprak"]
    lines += [
        f"Beboer {n};beboer{n}@example.org;{1950 + 4 * n};{('kvinne', 'mann')[n % 2]};{postcode};nb"
        for n in range(1, 13)
    ]
    visit(staff, stack.panel + "/staff/registration/import")
    file = {"name": "medlemmer.csv", "mimeType": "text/csv", "buffer": "\n".join(lines).encode()}
    staff.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    staff.get_by_role("button", name="Se over filen").click()
    staff.get_by_label("Svare på undersøkelser").check()
    staff.get_by_label("Bli trukket ut til møter").check()
    staff.get_by_label("Få resultatene på e-post").check()
    staff.get_by_label("Hvor er samtykkene tatt vare på?").fill("Påmeldinger 2025")
    staff.get_by_role("button", name=re.compile("Importer")).click()
    wait(lambda: staff.goto(stack.panel + "/staff/meetings") and "12 aktive" in staff.inner_text("main"))


def announce(staff: Page, stack: Stack, later: timedelta = timedelta(), seats: int = SEATS, rest: int = 180) -> str:
    """A meeting, ``later`` than in a month; the address of its staff page."""
    visit(staff, stack.panel + "/staff/meetings/new")
    today = datetime.now(UTC).date() + later
    for field, value in {
        "heading": "Torget vårt",
        "purpose": "Hva skal torget brukes til?",
        "place": "Kommunegården",
        "day": (today + timedelta(days=30)).isoformat(),
        "seats": str(seats),
        "rest_days": str(rest),
        "reply_on": (today + timedelta(days=7)).isoformat(),
        "agenda": "# Først\n\n- Velkommen",
    }.items():
        staff.locator(f"#{field}").fill(value)
    staff.get_by_role("button", name="Kunngjør møtet").click()
    check(staff)
    return staff.url.partition("?")[0]


def test_a_no_brings_another_and_what_came_of_it_is_public(stack: Stack, chromium: Browser) -> None:
    staff = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="nb-NO").new_page()
    staff.goto(stack.panel + "/staff")
    staff.get_by_role("button", name="redaktor").click()
    import_members(staff, stack)
    page = announce(staff, stack)
    visit(staff, page + "/quotas")
    visit(staff, page + "/draw")
    staff.get_by_text("Hei, Kari Eksempel!").wait_for()
    staff.get_by_role("button", name="Gjør trekningen klar").click()
    wait(lambda: staff.goto(page + "/draw") and "Kunngjør trekningen" in staff.inner_text("main"))
    check(staff)
    staff.get_by_role("button", name="Kunngjør trekningen").click()
    check(staff)
    staff.get_by_label("Hva ble trukket?").fill("437")
    staff.get_by_role("button", name=f"Trekk og inviter {SEATS}").click()
    check(staff)
    wait(lambda: len(links(stack)) == SEATS)

    phone = ViewportSize(width=320, height=700)
    resident = chromium.new_context(java_script_enabled=False, viewport=phone, locale="nb-NO").new_page()
    looking = chromium.new_context(viewport=phone, locale="nb-NO").new_page()
    first, second, *_ = links(stack)
    visit(looking, first)
    resident.goto(first)
    press(resident, "Nei, jeg kan ikke")
    assert resident.inner_text("main").strip() == "Takk for at du sa fra"
    visit(looking, first)
    wait(lambda: len(links(stack)) == SEATS + 1)

    resident.goto(second)
    press(resident, "Ja, jeg kommer")
    assert "Du har plass" in resident.inner_text("h1")
    resident.get_by_label("Trinnfri adkomst").check()
    press(resident, "Lagre")
    assert "Vi har lagret det du skrev." in resident.inner_text("main")
    visit(looking, second)
    newest = links(stack)[-1]
    resident.goto(newest)
    press(resident, "Ja, jeg kommer")
    visit(staff, page)
    assert "2 av 4 plasser er fylt" in staff.inner_text("main")
    visit(staff, page + "/needs")
    assert "Trinnfri adkomst" in staff.inner_text("main")

    visit(looking, stack.panel + "/meetings")
    looking.get_by_role("link", name="Torget vårt").click()
    check(looking)
    assert "4 trukket blant 12" in looking.inner_text("main")

    (stack.state / "clock").write_text(str(timedelta(days=31).total_seconds()))
    wait(lambda: staff.goto(page + "/attendance") and "2 hadde sagt ja" in staff.inner_text("main"))
    check(staff)
    staff.locator("input[name=came]").first.check()
    staff.get_by_role("button", name="Lagre oppmøtet").click()
    visit(staff, page + "/minutes")
    minutes = "# Råd\n\nBenker først.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\n" + "lang linje " * 40
    staff.locator("#minutes").fill(minutes)
    staff.get_by_role("button", name="Se hvordan det blir").click()
    check(staff)
    staff.get_by_role("button", name="Legg ut referatet").click()
    check(staff)
    looking.reload()
    check(looking)
    assert "Benker først." in looking.inner_text("main")
    wait(lambda: any(subject.startswith("Referatet er klart") for subject in subjects(stack)))


def subjects(stack: Stack) -> list[str]:
    """Of all mails so far."""
    return [mail["subject"] for mail in httpx.get(f"{stack.mail}/api/mails").json()]
