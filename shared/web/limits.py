"""Rate limits per network address and form, in machine time, kept by each process."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_address, ip_network

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter
from starlette.requests import Request

from shared.settings import Settings


class TooMany(Exception):
    """This address has sent this form too often; the page says when to try again."""


class Limiter:
    """Counts form posts; a form without a rule of its own uses ``default``."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._strategy = MovingWindowRateLimiter(MemoryStorage())
        self._rules: dict[str, RateLimitItem] = {}
        self._under_way: Counter[tuple[str, str]] = Counter()

    async def check(self, request: Request, form: str) -> None:
        """Count this post; raises TooMany above the form's limit."""
        whose = network_of(client_address(request, self._settings))
        if not await self._strategy.hit(self._rule(form), form, whose):
            raise TooMany(form)

    @asynccontextmanager
    async def one_more(self, form: str, whose: str) -> AsyncIterator[bool]:
        """Whether one more of ``form`` for ``whose`` is within the limit.

        It counts when the block ends well: what came to nothing, the database being away, uses nothing up, or whoever
        tried again and again meanwhile would be told that a mail is on its way and get none.
        """
        rule, key = self._rule(form), (form, whose)
        self._under_way[key] += 1
        try:
            allowed = await self._strategy.test(rule, form, whose, cost=self._under_way[key])
            yield allowed
            if allowed:
                await self._strategy.hit(rule, form, whose)
        finally:
            self._under_way[key] -= 1
            if not self._under_way[key]:
                del self._under_way[key]

    def _rule(self, form: str) -> RateLimitItem:
        if form not in self._rules:
            limits = self._settings.rate_limits
            self._rules[form] = parse(limits.get(form, limits["default"]))
        return self._rules[form]


def network_of(address: str) -> str:
    """What one visitor can hold: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        visitor = ip_address(address)
    except ValueError:
        return address
    return str(visitor) if visitor.version == 4 else str(ip_network((visitor, 64), strict=False))


def _is_within(peer: str, networks: tuple[str, ...]) -> bool:
    try:
        address = ip_address(peer)
    except ValueError:
        return False
    return any(address in ip_network(network) for network in networks)


def client_address(request: Request, settings: Settings) -> str:
    """The visitor's address: X-Forwarded-For's last entry, believed only from a trusted gateway."""
    peer = request.client.host if request.client else "unknown"
    if _is_within(peer, settings.trusted_gateways):
        forwarded = request.headers.get("x-forwarded-for", "")
        return forwarded.split(",")[-1].strip() or peer
    return peer
