"""What the consuming side asks of its client, commits and starts again, without a broker."""

import asyncio
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import CommitFailedError, KafkaError, KafkaTimeoutError
from faststream.kafka import KafkaBroker
from pydantic import SecretStr
from structlog.testing import capture_logs

from shared.messaging import transport
from shared.messaging.consumer import BatchConsumer
from shared.messaging.transport import Transport, stop_each
from shared.settings import Settings
from tests.backends import nothing_removed

PLACES = [TopicPartition("t", number) for number in range(3)]


class Client:
    """A Kafka client that has been given the first two partitions."""

    def __init__(self) -> None:
        self.ends: dict[TopicPartition, int | None] = {PLACES[0]: 10, PLACES[1]: None}
        self.positions: dict[TopicPartition, int | Exception] = {PLACES[0]: 4, PLACES[1]: 0}
        self.commits: list[dict[TopicPartition, int]] = []
        self.refusal: Exception | None = None
        self.tasks = [SimpleNamespace(_coordination_task=None, _heartbeat_task=None), SimpleNamespace(_fetch_task=None)]
        self._coordinator, self._fetcher = self.tasks

    def assignment(self) -> set[TopicPartition]:
        """Those two."""
        return set(self.ends)

    def highwater(self, partition: TopicPartition) -> int | None:
        """None before the first answer."""
        return self.ends[partition]

    async def position(self, partition: TopicPartition) -> int:
        """Where it reads on."""
        position = self.positions[partition]
        if isinstance(position, Exception):
            raise position
        return position

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        """As the real one does."""
        if self.refusal:
            raise self.refusal
        self.commits.append(offsets)


def consumer(topic: str = "registration", in_hand: int = 0, stuck: float = 0.0) -> BatchConsumer:
    return cast(BatchConsumer, SimpleNamespace(topic=topic, in_hand=in_hand, stuck_seconds=stuck))


def consuming(*consumers: BatchConsumer, **settings: Any) -> Transport:
    return Transport(Settings(**settings), "surveys", consumers, nothing_removed)


def records(*places: tuple[int, int]) -> Any:
    return [SimpleNamespace(topic="t", partition=number, offset=offset) for number, offset in places]


async def test_a_batch_commits_what_comes_next_in_the_partitions_that_are_still_ours() -> None:
    client = Client()
    await transport._commit(client, records((0, 7), (2, 1), (0, 8), (1, 3)))
    assert client.commits == [{PLACES[0]: 9, PLACES[1]: 4}]
    await transport._commit(client, records((2, 2)))
    assert len(client.commits) == 1


async def test_a_commit_that_is_refused_is_told_of_and_leaves_the_batch_behind() -> None:
    client = Client()
    client.refusal = CommitFailedError()
    with capture_logs() as logs:
        await transport._commit(client, records((0, 7)))
    assert [(log["event"], log["reason"]) for log in logs] == [("messaging.offsets.not_committed", "CommitFailedError")]
    client.refusal = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        await transport._commit(client, records((0, 7)))


async def test_what_is_not_stored_yet_is_what_is_in_hand_and_what_was_not_handed_over() -> None:
    reading, client = consuming(consumer(in_hand=5), consumer("results", in_hand=1)), Client()
    assert await reading.lag() == {}, "nothing has started yet"
    reading._subscribers = cast(Any, [SimpleNamespace(consumer=client), SimpleNamespace(consumer=None)])
    assert await reading.lag() == {"registration": 5 + 6, "results": 1}
    client.ends[PLACES[1]] = 3
    assert await reading.lag() == {"registration": 5 + 6 + 3, "results": 1}
    client.positions[PLACES[0]] = 11
    assert await reading.lag() == {"registration": 5 + 3, "results": 1}, "the end was heard of before the last records"
    client.positions[PLACES[0]] = KafkaTimeoutError()
    assert await reading.lag() == {"registration": 5 + 3, "results": 1}


