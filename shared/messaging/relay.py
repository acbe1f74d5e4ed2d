"""The relay: outbox rows go to Kafka in id order, and rest in the archive once acknowledged."""

import asyncio
import json
from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias

import asyncpg
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.structs import RecordMetadata

from shared.database import SERVER_SETTINGS
from shared.messaging.broker import BrokerProbe, client_arguments, in_background
from shared.messaging.relay_sql import statements
from shared.patience import outlast
from shared.settings import Settings
from shared.trace import add_span, recording

log = structlog.get_logger()

BATCH = 1000
#: Seconds to wait for all acknowledgements; the client's own futures never expire while the broker is away.
ACK_DEADLINE = 10.0
POLL = 1.0
#: A broker cannot die and come back empty within this many seconds.
SURELY_THE_SAME = 0.5
#: Seconds between looks at the broker while there is nothing to send.
IDLE_LOOK = 5.0
#: Seconds an emptied broker stays empty before it is filled: a consumer that went on reading at its old offset would
#: take newer events before older ones. Meanwhile each finds nothing there, or its group gone, and starts at the start.
SETTLE = 10.0
#: The relay's statements take milliseconds. One that takes this long waits on a dead connection.
_STATEMENT_DEADLINE = 60.0
#: Broker or database away.
_PASSING = (KafkaError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError)

_Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
_Acknowledged = tuple[asyncpg.Record, RecordMetadata]


