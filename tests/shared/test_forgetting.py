"""Erasure of what the mechanism keeps: in the outbox, on its way, in both archives and in the letters."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import sqlalchemy as sa

from shared.mechanism import mechanism
from shared.messaging import emit, emit_new, forget_subject, lock
from shared.service import Runtime, Service
from tests.backends import eventually, waits_for_a_lock
from tests.notifications.ground import card
from tests.shared.test_inbox import joined
from tests.shared.test_relay import RelayTo, at

RuntimeOf = Callable[..., Awaitable[Runtime]]


@pytest.fixture
async def runtime(runtime_of: RuntimeOf) -> Runtime:
    return await runtime_of(Service(name="example", package="shared"))


async def subjects(runtime: Runtime) -> dict[str, list[Any]]:
    """Of each table that holds events."""
    tables = mechanism("example")
    async with runtime.transaction() as session:
        return {
            name: list(await session.scalars(sa.select(getattr(tables, name).c.subject)))
            for name in ("outbox", "archive", "archive_restricted")
        }


async def test_both_archives_forget_and_keep_who_was_not_named(runtime: Runtime) -> None:
    gone, stays = joined(), joined()
    sending = RelayTo(runtime)
    async with runtime.transaction() as session:
        await emit_new(session, [gone, stays])
        await emit(session, card(gone.member_id), card(stays.member_id))
    assert await sending.relay_once() == 4
    async with runtime.transaction() as session:
        await forget_subject(session, gone.member_id)
    assert await subjects(runtime) == {
        "outbox": [], "archive": [stays.member_id], "archive_restricted": [stays.member_id],
    }  # fmt: skip
    sending.close()


async def test_an_event_on_its_way_is_waited_for_and_forgotten_where_it_comes_to_rest(runtime: Runtime) -> None:
    member, sending = joined(), RelayTo(runtime)
    answers: list[asyncio.Future[Any]] = []
    sending.broker.answers[0] = answers.append
    async with runtime.transaction() as session:
        await emit_new(session, [member])

    async def forget() -> None:
        async with runtime.transaction() as session:
            await lock(session, member.member_id)
            await forget_subject(session, member.member_id)

    relaying = asyncio.create_task(sending.relay_once())
    await eventually(lambda: answers)
    forgetting = asyncio.create_task(forget())
    await eventually(lambda: forgetting.done() or waits_for_a_lock(runtime))
    answers[0].set_result(at(0))
    assert await relaying == 1
    await forgetting
    assert await subjects(runtime) == {"outbox": [], "archive": [], "archive_restricted": []}
    sending.close()
