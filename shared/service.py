"""What a service is made of: its ``Service``, its jobs, and the ``Runtime`` that pages and jobs of one process use.

A leaf: pages, probes and the process that runs it all import it. A service's ``app.py`` builds a ``Service``; nothing
registers itself at import time.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import chain
from typing import Protocol

from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.routing import BaseRoute

from shared.clock import PanelClock
from shared.database import Database
from shared.events import Event
from shared.messaging.subscription import Subscription
from shared.metrics import Gauges, Metrics
from shared.profile import Profile
from shared.refusal import Refusal
from shared.services import LINK_MAKER, LINK_PURPOSES
from shared.settings import Settings
from shared.tokens import Links, Sealed, as_keys

#: The loop beats every second; a loop that has not for this long is stuck.
_LONGEST_SILENCE = 15.0


class RehearsalFailed(Exception):
    """A rehearsal with a made-up person went wrong."""


@dataclass(frozen=True)
class Job:
    """Timed work: rows with a due time, claimed so that several replicas may run it at once."""

    name: str
    run: "Callable[[Runtime], Awaitable[None]]"
    every: float
    """Seconds between runs."""
    on_commit: bool = False
    """Run also right after each commit in this process, except commits of such jobs."""


#: Events of every entity's current state, and None where the transaction may end. Each entity is locked before it is
#: read: ``async def (session) -> AsyncIterator[Event | None]``.
StateEvents = Callable[[AsyncSession], AsyncIterator[Event | None]]


@dataclass(frozen=True)
class Service:
    """What one service reacts to, shows and does by itself."""

    name: str
    package: str
    handlers: Sequence[Subscription] = ()
    pages: Sequence[BaseRoute] = ()
    jobs: Sequence[Job] = ()
    state: StateEvents | None = None
    deeds: Mapping[str, str] = field(default_factory=dict)
    """Audit action -> what the person did, in Bokmål, after the name."""
    gauges: Gauges | None = None
    refuse: Callable[[Settings], object] | None = None
    """Reads what the service has of its own before it starts; Refusal or ValidationError for what it cannot use."""


class Consuming(Protocol):
    """The consuming side of a process, as probes and pages see it."""

    @property
    def started(self) -> bool:
        """Whether the subscribers have joined."""

    @property
    def running(self) -> bool:
        """Whether every subscriber still polls."""

    @property
    def stuck_seconds(self) -> float:
        """Seconds since the oldest failing batch began to fail; 0 when none fails."""

    async def lag(self) -> Mapping[str, int]:
        """By topic, the records this process has been given partitions of and has not stored yet."""


@dataclass
class Health:
    """What the probes look at."""

    beat_at: float = field(default_factory=time.monotonic)
    transport: Consuming | None = None
    leaving: bool = False
    """The process was told to end: it still answers, but must get no more requests."""
    awaiting: str = ""
    """What the process waits for before it reads or writes anything: ``database`` or ``schema``; empty: nothing."""

    @property
    def alive(self) -> bool:
        """Whether the loop beats and every started consumer still polls."""
        polling = self.transport is None or not self.transport.started or self.transport.running
        return polling and time.monotonic() - self.beat_at < _LONGEST_SILENCE


@dataclass(eq=False)
class Runtime:
    """What pages and jobs of one process may use."""

    service: Service
    settings: Settings
    database: Database
    clock: PanelClock
    links: Links
    sealed: Sealed
    profile: Profile
    """The municipality's, with what staff chose on the page; replaced when that changes."""
    metrics: Metrics
    profile_changed_at: datetime | None = None
    """When staff last chose what this process shows; None: as installed."""
    health: Health = field(default_factory=Health)

    @property
    def name(self) -> str:
        """The service's name, which is also its schema's."""
        return self.service.name

    def transaction(self) -> AbstractAsyncContextManager[AsyncSession]:
        """One transaction, committed when the block ends."""
        return self.database.transaction()

    def now(self) -> datetime:
        """Panel time, UTC."""
        return self.clock.now()

    def today(self) -> date:
        """The installation's calendar day."""
        return self.clock.today()


def make_runtime(service: Service, settings: Settings) -> Runtime:
    """The runtime of ``service``; Refusal names the secret that is missing or of the wrong shape."""
    url = settings.service_database_url.get_secret_value()
    if not url:
        raise Refusal("PANEL_SERVICE_DATABASE_URL is not set")
    keys = as_keys("PANEL_COOKIE_KEY", settings.cookie_key)
    if settings.staff_public_key:
        as_keys("PANEL_STAFF_PUBLIC_KEY", SecretStr(settings.staff_public_key))
    if settings.oidc_issuer or settings.staff_signing_key.get_secret_value():
        as_keys("PANEL_STAFF_SIGNING_KEY", settings.staff_signing_key)
    links = Links.from_settings(settings, chain(*LINK_PURPOSES.values()))
    if service.name == LINK_MAKER:
        links.require("PANEL_MASTER_KEYS", chain(*LINK_PURPOSES.values()))
    links.require("PANEL_LINK_KEYS", LINK_PURPOSES.get(service.name, ()))
    return Runtime(
        service=service,
        settings=settings,
        database=Database(
            url, service.name, pool_size=settings.database_pool_size, statement_cache=settings.database_statement_cache
        ),
        clock=PanelClock(settings.zone, settings.clock_file),
        links=links,
        sealed=Sealed(*keys),
        profile=settings.installed,
        metrics=Metrics(settings.prefix, service.name),
    )
