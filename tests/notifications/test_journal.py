"""The journal's step: planned for the journal as it is, one transaction for what waits."""

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notifications.sending.claiming import Try
from services.notifications.sending.journaling import PLANNING, STEP, Steps
from services.notifications.tables import Journal, Message, Sending
from shared.ids import new_id
from shared.service import Runtime
from shared.testing import Deliverer
from tests.backends import eventually
from tests.notifications.ground import RuntimeOf, card, confirmation, journal, states

_FILLED = """
insert into notifications.journal (message_id, fence) select gen_random_uuid(), 1 from generate_series(1, 20000)
"""


async def test_a_step_goes_by_primary_keys_though_it_was_first_planned_for_an_empty_journal(
    runtime_of: RuntimeOf,
) -> None:
    rt = await runtime_of("notifications")
    connection = await asyncpg.connect(rt.database.url)
    ids = "'{" + ",".join(str(new_id()) for _ in range(4)) + "}'"
    step = f"execute step({ids}, '{{1,1,1,1}}', {ids}, '{{1,1,1,1}}', 60)"
    try:
        await connection.execute("vacuum analyze notifications.journal, notifications.message")
        await connection.execute(PLANNING)
        await connection.execute(f"prepare step as {STEP}")
        for _ in range(10):
            await connection.execute(step)
        await connection.execute(_FILLED)
        rows = await connection.fetch(f"explain (costs off) {step}")
    finally:
        await connection.close()
    plan = "\n".join(row[0] for row in rows)
    assert "pk_journal" in plan, plan
    assert "Seq Scan on journal" not in plan, plan


class CountedSteps(Steps):
    """Counts what is written."""

    written = 0

    async def connected(self) -> Any:
        self.written += 1
        return await super().connected()


async def test_steps_that_come_while_one_is_written_share_the_next_transaction(runtime_of: RuntimeOf) -> None:
    steps = CountedSteps((await runtime_of("notifications")).database.engine, 60)
    first = asyncio.create_task(steps.step(None, Try(new_id(), 1)))
    await eventually(lambda: steps.written)
    await asyncio.gather(first, *(steps.step(None, Try(new_id(), 1)) for _ in range(5)))
    await steps.close()
    assert steps.written == 2


async def cut(steps: Steps) -> AsyncConnection:
    """The server ends the connection that the steps use; that connection."""
    pid = await (await steps.connected()).fetchval("select pg_backend_pid()")
    async with steps.engine.connect() as other:
        await other.execute(sa.text("select pg_terminate_backend(:pid, 10000)"), {"pid": pid})
    assert steps._connection is not None
    return steps._connection


async def test_a_step_that_fails_is_told_to_all_who_wait_and_the_next_has_a_new_connection(
    runtime_of: RuntimeOf,
) -> None:
    engine = (await runtime_of("notifications")).database.engine
    steps = Steps(engine, 60)
    broken = await cut(steps)
    attempts = [Try(new_id(), 1) for _ in range(3)]
    outcomes = await asyncio.gather(*(steps.step(None, attempt) for attempt in attempts), return_exceptions=True)
    assert [isinstance(outcome, Exception) for outcome in outcomes] == [True] * 3
    assert broken.closed
    assert await steps.step(None, attempts[0]) is False
    await steps.close()
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]


async def test_the_connection_goes_back_as_it_was_or_is_given_up_where_the_server_is_gone(
    runtime_of: RuntimeOf,
) -> None:
    engine = (await runtime_of("notifications")).database.engine
    steps = Steps(engine, 60)
    await steps.close()
    pid = await (await steps.connected()).fetchval("select pg_backend_pid()")
    await steps.close()
    async with engine.connect() as connection:
        assert await connection.scalar(sa.text("select pg_backend_pid()")) == pid
        assert await connection.scalar(sa.text("show plan_cache_mode")) == "auto"
    broken = await cut(steps)
    await steps.close()
    assert broken.closed
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    async with engine.connect() as connection:
        assert await connection.scalar(sa.text("select 1")) == 1


