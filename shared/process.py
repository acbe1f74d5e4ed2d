"""One service process: its pages, relay, consumers and jobs on one event loop."""

import asyncio
import faulthandler
import gc
import os
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import structlog
from starlette.applications import Starlette

from shared.events import REGISTRY
from shared.health import health_routes
from shared.ids import new_id
from shared.logs import what_and_where
from shared.messaging.consumer import BatchConsumer
from shared.messaging.dead_letters import redriving
from shared.messaging.inbox import Inbox
from shared.messaging.keeping import WARNED_DAYS, forget_what_is_old, left_waiting, newly_expiring
from shared.messaging.missing import note_removed
from shared.messaging.outbox import emit_new
from shared.messaging.relay import Relay
from shared.messaging.subscription import Routes
from shared.messaging.transient import is_transient
from shared.messaging.transport import Transport
from shared.patience import outlast
from shared.profile.keeping import take_up_profile
from shared.schema import await_schema
from shared.service import Health, Job, Runtime, Service, make_runtime
from shared.settings import Settings
from shared.trace import record_with
from shared.web.app import build_app

if TYPE_CHECKING:
    from shared.telemetry import OtelSpans

log = structlog.get_logger()

_LONGEST_PAUSE = 10.0
#: Seconds between a commit and the look of a job that commits wake.
_BREATH = 0.05
_STDERR = 2

#: Tasks that may end while the process goes on; a service that subscribes to nothing has no consumers.
_MAY_END = ("start", "consumers")

#: Whether the code that runs belongs to a job which commits wake.
_in_woken_job: ContextVar[bool] = ContextVar("in_woken_job", default=False)


def make_consumers(runtime: Runtime) -> list[BatchConsumer]:
    """One consumer per topic the service subscribes to."""
    routes = Routes(runtime.service.handlers)
    inbox = Inbox(runtime.name, routes, runtime.settings)
    return [
        BatchConsumer(runtime.name, topic, routes, inbox, runtime.transaction, runtime.now) for topic in routes.topics
    ]


def make_app(service: Service, settings: Settings) -> Starlette:
    """The ASGI application: pages at once, messaging and jobs in the background whatever is away at the start."""
    if service.refuse is not None:
        service.refuse(settings)
    runtime = make_runtime(service, settings)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with running(runtime):
            yield

    return build_app(runtime, [*health_routes(runtime), *service.pages], lifespan)


