"""One service process: its pages, relay, consumers and jobs on one event loop.

A service's ``app.py`` builds a ``Service``; nothing registers itself at import time.
"""

import asyncio
import base64
import faulthandler
import gc
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from shared.clock import PanelClock
from shared.database import Database
from shared.events import Event
from shared.health import Health, health_routes
from shared.logs import what_and_where
from shared.messaging import Subscription
from shared.messaging.consumer import BatchConsumer
from shared.messaging.dead_letters import Redrive
from shared.messaging.inbox import Inbox
from shared.messaging.keeping import forget_what_is_old
from shared.messaging.relay import Relay
from shared.messaging.subscription import Routes
from shared.messaging.transient import is_transient
from shared.messaging.transport import Transport
from shared.settings import Settings
from shared.tokens import Links, Sealed

log = structlog.get_logger()

#: Every link purpose of the installation, for the one service that makes links.
LINK_PURPOSES = ("confirm", "sign_in", "survey", "meeting", "unsubscribe")

_LONGEST_PAUSE = 10.0
#: Seconds after which a loop that does not turn is ended with its process.
_STUCK_SECONDS = 60.0
_STDERR = 2

#: Whether what runs is itself a job that commits wake.
_in_woken_job: ContextVar[bool] = ContextVar("in_woken_job", default=False)


@dataclass(frozen=True)
class Job:
    """Timed work: rows with a due time, claimed so that several replicas may run it at once."""

    name: str
    run: "Callable[[Runtime], Awaitable[None]]"
    every: float
    """Seconds between runs."""
    on_commit: bool = False
    """Also run right after a commit in this process, other than those of such jobs."""


#: Current-state events of every entity, each locked before it is read, and None where the transaction may end:
#: ``async def (session) -> AsyncIterator[Event | None]``.
StateEvents = Callable[[AsyncSession], AsyncIterator[Event | None]]
#: A service's own numbers to watch, by name.
Gauges = Callable[[AsyncSession], Awaitable[Mapping[str, float]]]


@dataclass(frozen=True)
class Service:
    """What one service reacts to, shows and does by itself."""

    name: str
    package: str
    handlers: Sequence[Subscription] = ()
    pages: Sequence[BaseRoute] = ()
    jobs: Sequence[Job] = ()
    purposes: Sequence[str] = ()
    state: StateEvents | None = None
    deeds: Mapping[str, str] = field(default_factory=dict)
    """Audit action -> what the person did, in Bokmål, after the name."""
    gauges: Gauges | None = None


@dataclass(eq=False)
class Runtime:
    """What pages and jobs of one process may use."""

    service: Service
    settings: Settings
    database: Database
    clock: PanelClock
    links: Links
    sealed: Sealed
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

    def redrive(self) -> Redrive:
        """Tries this service's dead letters again."""
        routes = Routes(self.service.handlers)
        return Redrive(self.name, routes, Inbox(self.name, routes, self.settings), self.transaction)


def make_runtime(service: Service, settings: Settings) -> Runtime:
    """The runtime of ``service``; raises ValueError for a missing database URL or cookie key."""
    url = settings.service_database_url.get_secret_value()
    if not url:
        raise ValueError("PANEL_SERVICE_DATABASE_URL is not set")
    key = base64.b64decode(settings.cookie_key.get_secret_value())
    if len(key) != 32:
        raise ValueError("PANEL_COOKIE_KEY must be 32 bytes in base64")
    return Runtime(
        service=service,
        settings=settings,
        database=Database(url, service.name, pool_size=settings.database_pool_size),
        clock=PanelClock(settings.zone, settings.clock_file),
        links=Links.from_settings(settings, LINK_PURPOSES),
        sealed=Sealed(key),
    )


def make_consumers(runtime: Runtime) -> list[BatchConsumer]:
    """One consumer per topic the service subscribes to."""
    routes = Routes(runtime.service.handlers)
    inbox = Inbox(runtime.name, routes, runtime.settings)
    return [
        BatchConsumer(runtime.name, topic, routes, inbox, runtime.transaction, runtime.now) for topic in routes.topics
    ]


