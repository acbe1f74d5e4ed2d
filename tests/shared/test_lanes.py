"""Each handler, topic and subject has a lane of its own: what stops one stops no other."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
import sqlalchemy as sa

from shared.events.registration import ContactChanged, MemberChanged, MemberErased, MemberJoined
from shared.mechanism import mechanism
from shared.messaging import dead_letters, missing, subscribe
from shared.messaging.dead_letters import redriving
from shared.service import Runtime, Service
from shared.testing import Deliverer
from shared.testing import dead_letters as letters
from tests.notifications.ground import card
from tests.shared.test_inbox import AT, Applied, joined

RuntimeOf = Callable[..., Awaitable[Runtime]]


@pytest.fixture
def failing() -> Applied:
    return Applied()


@pytest.fixture
def sound() -> Applied:
    return Applied()


@pytest.fixture
async def runtime(runtime_of: RuntimeOf, failing: Applied, sound: Applied) -> Runtime:
    handlers = [
        subscribe("example.first", failing.apply, MemberJoined, MemberChanged, MemberErased, ContactChanged),
        subscribe("example.second", sound.apply, MemberJoined, MemberChanged, MemberErased),
    ]
    return await runtime_of(Service(name="example", package="shared", handlers=handlers))


async def test_a_letter_stops_its_own_handler_topic_and_subject_alone(
    runtime: Runtime, failing: Applied, sound: Applied
) -> None:
    deliver, member, other = Deliverer(runtime), joined(), joined()
    change, contact = MemberChanged(**member.model_dump()), card(member.member_id)
    failing.failing.add(member.member_id)
    await deliver(member)
    failing.failing.clear()
    await deliver(change, contact, other)
    assert failing.events == [contact, other]
    assert sound.events == [member, change, other]
    assert [(letter.handler, letter.state) for letter in await letters(runtime)] == [
        ("example.first", "dead"),
        ("example.first", "waiting"),
    ]


async def test_what_still_fails_for_one_handler_is_tried_again_for_another(
    runtime: Runtime, failing: Applied, sound: Applied
) -> None:
    deliver, member = Deliverer(runtime), joined()
    for handler in (failing, sound):
        handler.failing.add(member.member_id)
    await deliver(member, card(member.member_id))
    sound.failing.clear()
    assert await redriving(runtime).all(AT) == (1, 2)
    assert (failing.events, sound.events) == ([], [member])


async def test_what_comes_waits_behind_what_waits_though_the_dead_letter_is_gone(
    runtime: Runtime, failing: Applied
) -> None:
    deliver, member = Deliverer(runtime), joined()
    change, erasure = MemberChanged(**member.model_dump()), MemberErased(member_id=member.member_id, erased_at=AT)
    failing.failing.add(member.member_id)
    await deliver(member, change)
    failing.failing.clear()
    async with runtime.transaction() as session:
        dead = [letter.id for letter in await letters(runtime) if letter.state == "dead"]
        assert await dead_letters.drop(session, *dead) == 1
    await deliver(erasure)
    assert failing.events == []
    assert await redriving(runtime).all(AT) == (2, 0)
    assert failing.events == [change, erasure]


async def test_what_is_stale_is_counted_of_its_own_subject_and_topic(runtime: Runtime) -> None:
    deliver, member, other = Deliverer(runtime), joined(), joined()
    await deliver(member, card(member.member_id), other, sequence=5)
    await deliver(member, sequence=4)
    table = mechanism("example").subject_seen
    async with runtime.transaction() as session:
        stale: set[tuple[str, UUID]] = {(lane.topic, lane.subject) for lane in await missing.stale_lanes(session)}
        assert stale == {("registration", member.member_id)}
        assert set(await session.scalars(sa.select(table.c.sequence))) == {5}
