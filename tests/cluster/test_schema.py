"""A process waits for its schema, says for what, and goes on with one that is newer."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from shared.schema import await_schema, note_clock
from shared.service import Runtime

RuntimeOf = Callable[..., Awaitable[Runtime]]


async def _store(runtime: Runtime, number: str) -> str:
    async with runtime.transaction() as session:
        before = await session.scalar(sa.text("select version_num from surveys.schema_version"))
        await session.execute(sa.text("update surveys.schema_version set version_num = :number"), {"number": number})
    return str(before)


async def test_an_older_schema_is_waited_for(runtime_of: RuntimeOf) -> None:
    runtime = await runtime_of("surveys")
    newest = await _store(runtime, "0001")
    try:
        with capture_logs() as lines, pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await await_schema(runtime)
        assert runtime.health.awaiting == "schema"
        (line,) = [line for line in lines if line["event"] == "service.schema.awaited"]
        assert line["reason"] == f"surveys.schema_version is at 0001, this release needs {newest}"
    finally:
        await _store(runtime, newest)
    await await_schema(runtime)
    assert runtime.health.awaiting == ""


async def test_a_newer_schema_is_said_and_no_reason_to_wait(runtime_of: RuntimeOf) -> None:
    runtime = await runtime_of("surveys")
    newest = await _store(runtime, "9999")
    try:
        with capture_logs() as lines:
            await await_schema(runtime)
        assert [line["stored"] for line in lines if line["event"] == "service.schema.newer"] == ["9999"]
    finally:
        await _store(runtime, newest)


def test_clocks_that_differ_are_told_apart() -> None:
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert note_clock(now, now + timedelta(seconds=4))
    assert not note_clock(now, now - timedelta(minutes=2))
    assert not note_clock(now, now + timedelta(minutes=2))