def make_app(service: Service, settings: Settings) -> Starlette:
    """The ASGI application: pages at once, messaging and jobs in the background whatever is away at the start."""
    from shared.web import build_app

    runtime = make_runtime(service, settings)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with running(runtime):
            yield

    return build_app(runtime, [*health_routes(runtime), *service.pages], lifespan)


def spare_collector() -> None:
    """Spare the garbage collector what is no garbage, which would cost each event a third of its time.

    What is loaded by now stays and is not walked again; the events of a batch are walked once, not ten times.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000)


@asynccontextmanager
async def running(runtime: Runtime) -> AsyncIterator[None]:
    """Run the relay, the consumers and the jobs of ``runtime`` for the length of the block."""
    relay = Relay(runtime.settings, runtime.name, runtime.settings.service_database_url.get_secret_value())
    transport = Transport(runtime.settings, runtime.name, make_consumers(runtime))
    runtime.health.transport = transport
    runtime.database.on_commit.append(relay.wake)
    work: list[tuple[str, Any]] = [
        ("relay", relay.run()),
        ("consumers", transport.run()),
        ("beat", _beat(runtime.health)),
        ("keeper", run_job(runtime, Job("keep_mechanism", _keep_mechanism, every=3600.0))),
        *((job.name, run_job(runtime, job)) for job in runtime.service.jobs),
    ]
    tasks = [asyncio.create_task(coroutine, name=name) for name, coroutine in work]
    for task in tasks:
        task.add_done_callback(_end_process_when_it_ends)
    spare_collector()
    log.info(f"{runtime.name}.process.started", pid=os.getpid())
    try:
        yield
    finally:
        for task in tasks:
            task.remove_done_callback(_end_process_when_it_ends)
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await runtime.database.close()
        log.info(f"{runtime.name}.process.stopped")


def _end_process_when_it_ends(task: asyncio.Task[None]) -> None:
    """A process whose relay or consumer has ended looks healthy and does nothing: end it, to be restarted."""
    error = None if task.cancelled() else task.exception()
    if task.get_name() == "consumers" and error is None:
        return
    log.critical("service.task.ended", task=task.get_name(), reason=type(error).__name__ if error else "ended")
    os._exit(70)


async def _beat(health: Health) -> None:
    """Show that the loop turns. One that is stuck cannot say so: a thread ends its process, to be started again."""
    try:
        while True:
            health.beat_at = time.monotonic()
            faulthandler.dump_traceback_later(_STUCK_SECONDS, exit=True, file=_STDERR)
            await asyncio.sleep(1.0)
    finally:
        faulthandler.cancel_dump_traceback_later()


async def _keep_mechanism(runtime: Runtime) -> None:
    async with runtime.transaction() as session:
        await forget_what_is_old(session)


async def run_job(runtime: Runtime, job: Job) -> None:
    """Run ``job`` until cancelled."""
    committed = asyncio.Event()

    def wake() -> None:
        # Two jobs that commits wake would keep each other up for ever, as one would keep up itself.
        if not _in_woken_job.get():
            committed.set()

    if job.on_commit:
        _in_woken_job.set(True)
        runtime.database.on_commit.append(wake)
    pause, waiting = job.every, False
    while True:
        committed.clear()
        try:
            await job.run(runtime)
        except Exception as error:  # noqa: BLE001
            # A failing job must not take pages and consumers with it; it is tried again and stays visible in the log,
            # once while it only waits for the database or the network.
            pause = min(max(pause * 2, 0.5), max(_LONGEST_PAUSE, job.every))
            passes = is_transient(error)
            if not (passes and waiting):
                log.error("service.job.failed", job=job.name, transient=passes, failure=what_and_where(error))
            waiting = passes
        else:
            if waiting:
                log.info("service.job.went_on", job=job.name)
            pause, waiting = job.every, False
        try:
            async with asyncio.timeout(pause):
                await committed.wait()
        except TimeoutError:
            continue
