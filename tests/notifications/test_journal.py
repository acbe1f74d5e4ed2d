"""The journal's step: one plan whatever the tables looked like when it was made, one transaction for connections."""

import asyncio
import re
from typing import Any

import asyncpg
import pytest

from services.notifications.sending.claiming import Try
from services.notifications.sending.journaling import _PLANNING, _STEP, Steps
from shared.ids import new_id
from tests.backends import eventually
from tests.notifications.ground import RuntimeOf


@pytest.mark.parametrize("known_to_be_empty", [False, True])
async def test_a_step_goes_by_primary_keys_however_empty_the_journal_was(
    runtime_of: RuntimeOf, known_to_be_empty: bool
) -> None:
    rt = await runtime_of("notifications")
    connection = await asyncpg.connect(rt.database.url)
    try:
        if known_to_be_empty:
            await connection.execute("vacuum analyze notifications.journal, notifications.message")
        await connection.execute(_PLANNING)
        await connection.execute(f"prepare step as {_STEP}")
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

    async def _connected(self) -> Any:
        self.written += 1
        return await super()._connected()


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
            await eventually((lambda: steps._waiting) if patience else first_told.is_set)
            await steps.step(None, Try(new_id(), 1))

    await asyncio.gather(first(), second())
    await steps.close()
    assert steps.written == written
