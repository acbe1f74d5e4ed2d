"""The relay: outbox rows go to Kafka in id order, and rest in the archive once acknowledged."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from shared.database import SERVER_SETTINGS
from shared.messaging.broker import BrokerProbe, client_arguments, in_background
from shared.settings import Settings

log = structlog.get_logger()

BATCH = 1000
#: Seconds to wait for all acknowledgements; the client's own futures never expire while the broker is away.
ACK_DEADLINE = 10.0
POLL = 0.5
#: A broker cannot die and come back empty within this many seconds.
SURELY_THE_SAME = 0.5
#: Seconds between looks at the broker while there is nothing to send.
IDLE_LOOK = 5.0
_LONGEST_PAUSE = 5.0

_SELECT = """
select id, event_id, topic, type, subject, sequence, headers, payload
from {schema}.outbox order by id limit $1 for update
"""
_MOVE = """
with sent as (
    select * from unnest($1::bigint[], $2::int[], $3::bigint[]) as s(id, "partition", "offset")
), gone as (
    delete from {schema}.outbox o using sent where o.id = sent.id and o.restricted = $4 returning o.*
)
insert into {schema}.{archive}
    (archived_on, id, event_id, topic, type, subject, sequence, headers, payload, "partition", "offset")
select current_date, gone.id, event_id, topic, type, subject, sequence, headers, payload,
    sent."partition", sent."offset"
