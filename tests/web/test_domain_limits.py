"""Whose posts are counted together, and what counts."""

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
    ("address", "counted_as"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::2", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("unknown", "unknown"),
    ],
)
def test_a_visitor_is_one_whatever_address_of_the_own_network_is_used(address: str, counted_as: str) -> None:
    assert network_of(address) == counted_as
