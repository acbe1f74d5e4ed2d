"""What is done to the running stack. Each act is over when it returns; several run at the same time."""

import asyncio
import json
import random
import shutil
import signal
import sys
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from deploy.local.downloads import ROOT
from deploy.local.kafka import Kafka
from deploy.local.process import listens
from deploy.local.secrets import read_secrets
from shared.messaging.provision import provision
from shared.refusal import Refusal
from shared.services import SERVICES
from tests.faults.mail import MISDEEDS, MailServer
from tests.faults.proxy import Proxy

KILLABLE = (*SERVICES, "kafka", "postgres", "gateway")
_BACK_SECONDS = 60.0


class Menace:
    """Breaks one stack, and counts what it did by name."""

    def __init__(self, state: Path, proxies: dict[str, Proxy], mail: MailServer, seed: int) -> None:
        self.state = state
        self.done: Counter[str] = Counter()
        self.kills: Counter[str] = Counter()
        self._proxies = proxies
        self._mail = mail
        self._chance = random.Random(seed)
        self._clock = 0.0
        self._at_work: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def status(self) -> dict[str, Any]:
        """status.json of the launcher."""
        status: dict[str, Any] = json.loads((self.state / "status.json").read_text())
        return status

    def processes(self, part: str) -> list[psutil.Process]:
        """The part's processes, children first, while it runs."""
        name = "caddy" if part == "gateway" and "caddy" in self.status()["parts"] else part
        pid = self.status()["parts"][name]["pid"]
        if pid is None:
            return []
        with suppress(psutil.NoSuchProcess):
            head = psutil.Process(pid)
            return [*head.children(recursive=True), head]
        return []

    async def kill(self, part: str) -> None:
        """kill -9 of every process of the part, after what is being done to it; over when it runs again."""
        async with self._at_work[part]:
            processes = await self._running(part)
            for process in processes:
                with suppress(psutil.NoSuchProcess):
                    process.send_signal(signal.SIGKILL)
            self.kills[part] += 1
            await self._back(part, processes[-1].pid)

    async def pause(self, part: str, seconds: float) -> None:
        """SIGSTOP, later SIGCONT; not while something else is done to the part."""
        if self._at_work[part].locked():
            return
        async with self._at_work[part]:
            processes = self.processes(part)
            for number, wait in ((signal.SIGSTOP, seconds), (signal.SIGCONT, 0)):
                for process in processes:
                    with suppress(psutil.NoSuchProcess):
                        process.send_signal(number)
                await asyncio.sleep(wait)
            self.done[f"pause {part}"] += bool(processes)

    async def disconnect(self, part: str) -> None:
        """Cut, refuse, slow down or freeze what passes through a proxy; one of them at a time."""
        way = f"proxy {part}"
        if self._at_work[way].locked():
            return
        async with self._at_work[way]:
            proxy, how = self._proxies[part], self._chance.choice(("cut", "refuse", "delay", "half-open"))
            seconds = self._chance.uniform(1, 6)
            if how == "delay":
                proxy.delay = 0.2
            elif how == "half-open":
                proxy.freeze()
            else:
                proxy.refusing = how == "refuse"
                proxy.cut()
            await asyncio.sleep(seconds)
            proxy.delay, proxy.refusing = 0.0, False
            if how == "half-open":
                proxy.cut()
            proxy.thaw()
            self.done[f"{how} {part}"] += 1

    async def misbehave(self) -> None:
        """The mail server does something else with the next mails."""
        for _ in range(3):
            misdeed = self._chance.choice(MISDEEDS)
            self._mail.misdeeds.append(misdeed)
            self.done[f"mail server: {misdeed}"] += 1

    async def jump(self) -> None:
        """Panel time goes on by some minutes."""
        self._clock += self._chance.uniform(60, 900)
        (self.state / "clock").write_text(str(self._clock))
        self.done["panel clock jumps"] += 1

    async def second_process(self, service: str) -> None:
        """Another process of the service: a second relay, a rebalance when it comes and one when it is killed."""
        try:
            environment = self.processes(service)[-1].environ() | {"PANEL_PORT": "0", "PANEL_LMTP_PORT": "0"}
        except (IndexError, psutil.Error):
            return  # none is there, or it is being killed at this moment
        log = (self.state / "logs" / f"second-{service}.log").open("ab")
        command = [sys.executable, "-m", "shared.cli", "serve", service]
        second = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            await asyncio.sleep(self._chance.uniform(4, 8))
        finally:
            second.kill()
            await second.wait()
            log.close()
        self.kills[service] += 1
        self.done[f"second {service}"] += 1

    async def empty_broker(self) -> None:
        """The broker dies, loses its disk, and comes back with nothing but topics and rights."""
        async with self._at_work["kafka"]:
            processes = await self._running("kafka")
            status = self.status()
            port = int(status["kafka"].rpartition(":")[2])
            passwords = read_secrets(self.state).kafka_users(str(status["prefix"]))
            for process in processes:
                process.send_signal(signal.SIGKILL)
            psutil.wait_procs(processes, timeout=10)
            shutil.rmtree(self.state / "kafka" / "data")
            broker = Kafka(self.state, port, port + 1, passwords, port + 40)
            await asyncio.to_thread(broker.prepare)
            await self._back("kafka", processes[-1].pid)
            await self._provision(broker.admin(), str(status["prefix"]))
            self.kills["kafka"] += 1
            self.done["broker emptied"] += 1

    async def _provision(self, admin: Any, prefix: str) -> None:
        """Topics and rights; the broker may die once more where the launcher was quicker than its new disk."""
        async with asyncio.timeout(_BACK_SECONDS):
            while True:
                try:
                    return await asyncio.to_thread(provision, admin, prefix)
                except Refusal:
                    await asyncio.sleep(0.5)

    async def _running(self, part: str) -> list[psutil.Process]:
        """The part's processes, once there are some."""
        async with asyncio.timeout(_BACK_SECONDS):
            while not (processes := self.processes(part)):
                await asyncio.sleep(0.1)
        return processes

    async def _back(self, part: str, before: int) -> None:
        """Until the part runs under another process id and answers."""
        async with asyncio.timeout(_BACK_SECONDS):
            while not (processes := self.processes(part)) or processes[-1].pid == before:
                await asyncio.sleep(0.1)
            port = self._port(part)
            while port and not listens(port):
                await asyncio.sleep(0.1)

    def _port(self, part: str) -> int | None:
        entry = self.status()["parts"].get(part, {})
        address = str(entry.get("address") or entry.get("url") or "")
        return int(address.rpartition(":")[2]) if address else None

    def next_acts(self) -> list[Callable[[], Awaitable[None]]]:
        """Acts other than kills, drawn: they overlap each other and the kills."""
        chance = self._chance
        everything: list[Callable[[], Awaitable[None]]] = [
            lambda: self.pause(chance.choice(KILLABLE[:-1]), chance.uniform(1, 8)),
            lambda: self.disconnect(chance.choice(sorted(self._proxies))),
            self.misbehave,
            self.jump,
            lambda: self.second_process(chance.choice(SERVICES)),
        ]
        return chance.sample(everything, 2)
