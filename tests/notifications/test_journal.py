"""The journal's step: one plan whatever the tables looked like when it was made, one transaction for connections."""

import asyncio
import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import sqlalchemy as sa

from services.notifications.sending.claiming import Try
from services.notifications.sending.journaling import PLANNING, STEP, Steps
from services.notifications.tables import Journal, Message
from shared.ids import new_id
from shared.service import Runtime
from shared.testing import Deliverer
from tests.backends import eventually
from tests.notifications.ground import RuntimeOf, card, confirmation, journal, states


@pytest.mark.parametrize("known_to_be_empty", [False, True])
async def test_a_step_goes_by_primary_keys_however_empty_the_journal_was(
    runtime_of: RuntimeOf, known_to_be_empty: bool
) -> None:
    rt = await runtime_of("notifications")
    connection = await asyncpg.connect(rt.database.url)
    try:
        if known_to_be_empty:
            await connection.execute("vacuum analyze notifications.journal, notifications.message")
        await connection.execute(PLANNING)
        await connection.execute(f"prepare step as {STEP}")
        rows = await connection.fetch("explain (costs off) execute step('{}', '{}', '{}', '{}', 60, 'sending')")
        plan = "\n".join(row[0] for row in rows)
    finally:
        await connection.close()
    scans = re.findall(r"Scan (?:using|on) (pk_\w+).*\n\s+(.*)", plan)
    assert sorted(key for key, _ in scans) == ["pk_journal", "pk_message", "pk_message", "pk_sending"], plan
    assert all(condition.startswith("Index Cond") for _, condition in scans), plan
    assert "Seq Scan" not in plan


class CountedSteps(Steps):
    """Counts what is written, and lets the test say how long a step may wait for others."""

    written = 0

    async def connected(self) -> Any:
        self.written += 1
        return await super().connected()


@pytest.mark.parametrize(("patience", "written"), [(30.0, 1), (0.0, 2)])
async def test_steps_of_connections_that_are_about_to_have_one_share_a_transaction(
    runtime_of: RuntimeOf, monkeypatch: pytest.MonkeyPatch, patience: float, written: int
) -> None:
    monkeypatch.setattr("services.notifications.sending.journaling._GATHER", patience)
    steps = CountedSteps((await runtime_of("notifications")).database.engine, 60)
    first_told = asyncio.Event()

    async def first() -> None:
        with steps.line():
            await steps.step(None, Try(new_id(), 1))
            first_told.set()

    async def second() -> None:
        with steps.line():
            # A step that is patient is found waiting; one that is not has been told before anybody else comes.
            await eventually((lambda: steps.waiting) if patience else first_told.is_set)
            await steps.step(None, Try(new_id(), 1))

    await asyncio.gather(first(), second())
    await steps.close()
    assert steps.written == written


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
        found = Claim(rt, (await session.scalars(sa.select(Message.id))).one())
    await found.set(fence=1, seconds=60)
    return found


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
