"""The statements every event goes through find their rows by an index, however many there are."""

from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from shared.ids import new_id
from shared.messaging import inbox, outbox
from shared.service import Runtime, Service

RuntimeOf = Callable[..., Awaitable[Runtime]]

_EVENT = ([new_id()], ["example"], ["example.told.v1"], [new_id()], [0], ["{}"], [b"{}"], [False])


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        (outbox._LOCK, ([new_id()],)),
        (outbox._RAISE + outbox._INSERT, _EVENT),
        (outbox._BEGIN + outbox._INSERT, _EVENT),
        (outbox._KEEP + outbox._INSERT, _EVENT),
        (inbox._TAKE, (["example.record"], [new_id()], ["example.record"], ["registration"], [new_id()], [1])),
        (inbox._RAISE, ("example.record", "registration", new_id(), 1)),
    ],
    ids=["lock", "raise", "begin", "keep", "take", "raise_lane"],
)
async def test_no_event_makes_the_database_read_a_table_from_end_to_end(
    runtime_of: RuntimeOf, statement: str, values: tuple[Any, ...]
) -> None:
    rt = await runtime_of(Service(name="example", package="shared"))
    connection = await asyncpg.connect(rt.database.url)
    try:
        # The planner reads a small table whole because that is cheaper; forbidden to, it shows whether it had to.
        await connection.execute("set enable_seqscan = off")
        rows = await connection.fetch(f"explain {statement.format(schema='example')}", *values)
    finally:
        await connection.close()
    assert not [row[0] for row in rows if "Seq Scan" in row[0]]
