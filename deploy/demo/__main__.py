"""``python -m deploy.demo``: start a fresh stack, play, compare, leave the pages up (DEMO_EXIT=1: stop).

DEMO_LAUNCHER names another module that starts the stack, such as one with its services in containers.
"""

import asyncio
import json
import os
import random
import re
import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from importlib import resources
from pathlib import Path
from zoneinfo import ZoneInfo

from deploy.demo.first_year import FirstYear
from deploy.demo.ledger import Actors, draw_up
from deploy.demo.people import Mailbox, Person, answer, draw_people, join, leave, members_csv
from deploy.demo.staff import Editor
from services.surveys.reminding.holidays import is_holiday

ROOT = Path(__file__).parents[2]
EXISTING, JOINING, START = 95, 110, 200
#: How many act at the same time: enough to overlap, few enough for two cores.
SIDE_BY_SIDE = 24
INVITATION, REMINDER = "Ny undersøkelse", "Påminnelse"


def say(text: str) -> None:
    """One line of progress."""
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


def _to_work(least: timedelta) -> timedelta:
    """The time to noon of the first working day after so many days: reminders go on no other day."""
    now = datetime.now(ZoneInfo("Europe/Oslo"))
    noon = datetime.combine((now + least).date(), time_of_day(12), now.tzinfo)
    while noon.weekday() >= 5 or is_holiday(noon.date()):
        noon += timedelta(days=1)
    return noon - now


class Demo:
    """The actors and what they know."""

    def __init__(self, state: Path) -> None:
        status = json.loads((state / "status.json").read_text())
        self.state = state
        self.origin = str(status["parts"]["gateway"]["url"])
        self.database, self.lmtp = str(status["database_url"]), str(status["lmtp"])
        self.mailbox = Mailbox(str(status["parts"]["mail"]["url"]))
        self.actors = Actors()
        self.chance = random.Random(2026)
        self.people = draw_people(EXISTING + JOINING, self.chance, datetime.now(UTC).year)
        self.editor = Editor(self.origin)

    async def play(self) -> bool:
        """The whole story; whether the ledger balances."""
        fetching = asyncio.create_task(self._fetch_mail())
        try:
            await self._begin()
            await self._join()
            await self._answer()
            pages = await self._publish()
            await self._leave()
            await self._first_year()
            return await self._compare(pages)
        finally:
            fetching.cancel()
            await self.mailbox.close()
            await self.editor.browser.__aexit__()

    async def _fetch_mail(self) -> None:
        while True:
            await self.mailbox.refresh()
            await asyncio.sleep(0.2)

    async def _begin(self) -> None:
        await self.editor.sign_in()
        today = datetime.now(UTC).date()
        questionnaire = await self.editor.write_survey("klima")
        await self.editor.plan_survey(questionnaire, START, today + timedelta(days=14), today + timedelta(days=7))
        areas = resources.files("services.registration").joinpath("data", "areas_3201_2005.csv").read_bytes()
        await self.editor.name_areas(areas, "Bærum kommune, 1. januar 2005, gruppert av dette prosjektet")
        self.actors.imported = await self.editor.import_members(members_csv(self.people[:EXISTING]))
        say(f"{self.actors.imported} members imported; the climate survey, written in the editor, opens at {START}")

    async def _join(self) -> None:
        async def one(person: Person) -> None:
            await join(self.origin, person, self.mailbox, self.chance)
            self.actors.confirmed.add(person.number)
            if len(self.actors.confirmed) % 25 == 0:
                say(f"{self.actors.imported + len(self.actors.confirmed)} members")

        await _side_by_side([one(person) for person in self.people[EXISTING:]])

    async def _answer(self) -> None:
        async with asyncio.timeout(60):
            while len(addresses := self._recipients(INVITATION)) < START or await self._still_coming(len(addresses)):
                await asyncio.sleep(0.3)
        say(f"{len(addresses)} invitations caught")
        first = [person for person in addresses if self.chance.random() < 0.45]
        await _side_by_side([self._answer_one(person, INVITATION) for person in first])
        say(f"{len(self.actors.answered)} have answered")
        self._move_clock(_to_work(timedelta(days=8)))
        silent = {person.number for person in addresses} - self.actors.answered
        async with asyncio.timeout(60):
            while len(reminded := self._recipients(REMINDER)) < len(silent):
                await asyncio.sleep(0.3)
        say(f"{len(reminded)} reminders caught")
        second = [person for person in reminded if self.chance.random() < 0.2]
        await _side_by_side([self._answer_one(person, REMINDER) for person in second])
        say(f"{len(self.actors.answered)} have answered; the survey closes by date")
        self._move_clock(timedelta(days=16))

    async def _still_coming(self, before: int) -> bool:
        """Whether invitations are still arriving: asked of the catcher twice, a second apart."""
        await asyncio.sleep(1)
        return len(self._recipients(INVITATION)) != before

    async def _answer_one(self, person: Person, subject: str) -> None:
        await answer(self.origin, person, self.mailbox.to(person.email, subject)[-1], self.chance)
        self.actors.answered.add(person.number)

    def _recipients(self, subject: str) -> list[Person]:
        by_email = {person.email: person for person in self.people}
        recipients = {mail["to"][0] for mail in self.mailbox.mails if mail["subject"].startswith(subject)}
        return sorted((by_email[email] for email in recipients), key=lambda person: person.number)

    async def _publish(self) -> int:
        page = await self.editor.publish()
        say(f"the result is published: {self.origin}/results")
        match = re.search(r'panel-number">(\d+)', page)
        async with asyncio.timeout(60):
            while len(self._recipients("Resultatene er klare")) < len(self.actors.answered):
                await asyncio.sleep(0.3)
        return int(match[1]) if match else 0

    async def _leave(self) -> None:
        await leave(self.origin, self.people[-1], self.mailbox)
        self.actors.left.add(self.people[-1].number)
        say("one member has left and is erased everywhere")

    async def _first_year(self) -> None:
        year = FirstYear(
            self.origin, self.editor, self.mailbox, self.actors, self.people, timedelta(days=16),
            self._move_clock, say,
        )  # fmt: skip
        await year.play(self.lmtp)

    async def _compare(self, public_count: int) -> bool:
        await self.mailbox.refresh()
        ledger = await draw_up(self.database, self.actors, self.mailbox.mails, public_count)
        print(ledger.line(), flush=True)
        return ledger.balances

    def _move_clock(self, to: timedelta) -> None:
        """Panel time is now plus this much."""
        (self.state / "clock").write_text(str(to.total_seconds()))


