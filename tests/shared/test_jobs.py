"""Jobs that commits wake: they run right after somebody else's commit, and rest when nobody else commits."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

import sqlalchemy as sa

from shared.process import run_job
from shared.service import Job, Runtime, Service
from tests.backends import eventually

RuntimeOf = Callable[..., Awaitable[Runtime]]


async def test_two_jobs_that_commits_wake_do_not_keep_each_other_up(runtime_of: RuntimeOf) -> None:
    rt = await runtime_of(Service(name="example", package="shared"))
    runs: Counter[str] = Counter()

    def job(name: str) -> Job:
        async def look(runtime: Runtime) -> None:
            async with runtime.transaction() as session:
                await session.execute(sa.text("select 1"))
            runs[name] += 1

        return Job(name, look, every=3600.0, on_commit=True)

    tasks = [asyncio.create_task(run_job(rt, job(name))) for name in ("urgent", "bulk")]
    try:
        await eventually(lambda: runs == {"urgent": 1, "bulk": 1})
        async with rt.transaction() as session:
            await session.execute(sa.text("select 1"))
        await eventually(lambda: runs == {"urgent": 2, "bulk": 2})
        # Time enough for dozens of runs, had their own commits woken them.
        async with rt.database.engine.connect() as connection:
            for _ in range(100):
                await connection.execute(sa.text("select 1"))
        assert runs == {"urgent": 2, "bulk": 2}
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
