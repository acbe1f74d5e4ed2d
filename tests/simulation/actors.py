"""Residents and staff of the simulation: each writes down what was acknowledged, and tries again what was not."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from random import Random
from typing import Any

import sqlalchemy as sa

from deploy.demo.browser import link_in
from deploy.demo.people import Person
from services.meetings.seats import answering as meetings
from services.meetings.seats.committing import prepare_draws
from services.meetings.seats.drawing import draw_meeting
from services.meetings.seats.preparing import announce_draw, ask_for_draw
from services.meetings.seats.randomness import Announced
from services.meetings.tables import Member
from services.registration.announcing import announce_installation
from services.registration.erasing import erase
from services.registration.importing.taking_in import import_members
from services.registration.joining.confirming import confirm
from services.registration.joining.domain import JoinInput
from services.registration.joining.signing_up import sign_up
from services.registration.store import lock_member, member_by_email
from services.results.publishing import draft_of, publish
from services.results.tables import Survey as ResultsSurvey
from services.surveys.answering.store import Refusal, hold, submit
from services.surveys.fieldwork.domain import Plan
from services.surveys.planning.planning import add_survey
from services.surveys.questionnaire.shelf import shipped
from services.surveys.sealing import keys_of
from shared.ids import new_id
from shared.messaging import lock
from shared.service import Runtime
from tests.faults.load import DRAWN, WORDS, Acknowledged
from tests.faults.mail import MailServer
from tests.meetings.given import a_meeting

IMPORTED = THRESHOLD = 9
#: As many as want to be asked to meetings, so that the draw is the same whatever their random ids are.
SEATS = 4
#: What somebody wants, at which service, and trying it: whether that is done with.
Wish = tuple[str, str, Callable[[], Awaitable[bool]]]
#: The wish's name, the process it goes to, and trying it.
Attempt = tuple[str, Any, Callable[[], Awaitable[None]]]
ANSWERS: dict[str, Any] = {"reisemate": "gange", "viktigst": ["sykkel"], "innsats": "4", "fortetting": "vet_ikke"}


class Actors:
    """Nine imported members, four who join by mail, answers from all who are asked, a meeting, three who leave."""

    def __init__(self, runtimes: dict[str, Runtime], mail: MailServer, people: list[Person], chance: Random) -> None:
        self._runtimes = runtimes
        self._mail = mail
        self._chance = chance
        self.people = people
        self.imported = IMPORTED
        self.told = Acknowledged()
        self._open: list[Wish] = [
            ("import", "registration", self._import),
            *(("sign up", "registration", lambda p=p: self._sign_up(p)) for p in people[IMPORTED:]),
            *(("answer", "surveys", lambda p=p: self._answer(p)) for p in people),
            *(("leave", "registration", lambda p=p: self._leave(p)) for p in people[7:10]),
            ("draw", "meetings", self._draw),
            *(("reply", "meetings", self._reply) for _ in range(SEATS)),
        ]
        self._replied: set[str] = set()

    @property
    def left(self) -> int:
        """How many wishes are open."""
        return len(self._open)

    def finish(self) -> None:
        """Whoever still waits for a mail gives up."""
        self._open.clear()

    async def begin(self) -> None:
        """Staff plan the survey for the threshold; registration announces itself."""
        await announce_installation(self._runtimes["registration"])
        surveys = self._runtimes["surveys"]
        now = surveys.now()
        times = Plan(opens_at=None, closes_at=now + timedelta(days=14), reminder_at=now + timedelta(days=7))
        async with surveys.transaction() as session:
            await add_survey(session, new_id(), shipped()["klima"], "threshold", THRESHOLD, times, now)

    def next(self, processes: dict[str, Any]) -> Attempt:
        """One open wish, drawn: its name, the process it goes to, and trying it."""
        if not self._open:
            return "nothing", processes["registration"], _nothing
        return self._attempt(self._chance.choice(self._open), processes)

    def every(self, processes: dict[str, Any]) -> list[Attempt]:
        """Every open wish."""
        return [self._attempt(wish, processes) for wish in self._open]

    def _attempt(self, wish: Wish, processes: dict[str, Any]) -> Attempt:
        async def try_it() -> None:
            if await wish[2]():
                self._open.remove(wish)

        return wish[0], processes[wish[1]], try_it

    def _form(self, person: Person) -> JoinInput:
        return JoinInput(
            name=person.name,
            email=person.email,
            year_of_birth=person.year_of_birth,
            gender=person.gender,
            postcode=person.postcode,
            language="nb",
            purposes=("surveys", "meetings", "results") if person.number <= SEATS else ("surveys", "results"),
            old_enough="yes",
        )

    async def _import(self) -> bool:
        rt = self._runtimes["registration"]
        async with rt.transaction() as session:
            await import_members(session, [self._form(p) for p in self.people[: self.imported]], rt.now())
        return True

    async def _sign_up(self, person: Person) -> bool:
        rt = self._runtimes["registration"]
        async with rt.transaction() as session:
            await sign_up(session, self._form(person), rt.now(), unconfirmed_days=7, consent_version="2026-11")
        self._open.append(("confirm", "registration", lambda: self._confirm(person)))
        return True

    async def _confirm(self, person: Person) -> bool:
        token = self._token(person, "Bekreft", "/join/confirm/")
        if token is None:
            return False
        rt = self._runtimes["registration"]
        link = rt.links.check("confirm", token, rt.now())
        async with rt.transaction() as session:
            member = await lock_member(session, link.id)
            stays = member is not None and member.status in ("active", "paused")
            if not stays and (member is None or not await confirm(session, member, link.generation, rt.now())):
                return True
        self.told.joined.add(person.number)
        return True

    async def _answer(self, person: Person) -> bool:
        if person.number in self.told.left:
            return True
        token = self._token(person, "Ny undersøkelse", "/surveys/answer/")
        if token is None:
            return False
        rt = self._runtimes["surveys"]
        link = rt.links.check("survey", token, rt.now())
        async with rt.transaction() as session:
            opening = await hold(session, keys_of(rt.settings), link.id, link.generation, rt.now())
            if not isinstance(opening, Refusal):
                await submit(session, opening, ANSWERS | {"forslag": WORDS.format(number=person.number)}, rt.now())
        if not isinstance(opening, Refusal) or opening is Refusal.ANSWERED:
            self.told.answered.add(person.number)
        return True

    async def _draw(self) -> bool:
        rt = self._runtimes["meetings"]
        async with rt.transaction() as session:
            willing = await session.scalar(sa.select(sa.func.count()).where(Member.purposes.contains(["meetings"])))
        if willing != SEATS:
            return False
        meeting = await a_meeting(rt, SEATS)
        async with rt.transaction() as session:
            await ask_for_draw(session, meeting.id, Announced(), rt.now())
        await prepare_draws(rt)
        async with rt.transaction() as session:
            await announce_draw(session, meeting.id, rt.now())
            await draw_meeting(session, meeting.id, "437", rt.now())
        return True

    async def _reply(self) -> bool:
        """Whoever has been asked first and has not replied says yes, or no."""
        rt = self._runtimes["meetings"]
        for mail in self._mail.mails:
            (email,) = mail["to"]
            if not mail["subject"].startswith(DRAWN) or email in self._replied:
                continue
            link = rt.links.check("meeting", link_in(mail["text"], "/meetings/answer/").rsplit("/", 1)[-1], rt.now())
            no = len(self._replied) == 1
            async with rt.transaction() as session:
                rows = await meetings.hold(session, link.id, link.generation, rt.now())
                assert rows is not None
                await meetings.answer(session, *rows, meetings.Reply.NO if no else meetings.Reply.YES, rt.now())
            self._replied.add(email)
            (number,) = [person.number for person in self.people if person.email == email]
            (self.told.declined if no else self.told.accepted).add(number)
            return True
        return False

    async def publish(self) -> None:
        """Staff approve what has been counted."""
        rt = self._runtimes["results"]
        async with rt.transaction() as session:
            survey = await session.scalar(sa.select(ResultsSurvey))
            if survey is None or survey.questionnaire is None:
                return
            await lock(session, survey.id)
            draft = await draft_of(session, survey)
            await publish(session, draft, draft.totals, {"nb": "De fleste går."}, rt.now(), rt.settings.zone)

    async def _leave(self, person: Person) -> bool:
        if person.number > self.imported and person.number not in self.told.joined:
            return False
        if any(wish[0] == "import" for wish in self._open):
            # Staff try again until they are told that it is done, which would take in anew whoever has left meanwhile.
            return False
        rt = self._runtimes["registration"]
        async with rt.transaction() as session:
            member_id = await member_by_email(session, person.email)
            if member_id is None:
                # Gone in a try whose answer was lost.
                self.told.left.add(person.number)
                return True
            member = await lock_member(session, member_id)
            assert member is not None
            await erase(session, member, rt.now())
        self.told.left.add(person.number)
        return True

    def _token(self, person: Person, subject: str, path: str) -> str | None:
        for mail in self._mail.mails:
            if person.email in mail["to"] and mail["subject"].startswith(subject):
                return link_in(mail["text"], path).rsplit("/", 1)[-1]
        return None


async def _nothing() -> None:
    return
