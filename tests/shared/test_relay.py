"""One round of the relay, and its rounds together, to a broker and a probe of the test's own."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from aiokafka.errors import KafkaError
from structlog.testing import capture_logs

from shared.mechanism import mechanism
from shared.messaging import emit_new, relay
from shared.messaging.relay import BATCH, Relay
from shared.service import Runtime, Service
from shared.trace import following, new_traceparent, record_with
from tests.shared.test_inbox import joined
from tests.shared.test_outbox import answer

RuntimeOf = Callable[..., Awaitable[Runtime]]


class Answering:
    """Answers records as it is told to, by their place in what it is sent; acknowledges the others."""

    def __init__(self) -> None:
        self.answers: dict[int, Callable[[asyncio.Future[Any]], object]] = {}
        self.sent: list[dict[str, Any]] = []

    async def send(self, **record: Any) -> Any:
        """A future of the place."""
        place = len(self.sent)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.sent.append(record)
        answer = self.answers.get(place)
        if answer is None:
            future.set_result(at(place))
        else:
            answer(future)
        return future

    async def stop(self) -> None:
        """Nothing is open."""


def at(offset: int) -> SimpleNamespace:
    return SimpleNamespace(partition=0, offset=offset)


class Probe:
    """Was asked ``age`` seconds ago; ``ends`` is what it finds."""

    def __init__(self) -> None:
        self.age, self.ends, self.asked = float("inf"), 1000, 0

    async def end_offsets(self, places: Any) -> dict[Any, int]:
        """The same end everywhere."""
        self.asked += 1
        return dict.fromkeys(places, self.ends)

    def forget(self) -> None:
        """Nothing is held."""


class RelayTo(Relay):
    """A relay to both."""

    def __init__(self, runtime: Runtime) -> None:
        super().__init__(runtime.settings, "example", runtime.settings.service_database_url.get_secret_value())
        self.broker, self.probe = Answering(), Probe()
        self._probe: Any = self.probe

    async def _started(self) -> Any:
        return self.broker


@pytest.fixture
async def runtime(runtime_of: RuntimeOf) -> Runtime:
    return await runtime_of(Service(name="example", package="shared"))


@pytest.fixture
async def sending(runtime: Runtime) -> AsyncIterator[RelayTo]:
    sending = RelayTo(runtime)
    yield sending
    sending.close()


async def publish(runtime: Runtime, count: int = 1) -> None:
    async with runtime.transaction() as session:
        await emit_new(session, [joined() for _ in range(count)])


async def places(runtime: Runtime, table: str) -> list[Any]:
    async with runtime.transaction() as session:
        rows = getattr(mechanism("example"), table)
        column = rows.c.get("offset", rows.c.id) if "id" in rows.c else rows.c.acknowledged
        return list(await session.scalars(sa.select(column).order_by(column)))


async def test_what_nobody_answers_for_waits_and_the_rest_is_archived(
    runtime: Runtime, sending: RelayTo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "ACK_DEADLINE", 0.05)
    await publish(runtime, 3)
    sending.broker.answers[1] = lambda _: None
    with pytest.raises(TimeoutError):
        await sending.relay_once()
    assert await places(runtime, "archive") == [0, 2]
    assert len(await places(runtime, "outbox")) == 1


async def test_a_client_that_takes_no_record_any_more_is_a_failure_and_all_waits(
    runtime: Runtime, sending: RelayTo, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(**_: Any) -> Any:
        await asyncio.Event().wait()

    monkeypatch.setattr(relay, "ACK_DEADLINE", 0.05)
    monkeypatch.setattr(sending.broker, "send", full)
    await publish(runtime, 2)
    with pytest.raises(TimeoutError):
        await sending.relay_once()
    assert len(await places(runtime, "outbox")) == 2


async def test_what_the_client_lets_go_of_waits_and_the_first_failure_is_the_one_told(
    runtime: Runtime, sending: RelayTo
) -> None:
    await publish(runtime, 3)
    sending.broker.answers[0] = lambda future: future.cancel()
    with pytest.raises(TimeoutError):
        await sending.relay_once()
    assert await places(runtime, "archive") == [1, 2]
    await publish(runtime, 2)
    sending.broker.answers |= {3: lambda future: future.set_exception(KafkaError("first"))}
    sending.broker.answers |= {4: lambda future: future.set_exception(KafkaError("second"))}
    with pytest.raises(KafkaError, match="first"):
        await sending.relay_once()


async def test_an_acknowledgement_without_a_place_is_one_and_says_nothing_of_where_the_log_ends(
    runtime: Runtime, sending: RelayTo
) -> None:
    await publish(runtime)
    sending.broker.answers[0] = lambda future: future.set_result(at(-1))
    assert await sending.relay_once() == 1
    assert [await places(runtime, "outbox"), await places(runtime, "relay_position")] == [[], []]
    await publish(runtime)
    sending.broker.answers[1] = lambda future: future.set_result(at(0))
    assert await sending.relay_once() == 1
    assert await places(runtime, "relay_position") == [0]


async def test_the_oldest_go_first_and_only_one_relay_reads(
    runtime: Runtime, sending: RelayTo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "BATCH", 1)
    await publish(runtime, 2)
    outbox = mechanism("example").outbox
    async with runtime.transaction() as session:
        oldest, last = await session.scalars(sa.select(outbox.c.subject).order_by(outbox.c.id))
        # Its row is now behind the other.
        await session.execute(sa.update(outbox).where(outbox.c.subject == oldest).values(restricted=False))
    async with runtime.transaction() as session:
        await session.execute(sa.text("select pg_advisory_xact_lock(hashtextextended('example.relay', 0))"))
        await session.execute(sa.select(outbox.c.id).with_for_update())
        async with asyncio.timeout(60):
            assert await sending.relay_once() == 0
    assert [await sending.relay_once() for _ in range(3)] == [1, 1, 0]
    assert [record["key"] for record in sending.broker.sent] == [str(subject).encode() for subject in (oldest, last)]


async def test_an_event_about_nobody_has_no_key_and_rests_with_the_restricted(
    runtime: Runtime, sending: RelayTo
) -> None:
    event = joined()
    async with runtime.transaction() as session:
        await emit_new(session, [event, answer()])
    assert await sending.relay_once() == 2
    ours, about_nobody = sending.broker.sent
    assert (ours["key"], about_nobody["key"]) == (str(event.member_id).encode(), None)
    names = [{name for name, _ in record["headers"]} for record in (ours, about_nobody)]
    assert names[0] - names[1] == {"ce_subject", "ce_sequence", "ce_time"}
    assert about_nobody["topic"] == runtime.settings.topic("surveys.responses")
    assert [await places(runtime, "archive"), await places(runtime, "archive_restricted")] == [[0], [1]]


@pytest.mark.parametrize(
    ("waiting", "age", "asked"), [(1, 0.49, 0), (1, 0.5, 1), (0, 4.99, 0), (0, 5.0, 1), (1, 4.99, 1)]
)
async def test_the_broker_is_asked_what_it_holds_unless_it_was_a_moment_ago(
    runtime: Runtime, sending: RelayTo, waiting: int, age: float, asked: int
) -> None:
    await publish(runtime)
    assert await sending.relay_once() == 1
    await publish(runtime, waiting)
    sending.probe.age, sending.probe.asked = age, 0
    assert await sending.relay_once() == waiting
    assert sending.probe.asked == asked


class Spans:
    """Keeps what is added."""

    def __init__(self) -> None:
        self.added: list[tuple[Any, ...]] = []

    def add(self, parent: str, name: str, kind: str, began: datetime, facts: dict[str, Any]) -> None:
        """A span that ended."""
        self.added.append((parent, name, kind, set(facts)))


async def test_what_was_sent_is_a_span_of_the_act_that_said_so(runtime: Runtime, sending: RelayTo) -> None:
    spans, trace = Spans(), new_traceparent()
    with following(trace):
        await publish(runtime)
        async with runtime.transaction() as session:
            await emit_new(session, [answer()])
    await publish(runtime)
    record_with(spans)  # type: ignore[arg-type]
    try:
        assert await sending.relay_once() == 3
    finally:
        record_with(None)
    assert spans.added == [(trace, "send registration.member_joined.v1", "producer", {"event_id", "topic"})]


class Rounds(RelayTo):
    """Rounds whose outcomes are given; the last sleep ends it."""

    def __init__(self, runtime: Runtime, outcomes: list[Any]) -> None:
        super().__init__(runtime)
        self.outcomes, self.before_sleep, self.closed = outcomes, list[int](), 0

    async def relay_once(self) -> int:
        """The next outcome."""
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return int(outcome)

    async def _sleep(self) -> None:
        self.before_sleep.append(len(self.outcomes))
        if not self.outcomes:
            raise asyncio.CancelledError

    def close(self) -> None:
        self.closed += 1
        super().close()


async def test_an_outage_is_told_of_once_and_a_full_batch_is_followed_at_once(runtime: Runtime) -> None:
    away = KafkaError("away"), OSError("away")
    rounds = Rounds(runtime, [BATCH, BATCH - 1, *away, BATCH, BATCH, away[0], 0, 3])
    with capture_logs() as logs, pytest.raises(asyncio.CancelledError):
        await rounds.run()
    waits, went_on = "messaging.relay.waits", "messaging.relay.went_on"
    assert [log["event"] for log in logs] == [waits, went_on, waits, went_on]
    assert rounds.before_sleep == [7, 1, 0]
    assert rounds.closed == 4, "each failure and the end let go of what may be broken"


async def test_what_is_no_outage_ends_the_relay(runtime: Runtime) -> None:
    with pytest.raises(ZeroDivisionError):
        await Rounds(runtime, [ZeroDivisionError()]).run()


async def test_it_sleeps_until_it_is_woken_or_a_while(
    runtime: Runtime, sending: RelayTo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "POLL", 3600.0)
    sending.wake()
    async with asyncio.timeout(20):
        await sending._sleep()
        assert not sending._wake.is_set(), "it would never sleep again"
        monkeypatch.setattr(relay, "POLL", 0.01)
        await sending._sleep()


async def test_a_connection_that_broke_is_made_again(runtime: Runtime, sending: RelayTo) -> None:
    first = await sending._connected()
    assert await sending._connected() is first
    first.terminate()
    await publish(runtime)
    assert await sending.relay_once() == 1
