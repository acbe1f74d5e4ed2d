"""Several events at once: what is passed by of one subject ends nothing for the others behind it."""

from collections.abc import Awaitable, Callable

import pytest
from structlog.testing import capture_logs

from shared.events.registration import MemberJoined
from shared.ids import new_id
from shared.messaging import subscribe
from shared.service import Runtime, Service
from shared.testing import Deliverer, TestRecord, dead_letters
from tests.shared.test_inbox import Applied, joined

RuntimeOf = Callable[..., Awaitable[Runtime]]


@pytest.fixture
def applied() -> Applied:
    return Applied()


@pytest.fixture
async def runtime(runtime_of: RuntimeOf, applied: Applied) -> Runtime:
    subscription = subscribe("example.record", applied.apply, MemberJoined)
    return await runtime_of(Service(name="example", package="shared", handlers=[subscription]))


async def take(deliver: Deliverer, *records: TestRecord) -> None:
    await deliver.consumers["registration"].take(records)


async def test_a_stale_event_does_not_end_its_batch(runtime: Runtime, applied: Applied) -> None:
    deliver, known, other = Deliverer(runtime), joined(), joined()
    await deliver(known, sequence=2)
    stale = deliver.record(known, new_id(), 1, False)
    await take(deliver, stale, deliver.record(other, new_id(), 1, False))
    assert applied.events == [known, other]


async def test_state_that_a_letter_holds_already_does_not_end_its_batch(runtime: Runtime, applied: Applied) -> None:
    deliver, broken, other = Deliverer(runtime), joined(), joined()
    applied.failing.add(broken.member_id)
    await deliver(broken, sequence=1)
    again = deliver.record(broken, new_id(), 1, True)
    await take(deliver, again, deliver.record(other, new_id(), 1, False))
    assert applied.events == [other]
    assert len(await dead_letters(runtime)) == 1


async def test_a_letter_is_told_of_once_however_often_its_event_comes(runtime: Runtime, applied: Applied) -> None:
    deliver, broken, other = Deliverer(runtime), joined(), joined()
    applied.failing.add(broken.member_id)
    records = [deliver.record(event, new_id(), 1, False) for event in (broken, other)]
    with capture_logs() as logs:
        for _ in range(2):
            await take(deliver, *records)
    assert [(log["event"], log["log_level"], log["reason"]) for log in logs] == [
        ("messaging.event.buried", "error", "PermanentError")
    ]
    assert "test_inbox.py" in logs[0]["failure"][0]
    assert applied.events == [other]
