"""One schedule: a seed decides who does what next, what arrives twice or late, and where each process dies."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import sqlalchemy as sa
from aiokafka.errors import KafkaError

from deploy.demo.people import Person
from services.notifications.sending.dispatching import Dispatcher
from shared.cli import load_service
from shared.messaging.consumer import BatchConsumer
from shared.process import make_consumers
from shared.service import Runtime
from shared.testing import make_test_runtime, move
from tests.faults.mail import MailServer
from tests.faults.oracle import Oracle, Verdict
from tests.simulation.actors import Actors
from tests.simulation.memory import PARTITIONS, Broker, Crash, Fate, MemoryRelay, MortalDatabase, MortalSteps

SERVICES = ("registration", "surveys", "notifications", "meetings", "results")
STEPS = 150
_LEFT_OUT = ("dispatch", "dispatch_urgent", "take_letters", "forget_correspondents", "remove_old_texts")
_MISDEEDS = ("421 go away", "451 later", "hang up", "hang up after the dot")


class Process:
    """One service's process: its runtime, relay and consumers, which die together."""

    def __init__(self, runtime: Runtime, broker: Broker, chance: Random) -> None:
        self.runtime = runtime
        self.fate = Fate()
        assert isinstance(runtime.database, MortalDatabase)
        runtime.database.fate = self.fate
        self.consumers: list[BatchConsumer] = make_consumers(runtime)
        self.relay = MemoryRelay(runtime.settings, runtime.name, broker, self.fate, chance)
        self.jobs = [job for job in runtime.service.jobs if job.name not in _LEFT_OUT]

    @property
    def name(self) -> str:
        """The service's."""
        return self.runtime.name


