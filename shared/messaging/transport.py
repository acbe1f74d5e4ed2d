"""FastStream wiring: one raw batch subscriber per topic, offsets committed explicitly after the batch is stored.

This module, the relay, ``gaps`` and the broker helpers are the only ones that know faststream and aiokafka.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.message import FAKE_CONSUMER, KafkaAckableMessage
from faststream.kafka.subscriber.usecase import BatchSubscriber
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from shared.messaging.broker import client_arguments
from shared.messaging.consumer import BatchConsumer
from shared.messaging.gaps import Gaps
from shared.patience import outlast
from shared.settings import Settings

log = structlog.get_logger()

MAX_RECORDS = 500
#: The consumer may stay on one batch for hours while the database is away. Liveness finds a hung handler, not Kafka.
_MAX_POLL_INTERVAL_MS = 24 * 60 * 60 * 1000
_SESSION_TIMEOUT_MS = 10_000
#: How soon the others learn that one has left or come, and share its partitions: until then nobody reads those.
_HEARTBEAT_MS = 1_000
#: How long broker and client wait for a first record; whatever comes is handed over at once. The clients' own 500 and
#: 200 ms would cost a service that has nothing to do a percent of a core, and the broker several.
_WAIT_MS = 3_000
#: How long the client's fetching sleeps when nothing happens; new records, partitions and leaders wake it. Its own
#: 200 ms cost more than its heartbeats.
_SLEEP_MS = 2_000
#: Seconds between looks at the consumers.
_WATCH = 1.0
#: Seconds a question about offsets may take.
_LOOK = 5.0
#: A consumer that joins while an emptied broker has no topics yet gets no partitions until it asks again. The client
#: asks every five minutes by default, and the service would hear nothing until then.
_METADATA_AGE_MS = 10_000


_SIGN_INS = {"PLAIN": SASLPlaintext, "SCRAM-SHA-256": SASLScram256, "SCRAM-SHA-512": SASLScram512}


def _security(settings: Settings) -> BaseSecurity | None:
    arguments = client_arguments(settings)
    context = arguments.get("ssl_context")
    if "sasl_mechanism" in arguments:
        return _SIGN_INS[arguments["sasl_mechanism"]](
            username=arguments["sasl_plain_username"],
            password=arguments["sasl_plain_password"],
            ssl_context=context,
            use_ssl=context is not None,
        )
    return BaseSecurity(ssl_context=context, use_ssl=True) if context is not None else None


async def _parse(records: Sequence[ConsumerRecord]) -> KafkaAckableMessage:
    """Hand the records over unread: FastStream's own parser loses a record whose header is not UTF-8."""
    return KafkaAckableMessage(body=b"", raw_message=records, headers={}, message_id="", consumer=FAKE_CONSUMER)


async def _decode(message: KafkaAckableMessage) -> object:
    """Leave decoding to the inbox, for what it lets through (the default decoder costs three quarters of the rate)."""
    return message.raw_message


