"""Residents under fire: each writes down what was acknowledged to them, and tries again what was not."""

import asyncio
import random
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import httpx

from deploy.demo.browser import Browser, FormReader, link_in
from deploy.demo.people import Person, answer, leave, sign_up
from tests.faults.mail import ServersMailbox

#: How the mail begins that asks somebody to a meeting.
DRAWN = "Du er trukket ut"
#: What each writes where there is room, to be known again by; and who wrote it.
WORDS, SAID = "Flere busser 🚌 <b>takk</b>, hilsen beboer {number}.", re.compile(r"hilsen beboer (\d+)\.")
AGAIN = (RuntimeError, TimeoutError, httpx.HTTPError, KeyError)


@dataclass
class Acknowledged:
    """What somebody was told, by person's number."""

    joined: set[int] = field(default_factory=set)
    answered: set[int] = field(default_factory=set)
    left: set[int] = field(default_factory=set)
    accepted: set[int] = field(default_factory=set)
    """Of a seat at the meeting."""
    declined: set[int] = field(default_factory=set)
    tried_again: int = 0


class Residents:
    """People who join, answer and leave while things break."""

    def __init__(self, origin: str, mailbox: ServersMailbox, seed: int) -> None:
        self.origin = origin
        self.mailbox = mailbox
        self.chance = random.Random(seed)
        self.acknowledged = Acknowledged()
        self.without_mail: set[tuple[str, str]] = set()
        """(Purpose, address) of mails that ended as uncertain or refused: nobody sends them again."""

    async def join(self, person: Person) -> None:
        """Sign up, follow the link, press the button; whatever fails is tried again."""
        await self._until_done(lambda: self._sign_up(person))
        await self._until_done(lambda: self._confirm(person))
        self.acknowledged.joined.add(person.number)

    async def answer(self, person: Person) -> None:
        """Answer the survey, when its mail has come; not when it never will."""
        async with asyncio.timeout(600):
            while not (mails := self.mailbox.to(person.email, "Ny undersøkelse")):
                if ("survey", person.email) in self.without_mail:
                    return
                await asyncio.sleep(0.5)
        mail = mails[-1]
        words = WORDS.format(number=person.number)
        await self._until_done(lambda: answer(self.origin, person, mail, self.chance, words))
        self.acknowledged.answered.add(person.number)

    async def reply(self, person: Person) -> None:
        """Say yes to the meeting, one in four no, when the person has been drawn."""
        (mail,) = self.mailbox.to(person.email, DRAWN)
        says = "no" if person.number % 4 == 0 else "yes"

        async def step() -> None:
            async with Browser(self.origin, person.address) as browser:
                page = await browser.get(link_in(mail["text"], "/meetings/answer/"))
                # A reply whose answer was lost is seen on the page; a second press would change nothing.
                if "reply" in page.text and "Kan du komme?" in page.text:
                    page = await browser.post("/meetings/answer", {**FormReader(page.text).hidden, "reply": says})
                if ("Takk for at du sa fra" if says == "no" else ".ics") not in page.text:
                    raise RuntimeError("no word of the reply")

        await self._until_done(step)
        (self.acknowledged.accepted if says == "yes" else self.acknowledged.declined).add(person.number)

    async def leave(self, person: Person) -> None:
        """Leave; every service has confirmed the erasure. Not tried again: whoever has left cannot sign in."""
        async with asyncio.timeout(300):
            await leave(self.origin, person, self.mailbox)
        self.acknowledged.left.add(person.number)

    async def _sign_up(self, person: Person) -> None:
        async with Browser(self.origin, person.address) as browser:
            signed_up = await sign_up(browser, person, 3.2 + self.chance.random())
            if "Sjekk e-posten" not in signed_up.text:
                raise RuntimeError("not signed up")

    async def _confirm(self, person: Person) -> None:
        mail = await self.mailbox.wait_for(person.email, "Bekreft", 300)
        async with Browser(self.origin, person.address) as browser:
            page = await browser.get(link_in(mail["text"], "/join/confirm/"))
            if str(page.url).endswith("/join/welcome"):
                return
            welcome = await browser.post("/join/confirm", dict(FormReader(page.text).hidden))
            if "Velkommen" not in welcome.text:
                raise RuntimeError("not confirmed")

    async def _until_done(self, step: Callable[[], Awaitable[None]]) -> None:
        async with asyncio.timeout(300):
            while True:
                try:
                    await step()
                except AGAIN:
                    self.acknowledged.tried_again += 1
                    await asyncio.sleep(1)
                else:
                    return
