"""Rate limits per network address and form, in machine time, kept by each process."""

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

    async def check(self, request: Request, form: str) -> None:
        """Count this post; raises TooMany above the form's limit."""
        if not await self.allows(form, network_of(client_address(request, self._settings))):
            raise TooMany(form)

    async def allows(self, form: str, whose: str) -> bool:
        """Count one more of ``form`` for ``whose``; whether it is within the limit."""
        rule = self._rules.get(form)
        if rule is None:
            rule = self._rules[form] = parse(
                self._settings.rate_limits.get(form, self._settings.rate_limits["default"])
            )
        return await self._strategy.hit(rule, form, whose)


def network_of(address: str) -> str:
    """What one visitor can hold: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        visitor = ip_address(address)
    except ValueError:
        return address
    return str(visitor) if visitor.version == 4 else str(ip_network((visitor, 64), strict=False))


def client_address(request: Request, settings: Settings) -> str:
    """The visitor's address: X-Forwarded-For's last entry, believed only from a trusted gateway."""
    peer = request.client.host if request.client else "unknown"
    if peer in settings.trusted_gateways:
        forwarded = request.headers.get("x-forwarded-for", "")
        return forwarded.split(",")[-1].strip() or peer
    return peer
