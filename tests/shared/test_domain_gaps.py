"""What comes next in each partition, and what is missing where another record does."""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaTimeoutError

from shared.messaging.gaps import Gaps


class _Log:
    """What a Kafka client answers about its one partition, and what is stored as missing of it."""

    def __init__(self) -> None:
        self.start, self.end = 0, 0
        self.committed_at: int | None = None
        self.silent = False
        self.silent_about: TopicPartition | None = None
        self.missed: list[tuple[int, int]] = []

    async def store(self, _: str, __: int, start: int, end: int) -> None:
        self.missed.append((start, end))

    async def beginning_offsets(self, places: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        if self.silent:
            raise KafkaTimeoutError
        return dict.fromkeys(places, self.start)

    async def end_offsets(self, places: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(places, self.end)

    async def committed(self, place: TopicPartition) -> int | None:
        if place == self.silent_about:
            raise KafkaTimeoutError
        return self.committed_at

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        (self.committed_at,) = offsets.values()


PLACE = TopicPartition("t", 1)


def records(*offsets: int) -> Any:
    return [SimpleNamespace(topic=PLACE.topic, partition=PLACE.partition, offset=offset) for offset in offsets]


async def test_a_batch_in_hand_while_partitions_are_given_anew_is_no_gap() -> None:
    """It is committed after the look and before the client asks where to read on."""
    log = _Log()
    gaps, client = Gaps(log.store), cast(AIOKafkaConsumer, log)
    log.end = 6
    await gaps.assigned("t", client, [PLACE])
    await gaps.read("t", client, records(0, 1, 2))
    await gaps.assigned("t", client, [PLACE])
    await gaps.read("t", client, records(3, 4, 5))
    assert log.missed == []
    # The topic is made anew, and its first records are gone already.
    log.start, log.end, log.committed_at = 0, 4, None
    await gaps.assigned("t", client, [PLACE])
    await gaps.read("t", client, records(3))
    assert log.missed == [(0, 3)]


async def test_what_a_partition_that_nobody_ever_read_from_loses_is_a_gap_after_a_restart() -> None:
    """Where reading begins is committed at once: later nobody could tell what there was."""
    log = _Log()
    client = cast(AIOKafkaConsumer, log)
    await Gaps(log.store).assigned("t", client, [PLACE])
    log.start = log.end = 4
    restarted = Gaps(log.store)
    await restarted.assigned("t", client, [PLACE])
    await restarted.read("t", client, records(4))
    assert log.missed == [(0, 4)]


async def test_what_another_reads_meanwhile_is_no_gap_where_the_broker_did_not_answer() -> None:
    log = _Log()
    gaps, client = Gaps(log.store), cast(AIOKafkaConsumer, log)
    await gaps.read("t", client, records(0, 1, 2))
    log.silent, log.committed_at = True, 10
    await gaps.assigned("t", client, [PLACE])
    await gaps.read("t", client, records(10))
    await gaps.read("t", client, records(12))
    assert log.missed == [(11, 12)]


async def test_a_gap_is_told_once_where_the_broker_did_not_answer_about_the_next_partition() -> None:
    log = _Log()
    gaps, client = Gaps(log.store), cast(AIOKafkaConsumer, log)
    log.start, log.committed_at, log.silent_about = 4, 1, TopicPartition("t", 2)
    await gaps.assigned("t", client, [PLACE, log.silent_about])
    await gaps.read("t", client, records(4))
    assert log.missed == [(1, 4)]


async def test_reading_goes_on_only_when_the_gap_is_stored() -> None:
    """What comes after it is committed then, and nothing would show it any more."""
    log, storing, away = _Log(), asyncio.Event(), asyncio.Event()

    async def store(_: str, __: int, ___: int, ____: int) -> None:
        storing.set()
        await away.wait()

    log.committed_at = 0
    reading = asyncio.create_task(Gaps(store).read("t", cast(AIOKafkaConsumer, log), records(3)))
    await asyncio.wait_for(storing.wait(), 10)
    assert not reading.done()
    away.set()
    await reading


async def test_a_batch_in_hand_to_the_logs_end_is_no_gap() -> None:
    log = _Log()
    gaps, client = Gaps(log.store), cast(AIOKafkaConsumer, log)
    await gaps.read("t", client, records(0, 1, 2))
    log.end = 3
    await gaps.assigned("t", client, [PLACE])
    await gaps.read("t", client, records(3))
    assert log.missed == []


async def test_what_is_handed_over_while_its_partition_is_looked_at_is_no_gap() -> None:
    """The client fetches by itself as soon as it has partitions, and new records change their ends under the look."""
    log, looking, answer = _Log(), asyncio.Event(), asyncio.Event()

    async def slow_commit(offsets: dict[TopicPartition, int]) -> None:
        looking.set()
        await answer.wait()

    log.commit = slow_commit  # type: ignore[method-assign]
    gaps, client = Gaps(log.store), cast(AIOKafkaConsumer, log)
    assigning = asyncio.create_task(gaps.assigned("t", client, [PLACE]))
    await asyncio.wait_for(looking.wait(), 10)
    reading = asyncio.create_task(gaps.read("t", client, records(0, 1, 2)))
    done, _ = await asyncio.wait([reading], timeout=0.1)
    answer.set()
    await asyncio.wait_for(asyncio.gather(assigning, reading), 10)
    await gaps.read("t", client, records(3))
    assert (log.missed, done) == ([], set())


async def test_what_cannot_be_stored_is_let_go_at_the_end() -> None:
    storing = asyncio.Event()

    async def store(_: str, __: int, ___: int, ____: int) -> None:
        storing.set()
        await asyncio.Event().wait()

    log = _Log()
    log.committed_at = 0
    gaps = Gaps(store)
    reading = asyncio.create_task(gaps.read("t", cast(AIOKafkaConsumer, log), records(3)))
    await asyncio.wait_for(storing.wait(), 10)
    await asyncio.wait_for(gaps.stop(), 10)
    await asyncio.wait_for(reading, 10)
