"""In a real browser: join, confirm, answer and read the published result; axe finds nothing on any page visited."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from tests.journeys.conftest import Stack, all_answers_arrived, check, visit

ADDRESS = "nina@example.org"

pytestmark = pytest.mark.stack


def test_the_whole_way_from_joining_to_the_published_result(stack: Stack, chromium: Browser) -> None:
    phone = ViewportSize(width=320, height=700)
    resident = chromium.new_context(java_script_enabled=False, viewport=phone, locale="nb-NO").new_page()
    looking = chromium.new_context(viewport=phone, locale="nb-NO").new_page()
    for path in (
        "/",
        "/join",
        "/join/sent",
        "/about",
        "/privacy",
        "/me",
        "/surveys",
        "/results",
        "/meetings",
        "/suggest",
        "/nope",
    ):
        visit(looking, stack.panel + path)

    resident.goto(stack.panel + "/")
    resident.get_by_role("link", name="Bli med i panelet").click()
    resident.get_by_role("button", name="Meld meg på").click()
    assert "Navn må fylles ut" in resident.inner_text(".panel-errors")
    resident.get_by_label("Navn").fill("Nina Nettleser")
    resident.get_by_label("E-post", exact=True).fill(ADDRESS)
    resident.get_by_label("Fødselsår").fill("1979")
    resident.get_by_label("Kvinne").check()
    resident.get_by_label("Postnummer der du bor").fill("1353")
    resident.get_by_label("Svare på undersøkelser").check()
    resident.get_by_label("Få resultatene").check()
    resident.get_by_label("Jeg har fylt 15 år").check()
    resident.get_by_role("button", name="Meld meg på").click()
    if "svært raskt" in resident.inner_text("main"):
        resident.wait_for_timeout(3_500)
        resident.get_by_role("button", name="Meld meg på").click()
    assert "Sjekk e-posten din" in resident.inner_text("h1")
    resident.goto(stack.link(ADDRESS, "Bekreft", "/join/confirm/"))
    resident.get_by_role("button", name="Ja, jeg vil være med").click()
    assert "Velkommen" in resident.inner_text("h1")

    staff = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="nb-NO").new_page()
    staff.goto(stack.panel + "/staff")
    staff.get_by_role("button", name="redaktor").click()
    staff.get_by_text("av 500 medlemmer").first.wait_for()
    check(staff)
    for path in (
        "registration",
        "registration/import",
        "registration/members",
        "registration/channels",
        "registration/thresholds",
        "registration/audit",
        "surveys",
        "surveys/plan",
        "surveys/questionnaires/baeringen?language=en",
        "results",
        "meetings",
        "notifications",
    ):
        visit(staff, f"{stack.panel}/staff/{path}")
    plan_now(staff, stack)

    looking.goto(stack.link(ADDRESS, "Ny undersøkelse", "/surveys/answer/"))
    check(looking)
    looking.get_by_role("link", name="Start").click()
    check(looking)
    looking.get_by_role("button", name="Neste").click()
    check(looking)
    assert looking.locator(".panel-errors").count() == 1
    resident.goto(stack.link(ADDRESS, "Ny undersøkelse", "/surveys/answer/"))
    resident.get_by_role("link", name=re.compile("Start|Fortsett")).click()
    answer(resident)

    close_and_publish(staff, stack)
    resident.goto(stack.panel + "/results")
    resident.get_by_role("link", name=re.compile("Klima")).click()
    assert "1 av 1 inviterte svarte" in resident.inner_text("main")
    assert "ikke regne ut en feilmargin" in resident.inner_text("main")
    staff.goto(stack.panel + "/staff/results")
    staff.get_by_role("link", name=re.compile("Klima")).click()
    assert "Publisert" in staff.inner_text("main")
    check(staff)
    visit(looking, resident.url)


def plan_now(staff: Page, stack: Stack, closes_in: int = 14) -> None:
    """Open the climate survey at once for so many days, having seen how many it reaches."""
    staff.goto(stack.panel + "/staff/surveys/plan")
    staff.locator("input[name=questionnaire][value=klima]").check()
    staff.locator("input[name=opens][value=now]").check()
    staff.locator("#closes_on").fill((datetime.now(UTC) + timedelta(days=closes_in)).date().isoformat())
    staff.get_by_role("button", name="Se over").click()
    check(staff)
    staff.get_by_role("button", name="Åpne undersøkelsen nå").click()


def close_and_publish(staff: Page, stack: Stack) -> None:
    """Close the climate survey early, wait for its answers and publish what they say."""
    staff.goto(stack.panel + "/staff/surveys")
    staff.get_by_role("link", name=re.compile("Klima")).first.click()
    check(staff)
    staff.get_by_role("link", name=re.compile("Steng")).first.click()
    check(staff)
    staff.get_by_role("button", name="Steng og send svarene videre nå").click()
    all_answers_arrived(staff, stack.panel)
    staff.get_by_role("link", name=re.compile("Klima")).click()
    check(staff)
    staff.get_by_label("Hovedfunn i én setning, bokmål").fill("For få svarte til å si noe sikkert")
    staff.get_by_role("button", name="Publiser resultatet").click()


def answer(page: Page) -> None:
    """The first option of everything, page by page, until the thanks."""
    for _ in range(12):
        if page.locator("h1", has_text="Takk for svaret").count():
            return
        for group in page.locator("fieldset").all():
            if not group.locator("input:checked").count():
                group.locator("input").first.check()
        page.locator("button[value=next]").click()
    raise AssertionError("the survey did not end")
