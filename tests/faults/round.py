"""One round: a fresh stack under load, faults, silence, verdict."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import asyncpg

from deploy.demo.people import draw_people, members_csv
from deploy.demo.staff import Editor
from tests.faults.acts import KILLABLE, Menace
from tests.faults.load import DRAWN, Residents
from tests.faults.mail import MailServer, ServersMailbox
from tests.faults.oracle import Oracle, Verdict
from tests.faults.proxy import Proxy
from tests.faults.stack import PROXIED
from tests.profiles import write_profile

IMPORTED, THRESHOLD = 300, 306
#: Members who answer; people join until the faults are over.
ANSWERING = 80
#: Seats at the meeting that is drawn before the faults and answered during them.
SEATS = 12
#: The last of the imported members, whose mail server knows them no more.
UNREACHABLE = 3
#: Seconds over which people start, so that work is under way at every fault.
_SPREAD = 40.0
#: Open connections of a process that sends mail: one for urgent mail and four for bulk.
CONNECTIONS = 5
_ZERO_LAG_SECONDS = 180.0
_SETTINGS = {
    "PANEL_NOTIFICATIONS_LEASE_SECONDS": "10",
    "PANEL_NOTIFICATIONS_HAND_OVER_SECONDS": "5",
}


@dataclass
class Outcome:
    """What one round showed."""

    seed: int
    kills: dict[str, int] = field(default_factory=dict)
    other_faults: dict[str, int] = field(default_factory=dict)
    acknowledged: dict[str, int] = field(default_factory=dict)
    lost: int = 0
    doubled: int = 0
    unknown: int = 0
    seconds_until_acknowledged: float = 0.0
    """From the last fault until everybody was told that what they did is done."""
    seconds_to_zero_lag: float = 0.0
    """From then until nothing is on its way."""
    seconds: float = 0.0
    still_on_its_way: dict[str, int] = field(default_factory=dict)
    holds: dict[str, bool] = field(default_factory=dict)
    numbers: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def fine(self) -> bool:
        """Every invariant was looked at and holds."""
        return bool(self.holds) and all(self.holds.values())

    def as_json(self) -> str:
        """One line."""
        return json.dumps(asdict(self))


class Round:
    """A stack of its own under ``state``; ``kills`` are spread over the process types."""

    def __init__(self, state: Path, port_base: int, seed: int, kills: int, say: Callable[[str], None]) -> None:
        self._state = state
        self._base = port_base
        self._seed = seed
        self._kills = kills
        self._say = say
        self._chance = Random(seed)
        self._joining = 24 + kills
        self._people = draw_people(IMPORTED + self._joining, self._chance, datetime.now(UTC).year)
        self.outcome = Outcome(seed)

    async def play(self) -> Outcome:
        """The whole round; raises when the stack does not even start."""
        began = time.monotonic()
        self._state.mkdir(parents=True, exist_ok=True)
        self._state.chmod(0o755)
        mail = MailServer(self._state / "mails.jsonl", self._base + 50)
        proxies = {
            "database": Proxy(self._base + 4 + PROXIED, self._base + 4),
            "broker": Proxy(self._base + 5 + PROXIED, self._base + 5),
            "mail server": Proxy(self._base + 51, self._base + 50),
        }
        await mail.start()
        for proxy in proxies.values():
            await proxy.start()
        stack = await self._start_stack()
        try:
            await self._run(mail, Menace(self._state, proxies, mail, self._seed))
        finally:
            with suppress(ProcessLookupError):
                stack.send_signal(signal.SIGTERM)
            await stack.wait()
            await mail.stop()
            for proxy in proxies.values():
                await proxy.stop()
        self.outcome.seconds = round(time.monotonic() - began, 1)
        return self.outcome

    async def _start_stack(self) -> asyncio.subprocess.Process:
        environment = {
            **os.environ,
            **_SETTINGS,
            "PANEL_STATE": str(self._state),
            "PANEL_PROFILE": str(write_profile(self._state / "profile", start_size=THRESHOLD)),
            "PANEL_PORT_BASE": str(self._base),
            "PANEL_SMTP_URL": f"smtp://127.0.0.1:{self._base + 51}",
        }
        stack = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.faults.stack", env=environment, stdout=asyncio.subprocess.PIPE
        )
        assert stack.stdout is not None
        log = (self._state / "launcher.log").open("wb", buffering=0)
        async for line in stack.stdout:
            log.write(line)
            if b"  logs " in line:
                break
        else:
            raise RuntimeError(f"the stack did not start, see {log.name}")
        self._echo = asyncio.create_task(_copy(stack.stdout, log))
        return stack

    async def _run(self, mail: MailServer, menace: Menace) -> None:
        status = menace.status()
        residents = Residents(str(status["public_url"]), ServersMailbox(mail), self._seed)
        editor = Editor(str(status["public_url"]))
        oracle = Oracle(str(status["database_url"]))
        await editor.sign_in()
        today = datetime.now(UTC).date()
        await editor.plan_survey("klima", THRESHOLD, today + timedelta(days=14), today + timedelta(days=7))
        imported = await editor.import_members(members_csv(self._people[:IMPORTED]))
        mail.unwanted |= {person.email for person in self._people[IMPORTED - UNREACHABLE : IMPORTED]}
        await self._draw_meeting(editor, oracle)
        load = asyncio.create_task(self._load(residents, oracle))
        try:
            await self._break(menace)
            began = time.monotonic()
            await load
            self.outcome.seconds_until_acknowledged = round(time.monotonic() - began, 1)
            seconds = await self._zero_lag(oracle, time.monotonic())
        finally:
            load.cancel()
        self._say(f"the faults are over; {len(residents.acknowledged.answered)} answers acknowledged")
        for person in self._people[:2]:
            await residents.leave(person)
        await self._zero_lag(oracle, time.monotonic())
        (self._state / "clock").write_text(str(timedelta(days=16).total_seconds()))
        await self._closed(oracle, str(status["database_url"]))
        if residents.acknowledged.answered:
            await editor.publish()
            await self._zero_lag(oracle, time.monotonic())
        # A kill -9 of the sender leaves at most its open connections unknown, a cut or frozen one those it had.
        cuts = sum(number for name, number in menace.done.items() if "mail server" in name or "database" in name)
        broken = menace.kills["notifications"] + menace.kills["postgres"] + cuts
        pauses = menace.done["pause notifications"] + menace.done["pause postgres"]
        verdict = await oracle.judge(
            residents.acknowledged,
            self._people,
            imported,
            mail.mails,
            may_be_unknown=(broken + pauses) * CONNECTIONS + mail.hang_ups,
            seconds_to_zero=seconds,
            logs=await asyncio.to_thread(self._logs),
        )
        await editor.browser.__aexit__()
        self._enter(menace, residents, verdict, seconds)

    async def _draw_meeting(self, editor: Editor, oracle: Oracle) -> None:
        """A meeting is drawn once the meetings know the members."""
        await self._zero_lag(oracle, time.monotonic())
        today = datetime.now(UTC).date()
        await editor.draw(await editor.announce_meeting(SEATS, today + timedelta(days=40), today + timedelta(days=30)))

    async def _load(self, residents: Residents, oracle: Oracle) -> None:
        watching = asyncio.create_task(self._watch(residents, oracle))
        try:
            await self._live(residents)
        finally:
            watching.cancel()

    async def _watch(self, residents: Residents, oracle: Oracle) -> None:
        """Residents learn for which mails they would wait in vain."""
        while True:
            with suppress(OSError, TimeoutError, asyncpg.PostgresError):
                residents.without_mail = await oracle.without_mail()
            await asyncio.sleep(2)

    async def _live(self, residents: Residents) -> None:
        places = asyncio.Semaphore(8)

        async def join(number: int) -> None:
            async with places:
                await residents.join(self._people[number])

        async def reply(number: int) -> None:
            await asyncio.sleep(self._chance.uniform(0, _SPREAD))
            await residents.answer(self._people[number])

        async with asyncio.TaskGroup() as group:
            for number in range(IMPORTED, len(self._people)):
                group.create_task(join(number))
            group.create_task(self._fill_seats(residents))
            # The first members answer; whoever joins after the opening is not invited.
            for number in range(2, 2 + ANSWERING):
                group.create_task(reply(number))

    async def _fill_seats(self, residents: Residents) -> None:
        """Everybody who is drawn replies, replacements too, until each seat is taken or its mail never comes."""
        book, mailbox = residents.acknowledged, residents.mailbox
        async with asyncio.timeout(300):
            while True:
                for person in self._people:
                    replied = person.number in book.accepted | book.declined
                    if not replied and mailbox.to(person.email, DRAWN):
                        await residents.reply(person)
                silent = [email for purpose, email in residents.without_mail if purpose == "meeting"]
                if len(book.accepted) + sum(not mailbox.to(email, DRAWN) for email in silent) >= SEATS:
                    return
                await asyncio.sleep(0.5)

    async def _break(self, menace: Menace) -> None:
        """Kills in a drawn order, every type in turn, while other faults overlap."""
        parts: list[str] = []
        while len(parts) < self._kills:
            parts += self._chance.sample(KILLABLE, len(KILLABLE))
        async with asyncio.TaskGroup() as group:
            if self._kills >= len(KILLABLE):
                group.create_task(self._later(self._chance.uniform(5, 30), menace.empty_broker))
            for number, part in enumerate(parts[: self._kills]):
                await asyncio.sleep(self._chance.uniform(0.3, 2.5))
                group.create_task(menace.kill(part))
                if number % 2 == 0:
                    for act in menace.next_acts():
                        group.create_task(act())  # type: ignore[arg-type]
        self._say(f"{sum(menace.kills.values())} kills, {sum(menace.done.values())} other faults")

    async def _later(self, seconds: float, act: Callable[[], Any]) -> None:
        await asyncio.sleep(seconds)
        await act()

    def _logs(self) -> str:
        """What every process of ours has written; the broker's and the database's own files aside."""
        files = [*(self._state / "logs").iterdir(), self._state / "launcher.log"]
        return "\n".join(file.read_text(errors="replace") for file in files)

    async def _zero_lag(self, oracle: Oracle, since: float) -> float:
        """Seconds from the last fault until nothing is on its way; gives up after three minutes."""
        while time.monotonic() - since < _ZERO_LAG_SECONDS:
            with suppress(OSError, TimeoutError, asyncpg.PostgresError):
                self.outcome.still_on_its_way = await oracle.lag()
                if not self.outcome.still_on_its_way:
                    break
            await asyncio.sleep(0.5)
        return time.monotonic() - since

    async def _closed(self, oracle: Oracle, url: str) -> None:
        """Until the survey is closed and every answer has arrived, or a minute is over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(60):
                while True:
                    connection = await asyncpg.connect(url)
                    state = await connection.fetchval("select state from surveys.survey")
                    await connection.close()
                    if state == "closed" and not await oracle.lag():
                        return
                    await asyncio.sleep(0.5)

    def _enter(self, menace: Menace, residents: Residents, verdict: Verdict, seconds: float) -> None:
        book, outcome = residents.acknowledged, self.outcome
        outcome.kills, outcome.other_faults = dict(menace.kills), dict(menace.done)
        outcome.acknowledged = {"joined": len(book.joined), "answered": len(book.answered), "left": len(book.left)}
        outcome.acknowledged |= {"accepted": len(book.accepted), "declined": len(book.declined)}
        outcome.acknowledged["tried_again"] = book.tried_again
        self._say(f"  {outcome.kills} {outcome.other_faults}")
        outcome.lost, outcome.doubled, outcome.unknown = verdict.lost, verdict.doubled, verdict.unknown
        outcome.seconds_to_zero_lag = round(seconds, 1)
        outcome.holds, outcome.numbers = verdict.holds, verdict.numbers


async def _copy(stream: asyncio.StreamReader, log: Any) -> None:
    async for line in stream:
        log.write(line)
