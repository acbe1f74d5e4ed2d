"""Gaps: records that the broker removed before the service had read them, noticed where reading goes on behind them.

The client itself goes on at the log's start and says nothing, whether the service was away or stood on a batch.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from shared.patience import outlast

log = structlog.get_logger()

#: Seconds a question about offsets may take.
_LOOK = 5.0


class Gaps:
    """Which record of each partition should come next, and what is missing where another one does."""

    def __init__(self, store: Callable[[str, int, int, int], Awaitable[None]]) -> None:
        """``store(topic, partition, from, to)``: keep that nobody read ``from`` up to, but not including, ``to``."""
        self._store = store
        self._storing: set[asyncio.Task[None]] = set()
        self._next: dict[TopicPartition, int] = {}
        #: By topic: the client fetches, and hands over, while its new partitions are still being looked at.
        self._looking: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def assigned(self, topic: str, consumer: AIOKafkaConsumer, places: Sequence[TopicPartition]) -> None:
        """Look whether the broker still has the unread records of these partitions, before any of them is read.

        Where nothing was committed, reading begins at the log's start, and that start is committed at once. Otherwise
        nobody could tell later that a partition which was quiet for long has lost unread records.
        """
        async with self._looking[topic]:
            await self._look(topic, consumer, places)

    async def _look(self, topic: str, consumer: AIOKafkaConsumer, places: Sequence[TopicPartition]) -> None:
        with _unless_silent(topic):
            async with asyncio.timeout(_LOOK):
                starts = await consumer.beginning_offsets(places) if places else {}
                ends = await consumer.end_offsets(places) if places else {}
                committed = {place: await consumer.committed(place) for place in places}
                if firsts := {place: starts[place] for place, offset in committed.items() if offset is None}:
                    await consumer.commit(firsts)
            for place, offset in (committed | firsts).items():
                # A batch in hand is committed later, and is read no second time by then. A log that ends before
                # what was in hand is another one: the topic has been made anew.
                in_hand = self._next.pop(place, 0)
                self._reach(topic, place, max(offset, in_hand if in_hand <= ends[place] else 0), starts[place])
            return
        # Not all was answered: the first batch asks once more. A gap that was seen already would be told twice then.
        for place in places:
            self._next.pop(place, None)

    async def read(self, topic: str, consumer: AIOKafkaConsumer, records: Sequence[ConsumerRecord]) -> None:
        """Look whether these records follow the ones before them, and return when every gap so far is stored.

        The caller then commits their offsets, after which nothing would show a gap.
        """
        async with self._looking[topic]:
            for record in records:
                place = TopicPartition(record.topic, record.partition)
                expected = self._next.get(place)
                if expected is None:
                    with _unless_silent(topic):
                        async with asyncio.timeout(_LOOK):
                            expected = await consumer.committed(place)
                if expected is not None:
                    self._reach(topic, place, expected, record.offset)
                self._next[place] = record.offset + 1
        if self._storing:
            await asyncio.wait(self._storing)

    async def stop(self) -> None:
        """Let go of what cannot be stored."""
        for task in self._storing:
            task.cancel()
        await asyncio.gather(*self._storing, return_exceptions=True)

    def _reach(self, topic: str, place: TopicPartition, expected: int, offset: int) -> None:
        """Reading goes on at ``offset`` where ``expected`` should have come."""
        self._next[place] = max(expected, offset)
        if expected >= offset:
            return
        log.error("messaging.events.removed_unread", topic=topic, partition=place.partition, events=offset - expected)

        def failed(error: BaseException, number: int) -> None:
            if number == 1:
                log.warning("messaging.removed_unread.waits", reason=type(error).__name__)

        store = partial(self._store, topic, place.partition, expected, offset)
        task = asyncio.create_task(outlast(store, lambda error: isinstance(error, Exception), failed=failed))
        self._storing.add(task)
        task.add_done_callback(self._storing.discard)


@contextmanager
def _unless_silent(topic: str) -> Iterator[None]:
    """A broker that does not answer a question about offsets holds up no reading."""
    try:
        yield
    except (KafkaError, TimeoutError) as error:
        log.warning("messaging.log_start.not_known", topic=topic, reason=type(error).__name__)
