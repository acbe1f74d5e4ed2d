"""Opening a survey for everybody and for a sample: linear in the members and in constant memory."""

import asyncio
import time
from datetime import timedelta

import asyncpg
import psutil

from services.surveys.fieldwork.domain import Plan
from services.surveys.fieldwork.inviting import open_due_surveys
from services.surveys.planning.planning import add_survey
from services.surveys.questionnaire.shelf import shipped
from shared.ids import new_id
from tests.bench.ground import Ground, count
from tests.bench.mails import slope
from tests.bench.measure import bound, note, note_noise

SIZES = (10_000, 100_000, 1_000_000)
_MEGABYTE = 1024 * 1024
_MEMBERS = """
insert into surveys.member (id, year_of_birth, gender, area, purposes, status, joined_at)
select gen_random_uuid(), 1940 + n % 70, (array['female', 'male'])[1 + n % 2], (array['nord', 'sor'])[1 + n / 2 % 2],
    array['surveys'], 'active', now() - interval '1 day' from generate_series(1, $1::int) n
"""


async def openings(ground: Ground, sizes: tuple[int, ...] = SIZES) -> None:
    """Log-log slope of seconds on members, and how much memory the largest panel takes beyond the smallest."""
    async with ground.database() as url:
        for name, share in (("everybody", None), ("a sample of a tenth", 10)):
            await note_noise()
            seconds, growth = [], []
            for size in sizes:
                duration, megabytes = await _opened(ground, url, size, size // share if share else None)
                note(f"opening for {name}: {size} members in {duration:.2f} s, {megabytes:.0f} MB more")
                seconds.append(duration)
                growth.append(megabytes)
            bound(f"opening for {name}", [slope(sizes, seconds)], "log-log slope", 1.1)
            bound(f"opening for {name}, memory growth", [max(growth)], "MB", 50.0)


async def _opened(ground: Ground, url: str, members: int, sample: int | None) -> tuple[float, float]:
    """Seconds and megabytes of resident memory at the most, from the opening to the last invitation."""
    connection = await asyncpg.connect(url)
    await connection.execute("truncate surveys.member, surveys.survey, surveys.outbox, surveys.subject cascade")
    await connection.execute(_MEMBERS, members)
    await connection.execute("analyze surveys.member")
    await connection.close()
    rt = ground.runtime("surveys", url)
    now = rt.now()
    async with rt.transaction() as session:
        times = Plan(opens_at=now, closes_at=now + timedelta(days=14), reminder_at=None)
        await add_survey(session, new_id(), shipped()["klima"], "now", None, times, now, sample_size=sample)
    process = psutil.Process()
    before = most = process.memory_info().rss

    async def watch() -> None:
        nonlocal most
        while True:
            most = max(most, process.memory_info().rss)
            await asyncio.sleep(0.05)

    watching = asyncio.create_task(watch())
    began = time.perf_counter()
    while await count(url, "select count(*) from surveys.survey where state = 'planned' or inviting"):
        await open_due_surveys(rt)
    duration = time.perf_counter() - began
    watching.cancel()
    invitations = await count(url, "select count(*) from surveys.invitation")
    if invitations != (sample or members):
        raise RuntimeError(f"{invitations} invited of {sample or members}")
    await rt.database.close()
    return duration, (most - before) / _MEGABYTE
