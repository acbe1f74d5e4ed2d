"""What counts towards a limit, over all replicas and restarts."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest
import sqlalchemy as sa
from starlette.requests import Request

from shared.mechanism import mechanism
from shared.service import Runtime
from shared.settings import Settings
from shared.web.limits import Limiter, TooMany

SETTINGS = Settings(rate_limits={"default": "100 per hour", "mail_to_one": "3 per hour"})


@pytest.fixture
async def limiter(runtime_of: Callable[..., Awaitable[Runtime]]) -> Limiter:
    return Limiter(SETTINGS, (await runtime_of("results")).database)


async def mailed(limiter: Limiter, whose: str, *, fails: bool = False) -> bool:
    async with limiter.database.transaction() as session:
        may = await limiter.one_more(session, "mail_to_one", whose)
        if fails:
            raise ConnectionError
    return may


async def test_only_so_many_go_to_one_address(limiter: Limiter) -> None:
    assert [await mailed(limiter, "kari") for _ in range(5)] == [True, True, True, False, False]
    assert await mailed(limiter, "ola")


async def test_a_form_is_taken_so_often_from_one_network(limiter: Limiter) -> None:
    def sent_from(address: str) -> Request:
        return Request({"type": "http", "headers": [], "client": (address, 40000)})

    for _ in range(3):
        await limiter.check(sent_from("192.0.2.7"), "mail_to_one")
    with pytest.raises(TooMany):
        await limiter.check(sent_from("192.0.2.7"), "mail_to_one")
    await limiter.check(sent_from("192.0.2.8"), "mail_to_one")


async def test_a_rule_of_two_windows_holds_in_both(limiter: Limiter) -> None:
    limiter = Limiter(Settings(rate_limits={"mail_from_one": "3 per minute; 5 per hour"}), limiter.database)

    async def sent() -> list[bool]:
        async with limiter.database.transaction() as session:
            return [await limiter.one_more(session, "mail_from_one", "192.0.2.7") for _ in range(4)]

    assert await sent() == [True, True, True, False]
    async with limiter.database.engine.begin() as connection:
        hit = mechanism("results").limit_hit
        await connection.execute(sa.update(hit).values(at=hit.c.at - sa.text("interval '2 minutes'")))
    assert await sent() == [True, True, False, False]


async def test_tries_while_the_database_was_away_use_nothing_up(limiter: Limiter) -> None:
    for _ in range(10):
        with suppress(ConnectionError):
            await mailed(limiter, "kari", fails=True)
    assert [await mailed(limiter, "kari") for _ in range(4)] == [True, True, True, False]


async def test_those_asked_for_at_the_same_moment_count_too(limiter: Limiter) -> None:
    assert sum(await asyncio.gather(*(mailed(limiter, "kari") for _ in range(10)))) == 3


async def test_replicas_and_a_restart_count_together(
    limiter: Limiter, runtime_of: Callable[..., Awaitable[Runtime]]
) -> None:
    assert [await mailed(limiter, "kari") for _ in range(2)] == [True, True]
    other = Limiter(SETTINGS, limiter.database)
    assert [await mailed(other, "kari") for _ in range(2)] == [True, False]
    assert not await mailed(limiter, "kari")


async def test_what_lies_outside_the_window_does_not_count_and_no_address_rests(limiter: Limiter) -> None:
    table = mechanism("results").limit_hit
    assert [await mailed(limiter, "kari@example.org") for _ in range(4)] == [True, True, True, False]
    async with limiter.database.engine.begin() as connection:
        assert {column.name for column in table.columns} == {"id", "key", "at"}
        await connection.execute(sa.update(table).values(at=sa.text("clock_timestamp() - interval '61 minutes'")))
    assert await mailed(limiter, "kari@example.org")
