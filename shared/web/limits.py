"""Rate limits per network address and form, in machine time, counted in the service's schema for all its replicas."""

from ipaddress import ip_address, ip_network

from limits import RateLimitItem, parse
from starlette.requests import Request

from shared.database import Database, Transaction, hold, run_sql
from shared.direct import direct
from shared.ids import random_id
from shared.settings import Settings

#: Addresses are stored only as hashes: a table is no place for them.
_TAKE = """
insert into {schema}.limit_hit (id, key)
select $1, hashtextextended($2, 0) where (
    select count(*) from {schema}.limit_hit
    where key = hashtextextended($2, 0) and at > clock_timestamp() - make_interval(secs => $3)
) < $4 returning id
"""


class TooMany(Exception):
    """This address has sent this form too often; the page says when to try again."""


class Limiter:
    """Counts form posts; a form without a rule of its own uses ``default``."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self.database = database
        self._take_sql = _TAKE.format(schema=database.schema)
        self._rules: dict[str, RateLimitItem] = {}

    async def check(self, request: Request, form: str) -> None:
        """Count this post; raises TooMany above the form's limit."""
        # No job has anything to do with it, so none is woken.
        async with direct(self.database.engine, {}) as transaction:
            within = await self.one_more(transaction, form, network_of(client_address(request, self._settings)))
        if not within:
            raise TooMany(form)

    async def one_more(self, session: Transaction, form: str, whose: str) -> bool:
        """Whether one more of ``form`` for ``whose`` is within the limit.

        Replicas ask one after the other. The count belongs to the caller's transaction, so a form that fails because
        the database is away uses nothing up. Otherwise somebody who tries several times meanwhile would read that a
        mail is on its way, and get none.
        """
        rule, key = self._rule(form), f"{self.database.schema} {form} {whose}"
        await hold(session, key)
        return bool(await run_sql(session, self._take_sql, random_id(), key, rule.get_expiry(), rule.amount))

    def _rule(self, form: str) -> RateLimitItem:
        if form not in self._rules:
            limits = self._settings.rate_limits
            self._rules[form] = parse(limits.get(form, limits["default"]))
        return self._rules[form]


def network_of(address: str) -> str:
    """The network of one visitor: an IPv4 address, or the /64 of an IPv6 address."""
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
