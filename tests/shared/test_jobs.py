"""Jobs that commits wake: they run right after somebody else's commit, and rest when nobody else commits."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from shared.database import run_sql
from shared.events.registration import MemberLeft
from shared.ids import new_id
from shared.mechanism import mechanism
from shared.messaging import emit_new
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


async def test_a_job_that_never_ends_well_is_missed_too(runtime_of: RuntimeOf) -> None:
    """The alarm looks at when each job last ended well: one that has not must not be unknown to it."""
    rt = await runtime_of(Service(name="example", package="shared"))
    attempt = asyncio.Event()

    async def fail(_: Runtime) -> None:
        attempt.set()
        raise ValueError

    task = asyncio.create_task(run_job(rt, Job("fail", fail, every=3600.0)))
    try:
        await asyncio.wait_for(attempt.wait(), 30)
        assert 'panel_job_succeeded_at_seconds{job="fail"' in rt.metrics.page({}).decode()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_jobs_are_woken_by_changes_and_the_relay_by_what_was_published(runtime_of: RuntimeOf) -> None:
    rt = await runtime_of(Service(name="example", package="shared"))
    woken: list[str] = []
    rt.database.on_emit.append(lambda: woken.append("relay"))
    rt.database.on_commit.append(lambda: woken.append("job"))
    async with rt.transaction() as session:
        await session.scalar(sa.select(sa.literal(1)))
    assert not woken, "a look changes nothing"
    async with rt.transaction() as session:
        await session.execute(sa.delete(mechanism(rt.name).profile))
    assert woken == ["job"]

    async with rt.transaction() as session:
        session.add(mapped(mechanism(rt.name).profile)(id=1, choices={}, changed_at=datetime.now(UTC)))
    assert woken == ["job", "job"]
    async with rt.transaction() as session:
        await run_sql(session, "select 1")
    assert woken == ["job", "job"], "nor does a select by hand"
    async with rt.transaction() as session:
        await run_sql(session, "with nothing as (select 1) select * from nothing")
    assert woken == ["job"] * 3, "what another statement by hand does is not known"
    woken.clear()
    async with rt.transaction() as session:
        await emit_new(session, [a_fact()])
    assert woken == ["job", "relay"]
    async with rt.database.in_parts() as (session, turn):
        await emit_new(session, [a_fact()])
        await turn()
        assert woken.count("relay") == 2
    assert woken.count("relay") == 2, "the last part published nothing"


def mapped(table: sa.Table) -> Any:
    """A class whose objects are rows of ``table``."""
    row = type("Row", (), {})
    orm.registry().map_imperatively(row, table)
    return row


def a_fact() -> MemberLeft:
    return MemberLeft(member_id=new_id(), left_at=datetime.now(UTC))