class Transport:
    """The consuming side of one service."""

    max_poll_interval_ms = _MAX_POLL_INTERVAL_MS

    def __init__(
        self,
        settings: Settings,
        service: str,
        consumers: Sequence[BatchConsumer],
        note_removed: Callable[[str, int, int, int], Awaitable[None]],
    ) -> None:
        """``note_removed(topic, partition, from, to)``: stores offsets that the broker removed unread."""
        self.gaps = Gaps(note_removed)
        self._settings = settings
        self._service = service
        self._consumers = consumers
        self._broker: KafkaBroker | None = None
        self._subscribers: list[BatchSubscriber] = []

    async def run(self) -> None:
        """Consume until cancelled; wait for a broker that is away at the start."""
        if not self._consumers:
            return

        def failed(error: BaseException, number: int) -> None:
            if number == 1:
                log.warning("messaging.broker.awaited", reason=type(error).__name__)

        try:
            while True:
                await outlast(self._start, lambda error: isinstance(error, KafkaError | OSError), failed=failed)
                log.info("messaging.consumers.started", topics=[consumer.topic for consumer in self._consumers])
                await self._until_a_consumer_is_lost()
                log.error("messaging.consumers.started_again")
                await self._stop()
        finally:
            await self._stop()
            await self.gaps.stop()

    async def _start(self) -> None:
        await self._stop()
        self._build()
        assert self._broker is not None
        await self._broker.start()

    async def _until_a_consumer_is_lost(self) -> None:
        """Wait until a consumer will never read again. FastStream still polls such a consumer and hides its errors.

        One of the client's tasks has then ended with an error. For example, an emptied broker without rights refuses
        the heartbeat; the client never starts it again, and the consumer never joins its group.
        """
        while True:
            if not self.running or any(_has_failed(subscriber.consumer) for subscriber in self._subscribers):
                return
            await asyncio.sleep(_WATCH)

    @property
    def running(self) -> bool:
        """Whether every subscriber still polls."""
        return all(
            subscriber.running and any(not task.done() for task in subscriber.tasks) for subscriber in self._subscribers
        )

    @property
    def started(self) -> bool:
        """Whether the subscribers have joined."""
        return bool(self._subscribers) and self._broker is not None and all(s.running for s in self._subscribers)

    async def lag(self) -> dict[str, int]:
        """By topic, the records this process has been given partitions of and has not stored yet."""
        return {
            consumer.topic: consumer.in_hand + await _unread(subscriber.consumer)
            for consumer, subscriber in zip(self._consumers, self._subscribers, strict=False)
        }

    def client(self, topic: str) -> AIOKafkaConsumer:
        """The topic's Kafka client."""
        topics = [consumer.topic for consumer in self._consumers]
        return self._subscribers[topics.index(topic)].consumer

    @property
    def stuck_seconds(self) -> float:
        """How long the batch that has been failing longest has done so; 0 when none is."""
        return max((consumer.stuck_seconds for consumer in self._consumers), default=0.0)

    def _build(self) -> None:
        self._broker = KafkaBroker(
            self._settings.kafka,
            security=_security(self._settings),
            client_id=f"{self._settings.prefix}-{self._service}",
            allow_auto_create_topics=False,
            apply_types=False,
            logger=None,
            graceful_timeout=10.0,
            metadata_max_age_ms=_METADATA_AGE_MS,
        )
        self._subscribers = [self._subscribe(self._broker, consumer) for consumer in self._consumers]

    def _subscribe(self, broker: KafkaBroker, consumer: BatchConsumer) -> BatchSubscriber:
        subscriber = broker.subscriber(
            self._settings.topic(consumer.topic),
            group_id=self._settings.group(self._service, consumer.topic),
            batch=True,
            max_records=MAX_RECORDS,
            batch_timeout_ms=_WAIT_MS,
            fetch_max_wait_ms=_WAIT_MS,
            consumer_timeout_ms=_SLEEP_MS,
            ack_policy=AckPolicy.MANUAL,
            auto_offset_reset="earliest",
            max_poll_interval_ms=self.max_poll_interval_ms,
            session_timeout_ms=_SESSION_TIMEOUT_MS,
            heartbeat_interval_ms=_HEARTBEAT_MS,
            listener=_Assigned(self, consumer.topic),
            parser=_parse,
            decoder=_decode,
        )

        async def take(records: Sequence[ConsumerRecord]) -> None:
            await self.gaps.read(consumer.topic, subscriber.consumer, records)
            await consumer.take(records)
            await _commit(subscriber.consumer, records)

        subscriber(take)
        return subscriber

    async def _stop(self) -> None:
        broker, self._broker = self._broker, None
        if broker is not None:
            # FastStream stops one after the other, and at the first that fails. A group that settles is left only when
            # it has settled, so that leaving eight in turn took minutes of a rollout.
            await stop_each(subscriber.stop for subscriber in self._subscribers)
            await stop_each([broker.stop])


async def stop_each(stops: Iterable[Callable[[], Awaitable[None]]]) -> None:
    """Call the stops side by side; one that fails or waits keeps no other from it."""

    async def stopped(stop: Callable[[], Awaitable[None]]) -> None:
        try:
            await stop()
        except (KafkaError, OSError) as error:
            log.warning("messaging.broker.stop_failed", reason=type(error).__name__)

    await asyncio.gather(*(stopped(stop) for stop in stops))


class _Assigned(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """Looks at each assigned partition before any of its records is taken."""

    def __init__(self, transport: Transport, topic: str) -> None:
        self._transport = transport
        self._topic = topic

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """A batch in hand is still stored; the inbox knows what the next owner reads again."""

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """The client fetches meanwhile, and what it hands over waits until this has ended."""
        await self._transport.gaps.assigned(self._topic, self._transport.client(self._topic), list(assigned))


async def _unread(consumer: AIOKafkaConsumer) -> int:
    """Records the broker has that the client has not handed over."""
    unread = 0
    for partition in consumer.assignment() if consumer is not None else ():
        end = consumer.highwater(partition)
        if end is not None:
            with suppress(TimeoutError, KafkaError):
                async with asyncio.timeout(_LOOK):
                    unread += max(end - await consumer.position(partition), 0)
    return unread


def _has_failed(consumer: AIOKafkaConsumer) -> bool:
    """Whether one of the client's tasks has ended with an error; it has no public word for it."""
    coordinator, fetcher = getattr(consumer, "_coordinator", None), getattr(consumer, "_fetcher", None)
    tasks = [getattr(coordinator, name, None) for name in ("_coordination_task", "_heartbeat_task")]
    tasks.append(getattr(fetcher, "_fetch_task", None))
    return any(task is not None and task.done() and not task.cancelled() and task.exception() for task in tasks)


async def _commit(consumer: AIOKafkaConsumer, records: Sequence[ConsumerRecord]) -> None:
    """Commit what this batch held of the partitions that are still ours; one refused would refuse them all."""
    offsets: dict[TopicPartition, int] = {}
    for record in records:
        offsets[TopicPartition(record.topic, record.partition)] = record.offset + 1
    ours = consumer.assignment()
    offsets = {partition: offset for partition, offset in offsets.items() if partition in ours}
    if not offsets:
        return
    try:
        await consumer.commit(offsets)
    except KafkaError as error:
        # The records come again, to this or another process, and the inbox knows them.
        log.warning("messaging.offsets.not_committed", reason=type(error).__name__)
