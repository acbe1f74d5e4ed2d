"""A local stack of a test's own: started, stopped, and looked at from outside."""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg

from deploy.demo.people import Mailbox, Person, draw_people, join
from deploy.local.downloads import ROOT
from deploy.local.process import free_base
from shared.services import SERVICES
from tests.faults.oracle import Oracle


class Running:
    """One installation under ``state``; ``module`` is what starts it."""

    def __init__(self, state: Path, module: str = "deploy.local.main", **settings: str) -> None:
        self.state = state
        state.chmod(0o755)
        self._module = module
        self.settings = settings | {"PANEL_STATE": str(state), "PANEL_PORT_BASE": str(free_base(30))}
        self._launcher: subprocess.Popen[str] | None = None
        self.chance = random.Random(7)

    def start(self, **settings: str) -> None:
        """Until every part answers; ``settings`` hold for this time."""
        environment = {**os.environ, **self.settings, **settings}
        self._launcher = subprocess.Popen(
            [sys.executable, "-m", self._module], cwd=ROOT, stdout=subprocess.PIPE, text=True, env=environment
        )
        assert self._launcher.stdout is not None
        output = ""
        while "  logs " not in output:
            line = self._launcher.stdout.readline()
            assert line, output
            output += line

    def stop(self) -> None:
        """Every part, in order."""
        launcher, self._launcher = self._launcher, None
        if launcher is not None:
            launcher.send_signal(signal.SIGTERM)
            assert launcher.stdout is not None
            launcher.stdout.read()
            launcher.wait()

    @property
    def status(self) -> dict[str, Any]:
        """What the launcher tells."""
        status: dict[str, Any] = json.loads((self.state / "status.json").read_text(encoding="utf-8"))
        return status

    @property
    def secrets(self) -> dict[str, Any]:
        """Passwords and keys."""
        secrets: dict[str, Any] = json.loads((self.state / "secrets.json").read_text(encoding="utf-8"))
        return secrets

    def environment_of(self, part: str) -> dict[str, str]:
        """What a running process was told."""
        pairs = Path(f"/proc/{self.status['parts'][part]['pid']}/environ").read_bytes().decode().split("\0")
        return dict(pair.split("=", 1) for pair in pairs if "=" in pair)

    def by_hand(self, service: str, *command: str) -> str:
        """A command in a service's own environment, as `kubectl exec` gives it; what it says."""
        result = subprocess.run(
            [sys.executable, "-m", "shared.cli", *command],
            env=self.environment_of(service), cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    def people(self, number: int) -> list[Person]:
        """The same residents each time."""
        return draw_people(number, random.Random(7), datetime.now(UTC).year)

    async def join(self, people: Sequence[Person]) -> None:
        """Residents sign up and confirm, side by side."""
        mailbox = Mailbox(self.status["mail_url"])
        fetching = asyncio.create_task(self._fetch(mailbox))
        try:
            await asyncio.gather(*(join(self.status["public_url"], person, mailbox, self.chance) for person in people))
        finally:
            fetching.cancel()
            await mailbox.close()

    async def _fetch(self, mailbox: Mailbox) -> None:
        while True:
            await mailbox.refresh()
            await asyncio.sleep(0.2)

    async def ask(self, statement: str, *values: object) -> Any:
        """One value from the database, as its administrator."""
        connection = await asyncpg.connect(self.status["database_url"])
        try:
            return await connection.fetchval(statement, *values)
        finally:
            await connection.close()

    async def balances(self, members: int) -> None:
        """Once nothing is on its way: as many members everywhere, every event applied, nothing dead or stale."""
        oracle = Oracle(self.status["database_url"])
        async with asyncio.timeout(600):
            while lag := await oracle.lag():
                await asyncio.sleep(0.3)
        assert lag == {}
        counts = {
            sql: await self.ask(sql)
            for sql in (
                "select coalesce(max(size), 0) from registration.panel",
                "select count(*) from registration.member where status = 'active'",
                "select count(*) from surveys.member where status = 'active'",
                "select count(*) from meetings.member where not erased",
                "select count(*) from notifications.contact where not removed",
            )
        }
        assert counts == dict.fromkeys(counts, members), counts
        for schema in SERVICES:
            for sql in (f"{schema}.dead_letter", f"{schema}.subject_seen where stale > 0", f"{schema}.removed_unread"):
                assert await self.ask(f"select count(*) from {sql}") == 0, sql
