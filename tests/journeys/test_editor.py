"""In a real browser: a survey is written from nothing with the keyboard alone, tried, sent, answered and published.

Answered on a phone 360 px wide. No file is touched on the way. The keys it takes are counted.
"""

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize

from tests.journeys.conftest import Stack, all_answers_arrived, check, wait

pytestmark = pytest.mark.stack

PHONE = ViewportSize(width=360, height=740)
MEMBERS = 6
#: What the editor's lists call the kind, the question, and what else is written, in the order of the form.
QUESTIONS: dict[str, list[tuple[str, str, list[str]]]] = {
    "Om nabolaget": [
        ("Ett svar av flere", "Hvor lenge har du bodd her?", ["Under ett år", "Ett til ti år", "Lenger"]),
        ("Flere svar", "Hva bruker du i nærheten?", ["Lekeplassen", "Turstien", "Butikken"]),
        ("Skala", "Hvor fornøyd er du med nabolaget?", ["Svært lite fornøyd", "Svært fornøyd"]),
        ("Tall", "Hvor mange minutter går du til bussen?", ["Minutter"]),
    ],
    "Hva som bør bli bedre": [
        ("Påstander på én skala", "Hva mener du om dette?", ["Helt uenig", "Helt enig", "Det er trygt", "Det er rent"]),
        ("De viktigste, i rekkefølge", "Hva haster mest?", ["Lys", "Benker", "Rydding"]),
        ("Kort tekst", "Hvilket sted liker du best?", []),
        ("Lang tekst", "Hva bør kommunen gjøre først?", []),
    ],
}
#: Names of the fields in which the rest of a question is written, by kind.
FIELDS = {
    "Skala": ["low.nb", "high.nb"],
    "Tall": ["unit.nb"],
    "Påstander på én skala": ["low.nb", "high.nb", "statements.0.nb", "statements.1.nb"],
}
TITLE, INTRODUCTION = "Nabolaget vårt", "Vi skal gjøre nabolaget bedre. Svarene dine viser hva som haster."
#: At two keys a second, the ten minutes a survey may take to write; 856 were needed, 484 of them letters of the texts.
MOST_KEYS = 1_200
#: Far above what a page needs: a person who tabs this long has lost the way.
MOST_TABS = 60


