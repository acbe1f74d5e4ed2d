"""Postgres restored to a moment, with Kafka ahead of it: the runbook of docs/operating.md, step by step."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from deploy.local.postgres import Postgres
from deploy.local.process import Process, free_ports, unprivileged_user, wait_until
from shared.services import SERVICES
from tests.day_two.running import Running


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path)
    running.start()
    yield running
    running.stop()


class Backup:
    """What CloudNativePG keeps in object storage: a base and every segment of the log since."""

    def __init__(self, stack: Running) -> None:
        self._state = stack.state
        self._password = stack.secrets["postgres"]
        self._server = Postgres(
            stack.state, stack.status["parts"]["postgres"]["address"].rpartition(":")[2], self._password
        )
        self.base, self.log = self._server.data.parent / "base", self._server.data.parent / "log"
        self._programs = Path(self._server.process.command[0]).parent
        self._receiver = Process(
            "receiver",
            [*self._program("pg_receivewal"), "-D", str(self.log)],
            stack.state / "logs" / "receiver.log",
            {**os.environ, "PGPASSWORD": self._password},
        )

    def begin(self) -> None:
        """Take the base and go on taking the log."""
        self.log.mkdir()
        self._receiver.spawn()
        command = [*self._program("pg_basebackup"), "-D", str(self.base), "-X", "none", "-c", "fast"]
        subprocess.run(command, check=True, env={**os.environ, "PGPASSWORD": self._password}, capture_output=True)

    async def complete(self, stack: Running) -> None:
        """Until the log up to now is in the archive."""
        segment = await stack.ask("select pg_walfile_name(pg_switch_wal())")
        wait_until((self.log / segment).exists, [self._receiver], "The archive", 60)
        self._receiver.stop()

    def restore(self, moment: datetime) -> None:
        """Put the state of ``moment`` in place of the data, and wait until the server takes writes."""
        shutil.rmtree(self._server.data)
        shutil.copytree(self.base, self._server.data)
        settings = [f"restore_command = 'cp {self.log}/%f %p'", f"recovery_target_time = '{moment.isoformat()}'"]
        settings.append("recovery_target_action = 'promote'")
        with (self._server.data / "postgresql.auto.conf").open("a", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in settings)
        (self._server.data / "recovery.signal").touch()
        if (user := unprivileged_user()) is not None:
            for folder in (self._server.data, self.log):
                subprocess.run(["chown", "-R", user, str(folder)], check=True)
        server = Postgres(self._state, free_ports(1)[0], self._password)
        server.process.spawn()
        ask = [str(self._programs / "psql"), server.url(), "-Atc", "select pg_is_in_recovery()"]
        wait_until(
            lambda: subprocess.run(ask, capture_output=True, text=True, check=False).stdout.strip() == "f",
            [server.process], "The restored server", 60,
        )  # fmt: skip
        server.process.stop()

    def _program(self, name: str) -> list[str]:
        return [str(self._programs / name), "-h", "127.0.0.1", "-p", str(self._server.port), "-U", "postgres"]


async def test_a_database_set_back_in_time_balances_once_kafka_is_filled_from_it(stack: Running) -> None:
    people = stack.people(9)
    backup = Backup(stack)
    backup.begin()
    await stack.join(people[:5])
    await stack.balances(5)
    moment = await stack.ask("select clock_timestamp()")
    await stack.join(people[5:7])
    await stack.balances(7)
    await backup.complete(stack)
    mails_before = await stack.ask("select count(*) from notifications.message")

    # 1 and 2: nothing runs that would send; the moment's state is put in place.
    stack.stop()
    backup.restore(moment)
    # 3: Kafka begins empty. What it held of later was never to have happened.
    shutil.rmtree(stack.state / "kafka")
    # 4: mail rests until somebody has looked.
    stack.start(PANEL_NOTIFICATIONS_PAUSED="true")
    assert await stack.ask("select paused from notifications.sending")
    await stack.balances(5)
    assert await stack.ask("select count(*) from notifications.message") < mails_before
    # 5: state is sent again, and changes nothing where everything was right.
    for service in SERVICES:
        stack.by_hand(service, "send-state", service)
    await stack.balances(5)
    # 6: mail goes again, and those whom the restore forgot join once more.
    stack.stop()
    stack.start()
    connection = "update notifications.sending set paused = false returning 1"
    await stack.ask(connection)
    # The mails of the two whom the restore forgot still lie in the catcher, so two others join.
    await stack.join(people[7:])
    await stack.balances(7)
