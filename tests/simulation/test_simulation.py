"""Schedules of faults, one after the other, for ``SECONDS`` (20); ``SEED=…`` plays one again."""

import os
import random
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from deploy.demo.people import Person, draw_people
from deploy.local.process import free_ports
from services.notifications.settings import notification_settings
from tests.conftest import empty
from tests.faults.mail import MailServer
from tests.faults.oracle import Oracle, Verdict
from tests.simulation.actors import THRESHOLD
from tests.simulation.world import World, close, mortal_runtimes

PEOPLE: list[Person] = draw_people(13, random.Random(1), 2026)


@pytest.fixture
def one_connection(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Mails go out one after the other."""
    monkeypatch.setenv("PANEL_NOTIFICATIONS_CONNECTIONS", "1")
    notification_settings.cache_clear()
    yield
    monkeypatch.undo()
    notification_settings.cache_clear()


@asynccontextmanager
async def playing(seed: int, database_url: str, folder: Path) -> AsyncIterator[tuple[Verdict, World]]:
    """One schedule on emptied schemas; the world stays for the length of the block."""
    (port,) = free_ports(1)
    clock = folder / f"clock-{seed}"
    clock.unlink(missing_ok=True)
    (folder / "mails").unlink(missing_ok=True)
    mail = MailServer(folder / "mails", port)
    await mail.start()
    runtimes = mortal_runtimes(database_url, clock, SecretStr(f"smtp://127.0.0.1:{port}"))
    for runtime in runtimes.values():
        runtime.profile = runtime.profile.with_choices({"start_size": THRESHOLD})
    try:
        for runtime in runtimes.values():
            await empty(runtime)
        world = World(seed, runtimes, mail, PEOPLE)
        try:
            yield await world.play(Oracle(database_url)), world
        finally:
            world.close()
    finally:
        await close(runtimes)
        await mail.stop()


async def play(seed: int, database_url: str, folder: Path) -> tuple[Verdict, World]:
    """One schedule."""
    async with playing(seed, database_url, folder) as world:
        return world


async def test_no_schedule_loses_or_doubles_anything(
    one_connection: None, database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wish = os.environ.get("SEED")
    seeds = [int(wish)] if wish else [random.randrange(2**32) for _ in range(10_000)]
    began, count, crashes = time.monotonic(), 0, 0
    seconds = float(os.environ.get("SECONDS") or 20)
    for seed in seeds:
        verdict, world = await play(seed, database_url, tmp_path)
        story = "\n".join(world.trace)
        wrong = {name: numbers for name, numbers in verdict.numbers.items() if not verdict.holds[name]}
        assert verdict.fine, f"SEED={seed}: {wrong}\n{story if wish else ''}"
        assert verdict.numbers["I2 every event applied"]["dead"] == 0, f"SEED={seed}: dead letters"
        count, crashes = count + 1, crashes + world.crashes
        if time.monotonic() - began > seconds:
            break
    with capsys.disabled():
        rate = count * 60 / (time.monotonic() - began)
        print(f"\nsimulation: {count} schedules, {crashes} crashes, {rate:.0f} schedules a minute, last SEED={seed}")


async def test_a_seed_plays_the_same_story_again(one_connection: None, database_url: str, tmp_path: Path) -> None:
    _, first = await play(7, database_url, tmp_path)
    _, again = await play(7, database_url, tmp_path)
    assert first.trace == again.trace
