"""Limits: what is asked too often is refused, and what came to nothing does not count."""

import asyncio
from contextlib import suppress

import pytest

from shared.settings import Settings
from shared.web.limits import Limiter, network_of


@pytest.fixture
def limiter() -> Limiter:
    return Limiter(Settings(rate_limits={"default": "100 per hour", "mail_to_one": "3 per hour"}))


async def mailed(limiter: Limiter, whose: str, *, fails: bool = False) -> bool:
    async with limiter.one_more("mail_to_one", whose) as allowed:
        await asyncio.sleep(0)
        if fails:
            raise ConnectionError
    return allowed


async def test_only_so_many_go_to_one_address(limiter: Limiter) -> None:
    assert [await mailed(limiter, "kari") for _ in range(5)] == [True, True, True, False, False]
    assert await mailed(limiter, "ola")


async def test_tries_while_the_database_was_away_use_nothing_up(limiter: Limiter) -> None:
    for _ in range(10):
        with suppress(ConnectionError):
            await mailed(limiter, "kari", fails=True)
    assert [await mailed(limiter, "kari") for _ in range(4)] == [True, True, True, False]


async def test_those_asked_for_at_the_same_moment_count_too(limiter: Limiter) -> None:
    assert sum(await asyncio.gather(*(mailed(limiter, "kari") for _ in range(10)))) == 3


@pytest.mark.parametrize(
    ("address", "network"),
    [("10.1.2.3", "10.1.2.3"), ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"), ("unknown", "unknown")],
)
def test_what_one_visitor_can_hold_is_one_network(address: str, network: str) -> None:
    assert network_of(address) == network
