"""Another machine, or another major of Postgres: the database as text in a new server, secrets and keys taken along."""

import asyncio
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy.local.postgres import Postgres, binaries
from deploy.local.process import free_ports, unprivileged_user
from deploy.local.secrets import read_secrets
from shared.roles import create_database, create_service_roles
from tests.day_two.running import Running


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Running]:
    """The installation that moves."""
    folder = tmp_path / "old"
    folder.mkdir()
    running = Running(folder)
    running.start()
    yield running
    running.stop()


@contextmanager
def server(state: Path) -> Iterator[Postgres]:
    """Postgres alone, made the first time."""
    (state / "logs").mkdir(parents=True, exist_ok=True)
    postgres = Postgres(state, free_ports(1)[0], read_secrets(state).postgres)
    postgres.prepare()
    postgres.process.spawn()
    try:
        postgres.wait_ready()
        yield postgres
    finally:
        postgres.process.stop()


def run(program: str, *arguments: str) -> None:
    """A program of Postgres; with its last words when it fails."""
    result = subprocess.run(
        [str(binaries(unprivileged_user()) / program), *arguments], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr[-1500:]


async def test_a_dump_in_a_new_server_goes_on_where_it_was(old: Running, tmp_path: Path) -> None:
    people = old.people(7)
    await old.join(people[:4])
    await old.balances(4)
    old.stop()
    with server(old.state) as before:
        run("pg_dump", "-Fc", "-f", str(tmp_path / "dump"), before.url("panel"))

    # What goes along: secrets, the surveys' keys. Kafka begins empty, and is filled from the archives.
    new = tmp_path / "new"
    new.mkdir()
    shutil.copy2(old.state / "secrets.json", new)
    if (old.state / "survey-keys").exists():
        shutil.copytree(old.state / "survey-keys", new / "survey-keys")
    secrets = read_secrets(new)
    with server(new) as after:
        owner = await create_database(after.url(), "panel", secrets.owner)
        await create_service_roles(after.url(), owner, "panel", secrets.roles)
        await asyncio.to_thread(run, "pg_restore", "--exit-on-error", "-d", after.url("panel"), str(tmp_path / "dump"))

    copy = Running(new)
    copy.start()
    try:
        await copy.balances(4)
        await copy.join(people[4:])
        await copy.balances(7)
        assert await copy.ask("select count(*) from notifications.message where state <> 'sent'") == 0
    finally:
        copy.stop()