@dataclass
class Claim:
    """A message in a worker's hands, as the database sees it."""

    rt: Runtime
    id: UUID

    async def set(self, fence: int, seconds: int) -> None:
        """Claimed for the ``fence``-th time, with a lease of so many seconds from now."""
        async with self.rt.transaction() as session:
            await session.execute(
                sa.update(Message)
                .where(Message.id == self.id)
                .values(
                    state="sending", fence=fence,
                    lease_until=sa.func.clock_timestamp() + sa.func.make_interval(0, 0, 0, 0, 0, 0, seconds),
                )
            )  # fmt: skip

    async def journaled(self) -> dict[int, bool]:
        """Tries in the journal -> whether it says accepted."""
        async with self.rt.transaction() as session:
            rows = await session.execute(sa.select(Journal.fence, Journal.accepted_at))
            return {row.fence: row.accepted_at is not None for row in rows}


@pytest.fixture
async def claim(runtime_of: RuntimeOf) -> Claim:
    rt = await runtime_of("notifications")
    member_id = new_id()
    await Deliverer(rt)(card(member_id), confirmation(member_id))
    async with rt.transaction() as session:
        attempt = Claim(rt, (await session.scalars(sa.select(Message.id))).one())
    await attempt.set(fence=1, seconds=60)
    return attempt


async def test_a_try_whose_lease_has_run_out_does_not_start(claim: Claim) -> None:
    await claim.set(fence=1, seconds=-1)
    assert await journal(claim.rt, [], [Try(claim.id, 1)]) == set()
    assert await claim.journaled() == {}


async def test_a_late_try_neither_starts_nor_journals_the_try_of_another(claim: Claim) -> None:
    await claim.set(fence=2, seconds=60)
    assert await journal(claim.rt, [], [Try(claim.id, 1)]) == set()
    assert await claim.journaled() == {}


async def test_what_a_late_try_handed_over_is_journaled_as_its_own_and_not_as_anothers(claim: Claim) -> None:
    assert await journal(claim.rt, [], [Try(claim.id, 1)]) == {Try(claim.id, 1)}
    await claim.set(fence=2, seconds=60)
    assert await journal(claim.rt, [], [Try(claim.id, 2)]) == {Try(claim.id, 2)}
    await journal(claim.rt, [Try(claim.id, 1)], [])
    assert await claim.journaled() == {1: True, 2: False}
    assert await states(claim.rt) == [("sending", None)], "the other's mail is still in its hands"


async def test_a_mail_that_came_back_has_failed_though_its_worker_tells_later_that_it_was_accepted(
    claim: Claim,
) -> None:
    assert await journal(claim.rt, [], [Try(claim.id, 1)]) == {Try(claim.id, 1)}
    async with claim.rt.transaction() as session:
        await session.execute(sa.update(Message).values(state="failed", reason="bounced", lease_until=None))
    await journal(claim.rt, [Try(claim.id, 1)], [])
    assert await states(claim.rt) == [("failed", "bounced")]
    assert await claim.journaled() == {1: True}


@pytest.mark.parametrize("state", ["sending", "unknown", "pending"])
async def test_a_mail_whose_lease_ran_out_was_sent_all_the_same_when_its_worker_tells_that_it_was_accepted(
    claim: Claim, state: str
) -> None:
    assert await journal(claim.rt, [], [Try(claim.id, 1)]) == {Try(claim.id, 1)}
    async with claim.rt.transaction() as session:
        lease = None if state == "pending" else sa.func.clock_timestamp() - sa.text("interval '1 minute'")
        await session.execute(sa.update(Message).values(state=state, reason="smtp", lease_until=lease))
    await journal(claim.rt, [Try(claim.id, 1)], [])
    assert await states(claim.rt) == [("sent", None)]
    async with claim.rt.transaction() as session:
        assert (await session.scalars(sa.select(Message.lease_until))).all() == [None]


async def test_nothing_starts_while_sending_is_paused_and_a_start_asked_for_twice_is_one(claim: Claim) -> None:
    async def pause(paused: bool) -> None:
        async with claim.rt.transaction() as session:
            await session.execute(sa.delete(Sending))
            await session.execute(sa.insert(Sending).values(paused=paused, reason="staff"))

    await pause(True)
    assert await journal(claim.rt, [], [Try(claim.id, 1)]) == set()
    assert await claim.journaled() == {}
    await pause(False)
    for _ in range(2):
        assert await journal(claim.rt, [], [Try(claim.id, 1)]) == {Try(claim.id, 1)}
    assert await claim.journaled() == {1: False}
