"""The simulated residents, drawn from the real gender x age distribution and street postcodes."""

import asyncio
import csv
import gzip
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from deploy.demo.browser import Browser, FormReader, link_in

_DATA = Path(__file__).parents[2] / "services" / "registration" / "data"
MUNICIPALITY = "3201"


@dataclass(frozen=True)
class Person:
    """One resident."""

    number: int
    gender: str
    year_of_birth: int
    postcode: str

    @property
    def email(self) -> str:
        """The address; a mark the privacy tests look for in topics and logs."""
        return f"beboer{self.number}@example.org"

    @property
    def name(self) -> str:
        """A name that nobody has."""
        return f"Beboer Nummer {self.number}"

    @property
    def address(self) -> str:
        """The person's own loopback address."""
        return f"127.8.{self.number // 250}.{self.number % 250 + 1}"


def draw_people(count: int, chance: random.Random, this_year: int) -> list[Person]:
    """People aged 16 to 90 in the population's proportions."""
    with gzip.open(_DATA / "population_2026-01-01.csv.gz", "rt", encoding="utf-8") as file:
        ours = [row for row in csv.DictReader(file) if row["kommunenummer"] == MUNICIPALITY]
    cells = [(row["sex"], age, int(row[f"a{age}"])) for row in ours for age in range(16, 91)]
    with (_DATA / "postcodes_2026-05-26.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["kommunenummer"] == MUNICIPALITY and row["kategori"] == "G"]
    kinds = chance.choices(cells, weights=[cell[2] for cell in cells], k=count)
    return [
        Person(number, sex, this_year - age, chance.choice(rows)["postnummer"])
        for number, (sex, age, _) in enumerate(kinds, start=1)
    ]


def members_csv(people: list[Person]) -> bytes:
    """The staff's list of existing members."""
    words = {"female": "kvinne", "male": "mann"}
    lines = ["navn;epost;fodselsar;kjonn;postnummer;sprak"]
    lines += [f"{p.name};{p.email};{p.year_of_birth};{words[p.gender]};{p.postcode};nb" for p in people]
    return "\n".join(lines).encode()


class Mailbox:
    """What the mail catcher took, asked over HTTP."""

    def __init__(self, url: str) -> None:
        # A connection kept open may be closed by the catcher just as it is used again, on a busy machine.
        self._client = httpx.AsyncClient(base_url=url, timeout=30, limits=httpx.Limits(max_keepalive_connections=0))
        self.mails: list[dict[str, Any]] = []
        self._last = 0

    async def refresh(self) -> None:
        """Fetch what has come since."""
        new = (await self._client.get("/api/mails", params={"after": self._last})).json()
        self.mails += new
        if new:
            self._last = new[-1]["id"]

    async def close(self) -> None:
        """Close the connection."""
        await self._client.aclose()

    def to(self, email: str, subject: str) -> list[dict[str, Any]]:
        """Mails to one address whose subject starts so."""
        return [mail for mail in self.mails if email in mail["to"] and mail["subject"].startswith(subject)]

    async def wait_for(self, email: str, subject: str, seconds: float = 300) -> dict[str, Any]:
        """The newest such mail, when it has come."""
        async with asyncio.timeout(seconds):
            while not (mails := self.to(email, subject)):
                await asyncio.sleep(0.2)
        return mails[-1]


async def sign_up(browser: Browser, person: Person, pause: float) -> httpx.Response:
    """Fill in the form, no faster than a person does: it is sent after ``pause`` seconds."""
    form = FormReader((await browser.get("/join")).text)
    await asyncio.sleep(pause)
    fields: dict[str, str | list[str]] = {
        **form.hidden,
        "website": "",
        "name": person.name,
        "email": person.email,
        "year_of_birth": str(person.year_of_birth),
        "gender": person.gender,
        "postcode": person.postcode,
        "language": "nb",
        "purposes": ["surveys", "meetings", "results"],
        "old_enough": "yes",
    }
    return await browser.post("/join", fields)


async def join(origin: str, person: Person, mailbox: Mailbox, chance: random.Random) -> None:
    """Sign up, follow the link, press the button."""
    async with Browser(origin, person.address) as browser:
        _expect(await sign_up(browser, person, 3.2 + chance.random() * 2), "Sjekk e-posten")
        await confirm(browser, person, mailbox)


async def confirm(browser: Browser, person: Person, mailbox: Mailbox) -> None:
    """Follow the link in the mail, press the button."""
    mail = await mailbox.wait_for(person.email, "Bekreft")
    button = FormReader((await browser.get(link_in(mail["text"], "/join/confirm/"))).text)
    _expect(await browser.post("/join/confirm", dict(button.hidden)), "Velkommen")


async def answer(
    origin: str,
    person: Person,
    mail: dict[str, Any],
    chance: random.Random,
    words: str = "Flere bussavganger på kvelden 🚌 <b>takk</b>",
) -> None:
    """Open the link and answer every page, with ``words`` wherever there is room for many."""
    async with Browser(origin, person.address) as browser:
        start = await browser.get(link_in(mail["text"], "/surveys/answer/"))
        id_ = str(start.url.params["id"])
        response = await browser.get(f"/surveys/answer/1?id={id_}")
        for _ in range(30):
            form = FormReader(response.text)
            values: dict[str, str | list[str]] = {**form.hidden, "action": "next"}
            for name, field in form.fields.items():
                if field.kind == "radio":
                    values[name] = chance.choice(field.values)
                elif field.kind == "checkbox":
                    values[name] = chance.sample(field.values, k=min(2, len(field.values)))
                elif field.kind == "textarea":
                    values[name] = words
                else:
                    values[name] = str(chance.randint(1, 60))
            response = await browser.post(str(response.url.path), values)
            # "Already answered" is what a person sees whose answer was stored just before the service was restarted.
            if "Takk for svaret" in response.text or "Du har allerede svart" in response.text:
                return
    raise RuntimeError("the survey did not end")


async def leave(origin: str, person: Person, mailbox: Mailbox) -> None:
    """Sign in by mail, leave, and wait until every part of the system has confirmed the erasure."""
    async with Browser(origin, person.address) as browser:
        await browser.post("/me/ask", {"email": person.email})
        mail = await mailbox.wait_for(person.email, "Lenke til Min side")
        button = FormReader((await browser.get(link_in(mail["text"], "/me/sign-in/"))).text)
        page = await browser.post("/me/sign-in", dict(button.hidden))
        _expect(page, "Gå ut av panelet")
        id_ = FormReader(page.text).hidden["id"]
        await browser.post("/me", {"id": id_, "action": "leave", "sure": "yes"})
        async with asyncio.timeout(60):
            while "4 av 4" not in (await browser.get(f"/me/left?id={id_}")).text:
                await asyncio.sleep(0.3)


def _expect(response: httpx.Response, words: str) -> None:
    if words not in response.text:
        raise RuntimeError(f"{response.url.path} answered {response.status_code} without «{words}»")
