"""Connecting to Kafka: client arguments and the probe that notices a broker that came back empty."""

import asyncio
import ssl
import time
from collections.abc import Coroutine, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.settings import Settings

_DEADLINE = 10.0


def client_arguments(settings: Settings) -> dict[str, Any]:
    """Arguments every aiokafka client of a service shares; the principal is the service's own."""
    protocol = settings.kafka_security_protocol
    arguments: dict[str, Any] = {"bootstrap_servers": settings.kafka, "security_protocol": protocol}
    if protocol.endswith("SSL"):
        arguments["ssl_context"] = ssl.create_default_context(cafile=settings.kafka_ca_file)
    if protocol.startswith("SASL"):
        arguments |= {
            "sasl_mechanism": settings.kafka_mechanism,
            "sasl_plain_username": settings.kafka_username,
            "sasl_plain_password": settings.kafka_password.get_secret_value(),
        }
    return arguments


class BrokerProbe:
    """Reads end offsets of the service's own partitions."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._consumer: AIOKafkaConsumer | None = None
        self._asked_at = float("-inf")

    @property
    def age(self) -> float:
        """Seconds since the broker last answered; infinite before that and after ``forget``."""
        return time.monotonic() - self._asked_at

    async def end_offsets(self, places: Sequence[tuple[str, int]]) -> dict[tuple[str, int], int]:
        """End offset per (contract topic, partition); raises KafkaError or TimeoutError while the broker is away."""
        partitions = {TopicPartition(self._settings.topic(topic), number): (topic, number) for topic, number in places}
        async with asyncio.timeout(_DEADLINE):
            if self._consumer is None:
                consumer = AIOKafkaConsumer(**client_arguments(self._settings), enable_auto_commit=False)
                await consumer.start()
                self._consumer = consumer
            ends = await self._consumer.end_offsets(list(partitions)) if partitions else {}
        self._asked_at = time.monotonic()
        return {place: ends[partition] for partition, place in partitions.items()}

    def forget(self) -> None:
        """Drop the connection; the next question uses a new one."""
        consumer, self._consumer = self._consumer, None
        self._asked_at = float("-inf")
        if consumer is not None:
            in_background(consumer.stop())


_stopping: set[asyncio.Task[None]] = set()


def in_background(stop: Coroutine[object, object, None]) -> None:
    """Let an abandoned client stop by itself: its ``stop()`` hangs while the broker is away."""

    async def bounded() -> None:
        try:
            async with asyncio.timeout(_DEADLINE):
                await stop
        except Exception:  # noqa: BLE001 - an abandoned client's last words change nothing
            return

    task = asyncio.get_running_loop().create_task(bounded())
    _stopping.add(task)
    task.add_done_callback(_stopping.discard)