async def test_a_client_has_failed_when_one_of_its_tasks_ended_with_an_error() -> None:
    def ended(error: Exception | None) -> Any:
        future = asyncio.get_running_loop().create_future()
        if error:
            future.set_exception(error)
            future.exception()
        else:
            future.set_result(None)
        return future

    cancelled = asyncio.get_running_loop().create_future()
    cancelled.cancel()
    going = asyncio.get_running_loop().create_future()
    names = ("_coordination_task", "_heartbeat_task", "_fetch_task")
    assert not transport._has_failed(None)
    for place, name in enumerate(names):
        client = Client()
        assert not transport._has_failed(client)
        for task, failed in ((going, False), (cancelled, False), (ended(None), False), (ended(KafkaError()), True)):
            setattr(client.tasks[place // 2], name, task)
            assert transport._has_failed(client) is failed


async def test_one_that_does_not_stop_keeps_no_other_from_it() -> None:
    stopped: list[int] = []
    go_on = asyncio.Event()

    def stop(number: int, error: Exception | None = None) -> Callable[[], Any]:
        async def act() -> None:
            if number == 0:
                await go_on.wait()
            stopped.append(number)
            if number == 3:
                go_on.set()
            if error:
                raise error

        return act

    with capture_logs() as logs:
        await stop_each([stop(0), stop(1, KafkaError()), stop(2, OSError()), stop(3)])
    assert stopped == [1, 2, 3, 0]
    assert [(log["event"], log["reason"]) for log in logs] == [
        ("messaging.broker.stop_failed", "KafkaError"),
        ("messaging.broker.stop_failed", "OSError"),
    ]


class Rounds(Transport):
    """Starts with what is given, and loses a consumer after each start; the last ends it."""

    def __init__(self, *starts: Exception | None, consumers: Sequence[BatchConsumer]) -> None:
        super().__init__(Settings(), "surveys", consumers, nothing_removed)
        self.starts, self.stops, self.left = list(starts), 0, 0

    async def _start(self) -> None:
        error = self.starts.pop(0)
        if error:
            raise error

    async def _until_a_consumer_is_lost(self) -> None:
        if not self.starts:
            raise asyncio.CancelledError

    async def _stop(self) -> None:
        self.stops += 1


async def test_a_broker_that_is_away_is_told_of_once_and_a_lost_consumer_is_started_again() -> None:
    rounds = Rounds(KafkaError(), OSError(), None, OSError(), None, consumers=[consumer(), consumer("results")])
    with capture_logs() as logs, pytest.raises(asyncio.CancelledError):
        await rounds.run()
    awaited, started, again = (
        f"messaging.{words}" for words in ("broker.awaited", "consumers.started", "consumers.started_again")
    )
    assert [log["event"] for log in logs] == [awaited, started, again, awaited, started]
    assert logs[1]["topics"] == ["registration", "results"]
    assert rounds.stops == 2
    with pytest.raises(ZeroDivisionError):
        await Rounds(ZeroDivisionError(), consumers=[consumer()]).run()
    await Rounds(consumers=[]).run()


@pytest.mark.parametrize("what", ["running", "tasks", "client"])
async def test_a_consumer_is_lost_when_it_polls_no_more_or_its_client_has_failed(
    monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    loop, reading, client = asyncio.get_running_loop(), consuming(consumer()), Client()
    subscriber: Any = SimpleNamespace(running=True, tasks=[loop.create_future()], consumer=client)
    reading._subscribers = [subscriber]
    looks: list[float] = []

    async def next_look(seconds: float) -> None:
        looks.append(seconds)
        if len(looks) == 2 and what == "running":
            subscriber.running = False
        elif len(looks) == 2 and what == "tasks":
            subscriber.tasks[0].cancel()
        elif len(looks) == 2:
            client.tasks[1]._fetch_task = loop.create_future()
            client.tasks[1]._fetch_task.set_exception(KafkaError())

    monkeypatch.setattr(transport, "asyncio", SimpleNamespace(sleep=next_look))
    assert reading.running
    await reading._until_a_consumer_is_lost()
    assert len(looks) == 2


def test_it_has_started_when_every_subscriber_runs() -> None:
    reading = consuming(consumer(), consumer("results"))
    assert not reading.started
    subscribers: Any = [SimpleNamespace(running=True, consumer=number) for number in (1, 2)]
    reading._subscribers = subscribers
    assert not reading.started
    reading._broker = cast(Any, object())
    assert reading.started
    assert (reading.client("registration"), reading.client("results")) == (1, 2)
    subscribers[1].running = False
    assert not reading.started


def test_the_longest_failure_is_the_one_that_counts() -> None:
    assert consuming().stuck_seconds == 0.0
    assert consuming(consumer(stuck=2.0), consumer(stuck=3.0), consumer()).stuck_seconds == 3.0


@pytest.mark.parametrize(
    ("security", "kind", "tls"),
    [
        ("PLAINTEXT", None, False),
        ("SSL", "BaseSecurity", True),
        ("SASL_PLAINTEXT", "SASLScram512", False),
        ("SASL_SSL", "SASLScram512", True),
    ],
)
def test_consumers_sign_in_as_the_settings_say(security: Any, kind: str | None, tls: bool) -> None:
    settings = Settings(
        kafka_security=security, kafka_username="panel-x", kafka_password=SecretStr("secret"),
        kafka_mechanism="SCRAM-SHA-512",
    )  # fmt: skip
    found: Any = transport._security(settings)
    assert (found and type(found).__name__) == kind
    if found:
        assert (found.use_ssl, found.ssl_context is not None) == (tls, tls)
    if security.startswith("SASL"):
        assert (found.username, found.password) == ("panel-x", "secret")


async def test_a_topic_is_read_in_raw_batches_by_a_group_of_its_own_that_waits_for_a_day(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given: dict[str, Any] = {}

    class Broker(KafkaBroker):
        def __init__(self, *addresses: Any, **how: Any) -> None:
            given.update(how, addresses=addresses)
            super().__init__(*addresses, **how)

    monkeypatch.setattr(transport, "KafkaBroker", Broker)
    reading = consuming(consumer(), consumer("results.contacts"), prefix="panel", kafka="kafka:9092")
    reading._build()
    assert (given["addresses"], given["client_id"]) == (("kafka:9092",), "panel-surveys")
    assert given["allow_auto_create_topics"] is False
    first, second = reading._subscribers
    assert [subscriber.group_id for subscriber in (first, second)] == [
        "panel.surveys.registration", "panel.surveys.results.contacts",
    ]  # fmt: skip
    assert (first.max_records, first.batch_timeout_ms) == (500, 3000)
    config = first._connection_args
    assert config["max_poll_interval_ms"] == 24 * 60 * 60 * 1000
    assert config["auto_offset_reset"] == "earliest"
    assert not config["enable_auto_commit"]


async def test_what_was_started_before_is_stopped_before_it_starts_anew() -> None:
    acts: list[str] = []

    def named(name: str) -> Any:
        async def act() -> None:
            acts.append(name)

        return act

    class Built(Transport):
        def _build(self) -> None:
            number = len(acts)
            self._broker = cast(Any, SimpleNamespace(start=named(f"start {number}"), stop=named(f"stop {number}")))
            self._subscribers = cast(Any, [SimpleNamespace(stop=named(f"leave {number}"))])

    reading = Built(Settings(), "surveys", [consumer()], nothing_removed)
    await reading._start()
    await reading._start()
    assert acts == ["start 0", "leave 0", "stop 0", "start 3"]
    for _ in range(2):
        await reading._stop()
    assert acts[4:] == ["leave 3", "stop 3"]