class World:
    """Everything of one schedule, on schemas that are empty."""

    def __init__(self, seed: int, runtimes: dict[str, Runtime], mail: MailServer, people: list[Person]) -> None:
        self.chance = Random(seed)
        self.broker = Broker(self.chance)
        self.mail = mail
        self.processes = {name: Process(runtime, self.broker, self.chance) for name, runtime in runtimes.items()}
        self.actors = Actors({name: p.runtime for name, p in self.processes.items()}, mail, people, self.chance)
        self.trace: list[str] = []
        self.crashes = 0

    async def play(self, oracle: Oracle) -> Verdict:
        """Disorder, then silence, then the survey's end, then the verdict."""
        await self.actors.begin()
        for _ in range(STEPS):
            await self._something()
        seconds = await self._silence(oracle)
        self.actors.finish()
        move(self.processes["registration"].runtime, timedelta(days=16))
        for process in self.processes.values():
            process.runtime.clock = self.processes["registration"].runtime.clock
        seconds = max(seconds, await self._silence(oracle))
        await self.actors.publish()
        seconds = max(seconds, await self._silence(oracle))
        return await oracle.judge(
            self.actors.told,
            self.actors.people,
            self.actors.imported,
            self.mail.mails,
            may_be_unknown=self.crashes + self.mail.hang_ups,
            seconds_to_zero=seconds,
        )

    def close(self) -> None:
        """Let go of the relays' connections."""
        for process in self.processes.values():
            process.relay.close()

    async def _something(self) -> None:
        chance = self.chance
        process = self.processes[chance.choice(SERVICES)]
        kind = chance.choices(("actor", "relay", "consume", "job", "mail", "fault"), (5, 6, 10, 3, 3, 2))[0]
        crash_at = chance.randint(1, 8) if chance.random() < 0.3 else None
        step: Callable[[], Awaitable[None]]
        if kind == "actor":
            name, process, step = self.actors.next(self.processes)
        elif kind == "relay":
            name, step = "relay", lambda: self._relay(process, failing=chance.random() < 0.15)
        elif kind == "consume" and process.consumers:
            consumer, number = chance.choice(process.consumers), chance.randrange(PARTITIONS)
            size = chance.randint(1, 6)
            name, step = f"consume {consumer.topic}", lambda: self._consume(process, consumer, number, size)
        elif kind == "job" and process.jobs:
            job = chance.choice(process.jobs)
            name, step = job.name, lambda: job.run(process.runtime)
        elif kind == "mail":
            process = self.processes["notifications"]
            name, step = "dispatch", lambda: self._dispatch(process)
        else:
            self.trace.append(await self._fault())
            return
        await self._run(process, name, step, crash_at)

    async def _run(self, process: Process, name: str, step: Callable[[], Awaitable[Any]], crash_at: int | None) -> None:
        """One step of one process, which may die in it; it is started again before its next step."""
        process.fate.begin(crash_at)
        try:
            async with asyncio.timeout(30):
                await step()
        except BaseException as error:
            if not _is_crash(error):
                raise
            self.crashes += 1
            process.relay.close()
        self.trace.append(f"{process.name} {name}{f' DIED {process.fate.where}' if process.fate.dead else ''}")
        process.fate.begin(None)

    async def _relay(self, process: Process, *, failing: bool) -> None:
        process.relay.failing = failing
        try:
            await process.relay.relay_once()
        except KafkaError:
            # As the relay's own loop: another producer, and another connection, next time.
            process.relay.close()
        process.fate.point("after the relay's commit")

    async def _consume(self, process: Process, consumer: BatchConsumer, number: int, size: int) -> None:
        place = (process.name, consumer.topic, number)
        start = self.broker.committed.get(place, 0)
        records = self.broker.logs.get((consumer.topic, number), [])[start : start + size]
        if not records:
            return
        await consumer.take(records)
        process.fate.point("stored, before the offsets are committed")
        self.broker.committed[place] = records[-1].offset + 1

    async def _dispatch(self, process: Process) -> None:
        def steps(engine: Any, lease: int) -> MortalSteps:
            steps = MortalSteps(engine, lease)
            steps.fate = process.fate
            return steps

        await Dispatcher(steps=steps).run(process.runtime)

    async def _fault(self) -> str:
        """Redelivery, an emptied broker, a mail server that misbehaves, or leases that run out."""
        kind = self.chance.choices(("again", "empty", "misdeed", "time"), (6, 1, 3, 5))[0]
        if kind == "again" and self.broker.committed:
            place = self.chance.choice(list(self.broker.committed))
            self.broker.committed[place] = max(0, self.broker.committed[place] - self.chance.randint(1, 10))
        elif kind == "empty":
            self.broker.empty()
        elif kind == "misdeed":
            self.mail.misdeeds.append(self.chance.choice(_MISDEEDS))
        elif kind == "time":
            await self._time_passes()
        return f"fault: {kind}"

    async def _time_passes(self) -> None:
        """Leases and waiting times of mails are over."""
        async with self.processes["notifications"].runtime.transaction() as session:
            for column in ("lease_until", "not_before"):
                await session.execute(
                    sa.text(
                        f"update notifications.message set {column} = now() - interval '1 second'"
                        f" where {column} is not null"
                    )
                )

    async def _silence(self, oracle: Oracle) -> float:
        """No more faults; 0 once nothing is on its way, a thousand when something stays."""
        self.mail.misdeeds.clear()
        for _ in range(60):
            before = self.actors.left
            for name, process, step in self.actors.every(self.processes):
                await self._run(process, name, step, None)
            await self.settle()
            if self.actors.left == before and not await oracle.lag():
                return 0.0
        return 1000.0

    async def settle(self) -> None:
        """Every job, relay, mail and consumer once."""
        for process in self.processes.values():
            for job in process.jobs:
                await self._run(process, job.name, partial(job.run, process.runtime), None)
        await self.relay_everything()
        await self._time_passes()
        sending = self.processes["notifications"]
        await self._run(sending, "dispatch", partial(self._dispatch, sending), None)
        await self.consume_everything()

    async def relay_everything(self) -> None:
        """One batch of each outbox."""
        for process in self.processes.values():
            await self._run(process, "relay", partial(self._relay, process, failing=False), None)

    async def consume_everything(self) -> int:
        """Whatever is in the broker and not committed; how many records."""
        lag = 0
        for process in self.processes.values():
            for consumer in process.consumers:
                lag += self.broker.lag(process.name, consumer.topic)
                for number in range(PARTITIONS):
                    await self._consume(process, consumer, number, 1000)
        return lag


def _is_crash(error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return any(_is_crash(exception) for exception in error.exceptions)
    return isinstance(error, Crash)


def mortal_runtimes(database_url: str, clock: Path, smtp_url: Any) -> dict[str, Runtime]:
    """The five services on one database, each with a database that may die."""
    runtimes = {}
    for name in SERVICES:
        runtime = make_test_runtime(load_service(name), database_url, clock, smtp_url=smtp_url)
        runtime.database = MortalDatabase(runtime.database.url, name, pool_size=5)
        runtime.database.fate = Fate()
        runtimes[name] = runtime
    return runtimes


async def close(runtimes: dict[str, Runtime]) -> None:
    """Let go of the pools."""
    for runtime in runtimes.values():
        with contextlib.suppress(OSError):
            await runtime.database.close()