def spare_collector() -> None:
    """Keep the garbage collector away from objects that are no garbage; walking them costs a third of an event's time.

    Whatever is loaded now stays and is not walked again. The events of a batch are walked once instead of ten times.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000)


@asynccontextmanager
async def running(runtime: Runtime) -> AsyncIterator[None]:
    """Run the relay, the consumers and the jobs of ``runtime`` for the length of the block."""
    spans = _record_spans(runtime)
    relay = Relay(runtime.settings, runtime.name, runtime.settings.service_database_url.get_secret_value())

    async def note(topic: str, partition: int, start: int, end: int) -> None:
        async with runtime.transaction() as session:
            await note_removed(session, topic, partition, start, end)

    transport = Transport(runtime.settings, runtime.name, make_consumers(runtime), note)
    runtime.health.transport = transport
    runtime.database.on_emit.append(relay.wake)
    started = asyncio.Event()

    async def start() -> None:
        await await_schema(runtime)
        started.set()

    async def once_started(work: Callable[[], Coroutine[object, object, None]]) -> None:
        await started.wait()
        await work()

    work: dict[str, Callable[[], Coroutine[object, object, None]]] = {
        "relay": relay.run,
        "consumers": transport.run,
        **{job.name: partial(run_job, runtime, job) for job in (*JOBS, *runtime.service.jobs)},
    }
    tasks = {name: asyncio.create_task(once_started(run), name=name) for name, run in work.items()}
    tasks["beat"] = asyncio.create_task(beat(runtime.health), name="beat")
    tasks["start"] = asyncio.create_task(start(), name="start")
    for task in tasks.values():
        task.add_done_callback(_end_process_when_it_ends)
    spare_collector()
    log.info(f"{runtime.name}.process.started", pid=os.getpid())
    try:
        yield
    finally:
        for task in tasks.values():
            task.remove_done_callback(_end_process_when_it_ends)
        # Jobs end first. Then consumers store the batches in hand and leave their groups, and the relay sends the
        # events of those batches. The beat ends last: it kills a process whose end hangs.
        last = ("consumers", "relay", "beat")
        for names in (tasks.keys() - {*last}, *((name,) for name in last)):
            for name in names:
                tasks[name].cancel()
            await asyncio.gather(*(tasks[name] for name in names), return_exceptions=True)
        await runtime.database.close()
        if spans is not None:
            record_with(None)
            await asyncio.to_thread(spans.close)
        log.info(f"{runtime.name}.process.stopped")


def _record_spans(runtime: Runtime) -> "OtelSpans | None":
    """Traces where they are wanted; otherwise their library is not even loaded."""
    if not runtime.settings.traces_url:
        return None
    from shared.telemetry import spans_to_collector

    spans = spans_to_collector(runtime.settings, runtime.name)
    record_with(spans)
    return spans


def _end_process_when_it_ends(task: asyncio.Task[None]) -> None:
    """A process whose relay or consumer has ended looks healthy and does nothing: end it, to be restarted."""
    error = None if task.cancelled() else task.exception()
    if task.get_name() in _MAY_END and error is None:
        return
    log.critical("service.task.ended", task=task.get_name(), reason=type(error).__name__ if error else "ended")
    os._exit(70)


async def beat(health: Health, stuck_seconds: float = 60.0) -> None:
    """Show that the loop turns. A stuck loop cannot say so itself: a thread then ends the process to be restarted.

    ``stuck_seconds``: how long without a beat counts as stuck.
    """
    try:
        while True:
            health.beat_at = time.monotonic()
            faulthandler.dump_traceback_later(stuck_seconds, exit=True, file=_STDERR)
            await asyncio.sleep(1.0)
    finally:
        faulthandler.cancel_dump_traceback_later()


async def keep_mechanism(runtime: Runtime) -> None:
    async with runtime.transaction() as session:
        await forget_what_is_old(session)
        free = await left_waiting(session)
        fact = REGISTRY.get(f"{runtime.name}.dead_letters_expiring.v1")
        if fact is not None and (letters := await newly_expiring(session)):
            until = runtime.now() + timedelta(days=WARNED_DAYS)
            warning = {"warning_id": new_id(), "letters": letters, "days": WARNED_DAYS, "send_before": until}
            await emit_new(session, [fact.model_validate(warning)])
    if free:
        await redriving(runtime).all(runtime.now())


#: What every service does by itself.
JOBS = (Job("take_up_profile", take_up_profile, every=5.0), Job("keep_mechanism", keep_mechanism, every=3600.0))


async def run_job(runtime: Runtime, job: Job) -> None:
    """Run ``job`` until cancelled."""
    committed = asyncio.Event()

    def wake() -> None:
        # Jobs that commits wake would wake each other, and themselves, for ever.
        if not _in_woken_job.get():
            committed.set()

    if job.on_commit:
        _in_woken_job.set(True)
        runtime.database.on_commit.append(wake)

    waiting = False

    async def wait(seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await committed.wait()
                # Where many forms come in, a look after each would cost as much as the form.
                await asyncio.sleep(_BREATH)

    async def run() -> None:
        committed.clear()
        await job.run(runtime)
        runtime.metrics.job_ended(job.name, well=True)

    def failed(error: BaseException, _: int) -> None:
        # A failing job must not end pages and consumers. It is tried again and stands in the log: once only, while it
        # waits for the database or the network.
        nonlocal waiting
        runtime.metrics.job_ended(job.name, well=False)
        passes = is_transient(error)
        if not (passes and waiting):
            log.error("service.job.failed", job=job.name, transient=passes, failure=what_and_where(error))
        waiting = passes

    runtime.metrics.job_begins(job.name)
    first, longest = max(job.every * 2, 0.5), max(_LONGEST_PAUSE, job.every)
    while True:
        waiting = False
        await outlast(
            run, lambda error: isinstance(error, Exception), first=first, longest=longest, failed=failed, pause=wait
        )
        if waiting:
            log.info("service.job.went_on", job=job.name)
        await wait(job.every)
