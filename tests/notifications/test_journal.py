"""The journal's step has one plan, whatever the tables looked like when it was made."""

import re

import asyncpg
import pytest

from services.notifications.journal import _PLANNING, _STEP
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
