"""Rate limits per network address and form, in machine time, counted in the service's schema for all its replicas."""

from ipaddress import ip_address, ip_network

import structlog
from limits import RateLimitItem, parse_many
from starlette.requests import Request

from shared.database import Database, Transaction, hold, run_sql
from shared.direct import direct
from shared.ids import random_id
from shared.rules import N_
from shared.settings import Settings

log = structlog.get_logger()

#: The rule of forms by which anybody can have a mail sent to an address they type; all of a service count together.
MAIL_FROM_ONE = "mail_from_one"
TOO_MANY = N_(
    "Det har kommet mange skjemaer fra nettverket du bruker, så vi tok ikke imot dette. Det du skrev, står her."
    " Send det på nytt om en stund, eller fra et annet nettverk."
)

#: Addresses are stored only as hashes: a table is no place for them.
_TAKE = """
insert into {schema}.limit_hit (id, key)
select $1, hashtextextended($2, 0) where not exists (
    select from unnest($3::int[], $4::int[]) as rule (seconds, most) where most <= (
        select count(*) from {schema}.limit_hit
        where key = hashtextextended($2, 0) and at > clock_timestamp() - make_interval(secs => seconds)
    )
) returning id
"""


class TooMany(Exception):
    """This address has sent this form too often; the page says when to try again."""


class Limiter:
    """Counts form posts; a form without a rule of its own uses ``default``."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self.database = database
        self._take_sql = _TAKE.format(schema=database.schema)
        self._rules: dict[str, list[RateLimitItem]] = {}

    async def check(self, request: Request, form: str) -> None:
        """Count this post; raises TooMany above the form's limit."""
        if not await self.within(request, form):
            raise TooMany(form)

    async def within(self, request: Request, form: str) -> bool:
        """Count this post; whether it is within the form's limit."""
        # No job has anything to do with it, so none is woken.
        async with direct(self.database.engine, {}) as transaction:
            within = await self.one_more(transaction, form, network_of(client_address(request, self._settings)))
        if not within:
            log.warning("web.limit.reached", form=form)
        return within

    async def one_more(self, session: Transaction, form: str, owner: str) -> bool:
        """Whether one more of ``form`` for ``owner`` is within the limit.

        Replicas ask one after the other. The count belongs to the caller's transaction, so a form that fails because
        the database is away uses nothing up. Otherwise somebody who tries several times meanwhile would read that a
        mail is on its way, and get none.
        """
        rules, key = self._rules_of(form), f"{self.database.schema} {form} {owner}"
        seconds, most = [rule.get_expiry() for rule in rules], [rule.amount for rule in rules]
        await hold(session, key)
        return bool(await run_sql(session, self._take_sql, random_id(), key, seconds, most))

    def _rules_of(self, form: str) -> list[RateLimitItem]:
        if form not in self._rules:
            limits = self._settings.rate_limits
            self._rules[form] = parse_many(limits.get(form, limits["default"]))
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