@dataclass
class Keyboard:
    """Somebody who has no mouse."""

    page: Page
    presses: int = 0

    def press(self, key: str) -> None:
        self.presses += 1
        self.page.keyboard.press(key)

    def reach(self, element: Locator) -> None:
        """Tab until the element has the focus; on a fresh page, past the menu first."""
        if self.page.evaluate("document.activeElement === document.body && !location.hash"):
            self.press("Tab")
            self.press("Enter")
        for _ in range(MOST_TABS):
            if element.evaluate("element => element === document.activeElement"):
                return
            self.press("Tab")
        raise AssertionError(f"{element} cannot be reached by keyboard on {self.page.url}")

    def write(self, element: Locator, text: str) -> None:
        self.reach(element)
        self.press("Control+a")
        self.presses += len(text)
        self.page.keyboard.type(text)

    def choose(self, element: Locator, text: str) -> None:
        """An entry of a list, by the first letters of its name."""
        self.reach(element)
        self.presses += len(text)
        self.page.keyboard.type(text)
        assert element.evaluate("list => list.selectedOptions[0].text") == text

    def go(self, element: Locator) -> None:
        """Press the button or follow the link, to the page it leads to."""
        self.reach(element)
        with self.page.expect_navigation():
            self.press("Enter")

    def field(self, name: str) -> Locator:
        return self.page.locator(f'[id="{name}"]')

    def button(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.locator("main").get_by_role("button", name=name).first

    def link(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("link", name=name).first


def test_a_survey_is_written_by_keyboard_sent_answered_and_published(stack: Stack, chromium: Browser) -> None:
    desk = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="nb-NO").new_page()
    keys = Keyboard(desk)
    desk.goto(stack.panel + "/staff")
    keys.go(desk.get_by_role("button", name="redaktor"))
    import_members(desk, stack)

    desk.goto(stack.panel + "/staff/surveys/editor")
    keys.presses = 0
    write_questionnaire(keys)
    assert keys.presses < MOST_KEYS
    preview(keys)
    send(keys)
    for number in range(MEMBERS):
        answer_on_a_phone(chromium, stack, f"nabo{number}@example.org", look=number == 0)
    publish(keys, stack)
    resident = chromium.new_context(viewport=PHONE, locale="nb-NO").new_page()
    resident.goto(stack.panel + "/results")
    resident.get_by_role("link", name=re.compile(TITLE)).click()
    check(resident)
    words = resident.inner_text("main")
    for questions in QUESTIONS.values():
        for kind, text, _ in questions:
            assert text in words or "tekst" in kind, text


def import_members(desk: Page, stack: Stack) -> None:
    """Six neighbours. (Members are not what is tried here.)"""
    lines = ["navn;epost;fodselsar;kjonn;postnummer;sprak"]
    lines += [f"Nabo {n};nabo{n}@example.org;{1960 + 5 * n};kvinne;1353;nb" for n in range(MEMBERS)]
    desk.goto(stack.panel + "/staff/registration/import")
    file = {"name": "medlemmer.csv", "mimeType": "text/csv", "buffer": "\n".join(lines).encode()}
    desk.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    desk.get_by_role("button", name="Se over filen").click()
    desk.get_by_label("Svare på undersøkelser").check()
    desk.get_by_label("Få resultatene på e-post").check()
    desk.get_by_label("Hvor er samtykkene tatt vare på?").fill("Påmeldinger 2025")
    desk.get_by_role("button", name=re.compile("Importer")).click()


def write_questionnaire(keys: Keyboard) -> None:
    """From a blank page to one that is ready."""
    page = keys.page
    check(page)
    keys.write(keys.field("title"), TITLE)
    keys.go(keys.button("Lag skjema"))
    check(page)
    keys.go(keys.link("Tittel, innledning og språk"))
    check(page)
    keys.write(keys.field("introduction.nb"), INTRODUCTION)
    keys.go(keys.button("Lagre"))
    for place, (title, questions) in enumerate(QUESTIONS.items(), start=1):
        if place > 1:
            keys.go(keys.button("Legg til side"))
        keys.go(page.locator(f"#side{place}").get_by_role("link", name=re.compile("Rediger siden")))
        keys.write(keys.field("title.nb"), title)
        keys.go(keys.button("Lagre"))
        for kind, text, more in questions:
            keys.choose(keys.field(f"kind-side{place}"), kind)
            keys.go(page.locator(f'button[value="add:side{place}"]'))
            check(page)
            keys.write(keys.field("text.nb"), text)
            fields = FIELDS.get(kind, [f"options.{number}.nb" for number in range(len(more))])
            for name, words in zip(fields, more, strict=True):
                keys.write(keys.field(name), words)
            keys.go(keys.button("Lagre"))
    step_in_place(keys)
    check(page)
    assert "Ingenting å rette" in page.inner_text("main"), page.inner_text("#checks + ul")


def step_in_place(keys: Keyboard) -> None:
    """A question up and down again: with scripts the keyboard stays on the button it pressed."""
    up, down = (keys.page.locator(f'button[value="{way}:q8"]') for way in ("up", "down"))
    keys.reach(up)
    for button, order in ((up, ["q5", "q6", "q8", "q7"]), (down, ["q5", "q6", "q7", "q8"])):
        keys.reach(button)
        keys.press("Enter")
        wait(lambda: [item.get_attribute("id") for item in keys.page.locator("#side2 li[id]").all()] == order)  # noqa: B023
        assert button.evaluate("element => element === document.activeElement")


def preview(keys: Keyboard) -> None:
    """As residents see it, on a phone's width too; nothing is stored."""
    outline = keys.page.url
    keys.go(keys.link("Forhåndsvis"))
    check(keys.page)
    keys.go(keys.link("Prøv i bredden til en telefon"))
    check(keys.page)
    keys.go(keys.link("Start"))
    check(keys.page)
    assert keys.page.locator("body").evaluate("body => body.clientWidth") <= PHONE["width"]
    keys.page.goto(outline)
    keys.go(keys.button("Merk som klart"))


def send(keys: Keyboard) -> None:
    """Planned and opened; what stands in the form already is right."""
    keys.go(keys.link("Start en undersøkelse"))
    keys.go(keys.button("Se over"))
    check(keys.page)
    keys.go(keys.button("Åpne undersøkelsen nå"))


def answer_on_a_phone(chromium: Browser, stack: Stack, address: str, look: bool) -> None:
    """Every question answered, page by page, from the link in the mail."""
    context = chromium.new_context(viewport=PHONE, locale="nb-NO", has_touch=True, is_mobile=True)
    phone = context.new_page()
    phone.goto(stack.link(address, "Ny undersøkelse", "/surveys/answer/"))
    with phone.expect_navigation():
        phone.get_by_role("link", name=re.compile("Start")).tap()
    for _ in QUESTIONS:
        if look:
            check(phone)
        for group in phone.locator("fieldset:not(:has(fieldset))").all():
            if group.locator("input").count():
                group.locator("label").first.tap()
        for place, choice in enumerate(phone.locator("select").all()):
            choice.select_option(index=1 + place)
        for field in phone.locator("input[type=text], textarea").all():
            field.fill("7")
        with phone.expect_navigation():
            phone.locator("button[value=next]").tap()
    assert "Takk for svaret" in phone.inner_text("main")
    context.close()


def publish(keys: Keyboard, stack: Stack) -> None:
    """Closed, looked at, published."""
    page = keys.page
    page.goto(stack.panel + "/staff/surveys")
    keys.go(keys.link(re.compile(TITLE)))
    keys.go(keys.link(re.compile("Steng")))
    keys.go(keys.button("Steng og send svarene videre nå"))
    all_answers_arrived(page, stack.panel)
    keys.go(keys.link(re.compile(TITLE)))
    check(page)
    keys.write(keys.field("finding"), "De fleste er fornøyde med nabolaget")
    keys.go(keys.button("Publiser resultatet"))
    assert page.url.startswith(stack.panel + "/results/"), page.inner_text("main")