async def _side_by_side(work: list[object]) -> None:
    """Run coroutines, at most SIDE_BY_SIDE at once; the first failure ends the demo."""
    places = asyncio.Semaphore(SIDE_BY_SIDE)

    async def one(coroutine: object) -> None:
        async with places:
            await coroutine  # type: ignore[misc]

    async with asyncio.TaskGroup() as group:
        for coroutine in work:
            group.create_task(one(coroutine))


async def main() -> int:
    """Exit code 0 when the ledger balances; SIGINT and SIGTERM end the demo and its stack, also in the background."""
    myself = asyncio.current_task()
    assert myself is not None
    for number in (signal.SIGINT, signal.SIGTERM):
        # A shell starts background work with SIGINT ignored, and Python then leaves it so.
        asyncio.get_running_loop().add_signal_handler(number, myself.cancel)
    state = Path(os.environ.get("DEMO_STATE") or ROOT / ".panel" / f"demo-{time.strftime('%Y%m%d-%H%M%S')}")
    environment = {**os.environ, "PANEL_STATE": str(state)}
    stack = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        os.environ.get("DEMO_LAUNCHER") or "deploy.local.main",
        env=environment,
        stdout=asyncio.subprocess.PIPE,
    )
    assert stack.stdout is not None
    echo: asyncio.Task[None] | None = None
    balances = False
    try:
        async for line in stack.stdout:
            print(line.decode(), end="", flush=True)
            if b"  logs " in line:
                break
        else:
            return await stack.wait() or 1
        echo = asyncio.create_task(_echo(stack.stdout))
        began = time.monotonic()
        balances = await Demo(state).play()
        say(f"played in {time.monotonic() - began:.0f} s; the ledger {'balances' if balances else 'DOES NOT BALANCE'}")
        if os.environ.get("DEMO_EXIT", "0") in ("", "0"):
            say("The pages stay up until Ctrl-C.")
            await stack.wait()
    except asyncio.CancelledError:
        pass
    finally:
        if stack.returncode is None:
            stack.send_signal(signal.SIGTERM)
        await stack.wait()
        if echo is not None:
            echo.cancel()
    return 0 if balances else 1


async def _echo(stream: asyncio.StreamReader) -> None:
    async for line in stream:
        print(line.decode(), end="", flush=True)


if __name__ == "__main__":
    try:
        sys.exit(asyncio.run(main()))
    except KeyboardInterrupt:
        sys.exit(130)
