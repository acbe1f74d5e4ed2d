"""After the first result: a meeting with replacements and minutes, two suggestions, a follow-up, a second survey."""

import asyncio
import smtplib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

from deploy.demo.browser import Browser, FormReader, link_in
from deploy.demo.ledger import Actors
from deploy.demo.people import Mailbox, Person
from deploy.demo.staff import Editor

SEATS = 20
#: How many of those drawn first say no, and how many say nothing.
DECLINING, SILENT = 4, 1
INVITED, PLACE = "Du er trukket ut", "Du har plass på møtet"
#: Two of those who said yes stay at home.
ABSENT = 2


class FirstYear:
    """What the actors do after the first result; ``move_clock`` sets panel time to now plus this much."""

    def __init__(
        self,
        origin: str,
        editor: Editor,
        mailbox: Mailbox,
        actors: Actors,
        people: list[Person],
        elapsed: timedelta,
        move_clock: Callable[[timedelta], None],
        say: Callable[[str], None],
    ) -> None:
        self._origin, self._editor, self._mailbox, self._actors = origin, editor, mailbox, actors
        self._by_email = {person.email: person for person in people}
        self._elapsed, self._move_clock, self._say = elapsed, move_clock, say
        self._seen: set[int] = set()

    @property
    def _today(self) -> datetime:
        return datetime.now(UTC) + self._elapsed

    async def play(self, lmtp: str) -> None:
        """Everything, in the order of the year."""
        await self._meeting()
        await self._suggestions(lmtp)
        await self._follow_up()
        await self._second_survey()

    async def _meeting(self) -> None:
        day = self._today + timedelta(days=30)
        page = await self._editor.announce_meeting(SEATS, day.date(), (self._today + timedelta(days=7)).date())
        await self._editor.draw(page)
        await self._until(lambda: len(self._invited()) >= SEATS)
        self._say(f"{SEATS} drawn to the meeting")
        await self._reply_until(SEATS - SILENT)
        self._pass(timedelta(days=8))
        self._say(f"{SILENT} has let the deadline pass")
        await self._reply_until(SEATS)
        await self._until(lambda: len(self._mails(PLACE)) >= SEATS)
        self._say(f"{len(self._actors.accepted)} have said yes; {self._actors.replaced} of them replace others")
        self._pass(day - self._today + timedelta(days=1))
        self._actors.attended = await self._editor.note_attendance(page, SEATS - ABSENT)
        await self._editor.publish_minutes(page)
        self._actors.minutes = 1
        await self._until(lambda: len(self._mails("Referatet er klart")) >= self._actors.attended)
        self._say(f"minutes published; {self._actors.attended} who came have been told")

    def _pass(self, time: timedelta) -> None:
        self._elapsed += time
        self._move_clock(self._elapsed)

    def _mails(self, subject: str) -> list[dict[str, object]]:
        return [mail for mail in self._mailbox.mails if str(mail["subject"]).startswith(subject)]

    def _invited(self) -> list[dict[str, object]]:
        return self._mails(INVITED)

    async def _reply_until(self, accepted: int) -> None:
        async with asyncio.timeout(60):
            while len(self._actors.accepted) < accepted:
                await self._reply()
                await asyncio.sleep(0.2)

    async def _reply(self) -> None:
        """Everybody with a new invitation answers; among the first, some say no and one nothing."""
        new = [mail for mail in self._invited() if mail["id"] not in self._seen]
        self._seen |= {int(str(mail["id"])) for mail in new}
        for mail in new:
            place = self._actors.drawn
            self._actors.drawn += 1
            if place >= SEATS:
                self._actors.replaced += 1
            if DECLINING <= place < DECLINING + SILENT:
                continue
            await self._answer(mail, "no" if place < DECLINING else "yes")

    async def _answer(self, mail: dict[str, object], reply: str) -> None:
        person = self._by_email[mail["to"][0]]  # type: ignore[index]
        async with Browser(self._origin, person.address) as browser:
            page = await browser.get(link_in(str(mail["text"]), "/meetings/answer/"))
            receipt = await browser.post("/meetings/answer", {**FormReader(page.text).hidden, "reply": reply})
            if reply == "yes":
                self._actors.accepted.add(person.number)
                if ".ics" not in receipt.text:
                    raise RuntimeError("no calendar file after a yes")

    async def _suggestions(self, lmtp: str) -> None:
        persons = sorted(self._by_email.values(), key=lambda person: person.number)
        await self._suggest_by_form(persons[0])
        await asyncio.to_thread(_send_letter, lmtp, persons[1])
        self._actors.suggestions = 2
        await self._until(lambda: len(self._mails("Vi har fått forslaget ditt")) >= self._actors.suggestions)
        self._actors.answered_suggestions = await self._editor.answer_suggestions(self._actors.suggestions)
        await self._until(lambda: len(self._mails("Svar på forslaget ditt")) >= self._actors.suggestions)
        self._say("one suggestion by form and one by letter, both answered")

    async def _suggest_by_form(self, person: Person) -> None:
        async with Browser(self._origin, person.address) as browser:
            form = FormReader((await browser.get("/suggest")).text)
            await asyncio.sleep(3.2)
            values = {
                **form.hidden,
                "website": "",
                "heading": "Lys i lysløypa på Fossum",
                "text": "Lysene er borte på halve runden. 🔦",
                "place": "Fossum",
                "why": "Mange løper der om kvelden.",
                "email": person.email,
            }
            if "Takk for forslaget" not in (await browser.post("/suggest", dict(values))).text:
                raise RuntimeError("the suggestion was not taken")

    async def _follow_up(self) -> None:
        await self._editor.follow_up("Kommunen setter inn flere bussavganger på kveldstid.")
        self._actors.follow_ups = 1
        recipients = len(self._actors.answered - self._actors.left)
        await self._until(lambda: len(self._mails("Dette har undersøkelsen ført til")) >= recipients)
        self._say("a follow-up is recorded, and those who answered have been told")

    async def _second_survey(self) -> None:
        today = self._today.date()
        members = self._actors.imported + len(self._actors.confirmed) - len(self._actors.left)
        await self._editor.plan_survey("baeringen", None, today + timedelta(days=14), today + timedelta(days=7))
        await self._until(lambda: len(self._mails("Ny undersøkelse om Bæringen")) >= members)
        self._actors.invited_again = members
        self._say(f"the survey about Bæringen has gone out to {members}")

    async def _until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not condition():
                await asyncio.sleep(0.2)


def _send_letter(lmtp: str, person: Person) -> None:
    """A letter to the panel's own mailbox, as the municipality's mail server hands it over."""
    mail = EmailMessage()
    mail["From"], mail["To"] = f"{person.name} <{person.email}>", "innbyggerpanel@example.org"
    mail["Subject"], mail["Message-ID"] = "Benk ved bussholdeplassen", f"<demo-{person.number}@example.org>"
    mail.set_content("Hei!\n\nDet trengs en benk ved holdeplassen på Østerås.\n\nHilsen en som venter\n")
    host, _, port = lmtp.rpartition(":")
    with smtplib.LMTP(host, int(port)) as connection:
        connection.send_message(mail, person.email, ["innbyggerpanel@example.org"])