from gone join sent on sent.id = gone.id
"""
_POSITION = """
insert into {schema}.relay_position (topic, "partition", acknowledged)
select * from unnest($1::text[], $2::int[], $3::bigint[])
on conflict (topic, "partition") do update set acknowledged = excluded.acknowledged
"""
_ARCHIVED = """
select id, event_id, topic, type, subject, sequence, headers, payload from (
    select id, event_id, topic, type, subject, sequence, headers, payload from {schema}.archive where id > $1
    union all
    select id, event_id, topic, type, subject, sequence, headers, payload
    from {schema}.archive_restricted where id > $1
) a order by id limit $2
"""


class Relay:
    """Sends one schema's outbox; several may run, an advisory lock lets one work at a time."""

    def __init__(self, settings: Settings, service: str, database_url: str) -> None:
        self._settings = settings
        self._service = service
        self._url = database_url
        self._wake = asyncio.Event()
        self._connection: asyncpg.Connection[Any] | None = None
        self._producer: AIOKafkaProducer | None = None
        self._probe = BrokerProbe(settings)
        self._sql = {
            "select": _SELECT.format(schema=service),
            "move": _MOVE.format(schema=service, archive="archive"),
            "move_restricted": _MOVE.format(schema=service, archive="archive_restricted"),
            "position": _POSITION.format(schema=service),
            "archived": _ARCHIVED.format(schema=service),
        }

    def wake(self) -> None:
        """Called after each commit in this process."""
        self._wake.set()

    def forget_broker(self) -> None:
        """Look at the broker's end offsets again before the next batch, however recent the last look was."""
        self._probe.forget()

    def close(self) -> None:
        """Let go of broker and database without waiting for either."""
        self._abandon()

    async def run(self) -> None:
        """Relay until cancelled; broker or database away is waited for."""
        pause = 0.1
        lost = False
        try:
            while True:
                try:
                    sent = await self.relay_once()
                except (
                    KafkaError,
                    OSError,
                    asyncpg.PostgresError,
                    asyncpg.InterfaceError,
                    TimeoutError,
                ) as error:
                    if not lost:
                        log.warning("messaging.relay.waits", reason=type(error).__name__)
                    lost = True
                    self._abandon()
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, _LONGEST_PAUSE)
                    continue
                if lost:
                    log.info("messaging.relay.went_on")
                lost, pause = False, 0.1
                if sent < BATCH:
                    await self._sleep()
        finally:
            self._abandon()

    async def relay_once(self) -> int:
        """Send one batch of what is there, never "id > last seen"; the number of rows moved to the archive."""
        connection = await self._connected()
        async with connection.transaction():
            mine = await connection.fetchval(
                "select pg_try_advisory_xact_lock(hashtextextended($1, 0))", f"{self._service}.relay"
            )
            if not mine:
                return 0
            rows = await self._pending(connection)
            # With nothing to send, an emptied broker still owes its subscribers what they had not read yet.
            await self._heal_emptied_broker(connection, SURELY_THE_SAME if rows else IDLE_LOOK)
            return await self._send_and_archive(connection, await self._started(), rows) if rows else 0

    async def _pending(self, connection: Any) -> Sequence[Mapping[str, Any]]:
        """What is there, oldest first: ids may become visible out of order, so no place is remembered."""
        found: Sequence[Mapping[str, Any]] = await connection.fetch(self._sql["select"], BATCH)
        return found

    async def _send_and_archive(
        self, connection: Any, producer: AIOKafkaProducer, rows: Sequence[Mapping[str, Any]]
    ) -> int:
        acknowledged, failure = await self._send(producer, rows)
        for restricted, move in ((False, "move"), (True, "move_restricted")):
            await connection.execute(
                self._sql[move],
                [row["id"] for row, _ in acknowledged],
                [ack.partition for _, ack in acknowledged],
                [ack.offset for _, ack in acknowledged],
                restricted,
            )
        await self._store_positions(connection, acknowledged)
        if failure is not None:
            # What was acknowledged is archived with this transaction; the rest is sent again by a new producer.
            log.warning(
                "messaging.relay.interrupted",
                reason=type(failure).__name__,
                left=len(rows) - len(acknowledged),
            )
            self._drop_producer()
        return len(acknowledged)

    async def _send(
        self, producer: AIOKafkaProducer, rows: Sequence[Mapping[str, Any]]
    ) -> tuple[list[tuple[Mapping[str, Any], Any]], BaseException | None]:
        """Rows acknowledged, without any that follow a failed row of the same partition; and the first failure."""
        futures: list[asyncio.Future[Any]] = []
        failure: BaseException | None = None
        try:
            async with asyncio.timeout(ACK_DEADLINE):
                for row in rows:
                    futures.append(await producer.send(**self._record(row)))
                await asyncio.wait(futures, return_when=asyncio.FIRST_EXCEPTION)
        except (KafkaError, TimeoutError) as error:
            failure = error
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

    def _record(self, row: Mapping[str, Any]) -> dict[str, Any]:
        headers = json.loads(row["headers"])
        headers["ce_id"] = str(row["event_id"])
        headers["ce_source"] = self._settings.source(self._service)
        if row["subject"] is not None:
            headers["ce_subject"] = str(row["subject"])
            headers["ce_sequence"] = str(row["sequence"])
        return {
            "topic": self._settings.topic(row["topic"]),
            "key": None if row["subject"] is None else str(row["subject"]).encode(),
            "value": row["payload"],
            "headers": [(name, value.encode()) for name, value in headers.items()],
        }

    async def _store_positions(self, connection: Any, acknowledged: Sequence[tuple[Mapping[str, Any], Any]]) -> None:
        highest: dict[tuple[str, int], int] = {}
        for row, ack in acknowledged:
            place = (row["topic"], ack.partition)
            highest[place] = max(highest.get(place, -1), ack.offset)
        await connection.execute(
            self._sql["position"], [t for t, _ in highest], [p for _, p in highest], list(highest.values())
        )

    async def _heal_emptied_broker(self, connection: Any, look_every: float) -> None:
        """A broker whose end lies below what it acknowledged came back empty: send the archive again first."""
        if self._probe.age < look_every:
            return
        positions = await connection.fetch(
            f'select topic, "partition", acknowledged from {self._service}.relay_position'
        )
        if not positions:
            return
        ends = await self._probe.end_offsets([(row["topic"], row["partition"]) for row in positions])
        if all(ends[(row["topic"], row["partition"])] > row["acknowledged"] for row in positions):
            return
        log.error("messaging.broker.came_back_empty", partitions=len(positions))
        await connection.execute(f"delete from {self._service}.relay_position")
        producer, after = await self._started(), 0
        while rows := await connection.fetch(self._sql["archived"], after, BATCH):
            acknowledged, failure = await self._send(producer, rows)
            if failure is not None:
                raise failure
            await self._store_positions(connection, acknowledged)
            after = rows[-1]["id"]

    async def _sleep(self) -> None:
        try:
            async with asyncio.timeout(POLL):
                await self._wake.wait()
        except TimeoutError:
            pass
        self._wake.clear()

    async def _connected(self) -> Any:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(
                self._url,
                server_settings={**SERVER_SETTINGS, "application_name": f"panel-{self._service}-relay"},
            )
        return self._connection

    async def _started(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(
                **client_arguments(self._settings),
                enable_idempotence=True,
                acks="all",
                max_request_size=1_000_000,
            )
            self._producer = producer
            async with asyncio.timeout(ACK_DEADLINE):
                await producer.start()
        return self._producer

    def _drop_producer(self) -> None:
        """Let the producer go without awaiting ``stop()``, which hangs while the broker is away."""
        producer, self._producer = self._producer, None
        if producer is not None:
            in_background(producer.stop())
        self._probe.forget()

    def _abandon(self) -> None:
        self._drop_producer()
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()