class Relay:
    """Sends one schema's outbox; several may run, an advisory lock lets one work at a time."""

    settle = SETTLE

    def __init__(self, settings: Settings, service: str, database_url: str) -> None:
        self._settings = settings
        self._service = service
        self._url = database_url
        self._wake = asyncio.Event()
        self._connection: _Connection | None = None
        self.producer: AIOKafkaProducer | None = None
        self._probe = BrokerProbe(settings)
        self._sql = statements(service)

    def wake(self) -> None:
        """Called after each commit of this process that published something."""
        self._wake.set()

    async def run(self) -> None:
        """Relay until cancelled; wait while broker or database is away."""
        lost = False

        def failed(error: BaseException, _: int) -> None:
            nonlocal lost
            if not lost:
                log.warning("messaging.relay.waits", reason=type(error).__name__)
            lost = True
            self.close()

        try:
            while True:
                count = await outlast(self.relay_once, lambda error: isinstance(error, _PASSING), failed=failed)
                if lost:
                    log.info("messaging.relay.went_on")
                lost = False
                if count < BATCH:
                    await self._sleep()
        finally:
            self.close()

    async def relay_once(self) -> int:
        """Send one batch of what is there, never "id > last seen"; the number of rows moved to the archive.

        What was acknowledged is archived, whatever happened to the rest; then the first failure is raised.
        """
        connection = await self._connected()
        async with connection.transaction():
            rows = await self.pending(connection)
            if rows is None:
                return 0
            # Even with nothing to send, an emptied broker still owes its subscribers their unread events.
            look_every = SURELY_THE_SAME if rows else IDLE_LOOK
            sure = rows and not rows[0]["emptied"] and self._probe.age < look_every
            if (not sure and not await self._broker_is_whole(connection, look_every)) or not rows:
                return 0
            acknowledged, failure = await self.send(await self._started(), rows)
            await self._archive(connection, acknowledged)
        if recording():
            _add_spans(acknowledged)
        if failure is not None:
            raise failure
        return len(acknowledged)

    async def pending(self, connection: _Connection) -> Sequence[asyncpg.Record] | None:
        """What is there, oldest first; None while another relay works.

        Ids may become visible out of order, so no place is remembered.
        """
        rows = await connection.fetch(self._sql["select"], BATCH, f"{self._service}.relay")
        return [row for row in rows if row["id"] is not None] if rows[0]["mine"] else None

    async def _archive(self, connection: _Connection, acknowledged: Sequence[_Acknowledged]) -> None:
        for restricted in sorted({row["restricted"] for row, _ in acknowledged}):
            await connection.execute(
                self._sql["move_restricted" if restricted else "move"],
                [row["id"] for row, _ in acknowledged],
                [ack.partition for _, ack in acknowledged],
                [ack.offset for _, ack in acknowledged],
                restricted,
            )
        if not await self.store_positions(connection, acknowledged):
            # It was emptied after the look, with this batch on its way.
            await self._note_emptied(connection)

    async def send(
        self, producer: AIOKafkaProducer, rows: Sequence[asyncpg.Record]
    ) -> tuple[list[_Acknowledged], BaseException | None]:
        """Rows acknowledged, without any that follow a failed row of the same subject; and the first failure."""
        futures: list[asyncio.Future[RecordMetadata]] = []
        failure: BaseException | None = None
        try:
            async with asyncio.timeout(ACK_DEADLINE):
                try:
                    for row in rows:
                        futures.append(await producer.send(**self._record(row)))
                except KafkaError as error:
                    # Refused before it was sent; those before it shall still be heard.
                    failure = error
                if futures:
                    await asyncio.wait(futures, return_when=asyncio.FIRST_EXCEPTION)
        except TimeoutError as error:
            failure = failure or error
        acknowledged = []
        broken: set[tuple[str, str | None]] = set()
        for row, future in zip(rows, futures, strict=False):
            key = (row["topic"], str(row["subject"]))
            if not future.done() or future.cancelled() or future.exception() is not None:
                broken.add(key)
                failure = failure or (
                    future.exception() if future.done() and not future.cancelled() else TimeoutError()
                )
            elif key not in broken:
                acknowledged.append((row, future.result()))
        return acknowledged, failure

    def _record(self, row: asyncpg.Record) -> dict[str, object]:
        headers = json.loads(row["headers"])
        headers["ce_id"] = str(row["event_id"])
        headers["ce_source"] = self._settings.source(row["type"].partition(".")[0])
        if row["subject"] is not None:
            headers["ce_subject"] = str(row["subject"])
            headers["ce_sequence"] = str(row["sequence"])
        return {
            "topic": self._settings.topic(row["topic"]),
            "key": None if row["subject"] is None else str(row["subject"]).encode(),
            "value": row["payload"],
            "headers": [(name, value.encode()) for name, value in headers.items()],
        }

    async def store_positions(self, connection: _Connection, acknowledged: Sequence[_Acknowledged]) -> bool:
        """Remember the highest offset of each partition; False when one lies below what was acknowledged before."""
        offsets: dict[tuple[str, int], list[int]] = {}
        for row, ack in acknowledged:
            # The client knows no offset for what the broker had taken in an earlier try.
            if ack.offset >= 0:
                offsets.setdefault((row["topic"], ack.partition), []).append(ack.offset)
        lower = await connection.fetchval(
            self._sql["position"],
            [topic for topic, _ in offsets],
            [partition for _, partition in offsets],
            [max(places) for places in offsets.values()],
            [min(places) for places in offsets.values()],
        )
        return not lower

    async def _broker_is_whole(self, connection: _Connection, look_every: float) -> bool:
        """Whether the broker still has what it acknowledged. If it came back empty: note it, wait, then fill it.

        The note is committed before anything is sent. An interrupted refill raises the end offsets too, so without the
        note it would look like a finished one.
        """
        positions = await connection.fetch(self._sql["positions"])
        emptied_for = max((row["emptied_for"] for row in positions if row["emptied_for"] is not None), default=None)
        if emptied_for is not None:
            if emptied_for < self.settle:
                return False
            await self._fill(connection)
            return True
        if not positions or self._probe.age < look_every:
            return True
        ends = await self._probe.end_offsets([(row["topic"], row["partition"]) for row in positions])
        if all(ends[(row["topic"], row["partition"])] > row["acknowledged"] for row in positions):
            return True
        await self._note_emptied(connection)
        return False

    async def _note_emptied(self, connection: _Connection) -> None:
        log.error("messaging.broker.came_back_empty")
        await connection.execute(self._sql["emptied"])

    async def _fill(self, connection: _Connection) -> None:
        """Send the whole archive in order, before anything new."""
        await connection.execute(self._sql["forget_positions"])
        producer, count = await self._started(), 0
        archived = await connection.cursor(self._sql["archived"])
        while rows := await archived.fetch(BATCH):
            acknowledged, failure = await self.send(producer, rows)
            if failure is not None:
                raise failure
            await self.store_positions(connection, acknowledged)
            count += len(rows)
        log.warning("messaging.broker.filled", events=count)

    async def _sleep(self) -> None:
        try:
            async with asyncio.timeout(POLL):
                await self._wake.wait()
        except TimeoutError:
            pass
        self._wake.clear()

    async def _connected(self) -> _Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(
                self._url,
                command_timeout=_STATEMENT_DEADLINE,
                statement_cache_size=self._settings.database_statement_cache,
                server_settings={**SERVER_SETTINGS, "application_name": f"panel-{self._service}-relay"},
            )
        return self._connection

    async def _started(self) -> AIOKafkaProducer:
        if self.producer is None:
            producer = AIOKafkaProducer(
                **client_arguments(self._settings), enable_idempotence=True, acks="all", max_request_size=1_000_000
            )
            self.producer = producer
            async with asyncio.timeout(ACK_DEADLINE):
                await producer.start()
        return self.producer

    def drop_producer(self) -> None:
        """Let the producer go without awaiting ``stop()``, which hangs while the broker is away."""
        producer, self.producer = self.producer, None
        if producer is not None:
            in_background(producer.stop())
        self._probe.forget()

    def close(self) -> None:
        """Drop the connections to broker and database without waiting for either."""
        self.drop_producer()
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()


def _add_spans(acknowledged: Sequence[_Acknowledged]) -> None:
    """From when a fact was published until Kafka had it; one without a trace or a time has neither in its span."""
    for row, _ in acknowledged:
        headers = json.loads(row["headers"])
        if "traceparent" in headers and "ce_time" in headers:
            began = datetime.fromisoformat(headers["ce_time"])
            about = {"event_id": row["event_id"], "topic": row["topic"]}
            add_span(headers["traceparent"], f"send {row['type']}", "producer", began, **about)
