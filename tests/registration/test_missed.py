"""What a reader has missed comes by itself: it says so, and whoever published it sends the stretch again."""

from collections.abc import Awaitable, Callable

import pytest
import sqlalchemy as sa

from services.notifications.tables import Contact, Message
from shared.events import notifications
from shared.events.attention import EventsMissed
from shared.ids import new_id
from shared.mechanism import mechanism
from shared.messaging import emit_new, missing
from shared.process import running
from shared.service import Runtime
from shared.testing import Deliverer, browser, outbox
from tests.backends import TestKafka, eventually
from tests.registration.given import send
from tests.shared.test_gaps import reads, remove, sent, stretches
from tests.shared.test_inbox import joined

RuntimeOf = Callable[..., Awaitable[Runtime]]


async def test_whoever_missed_events_says_so_once_and_again_when_there_are_more(runtime_of: RuntimeOf) -> None:
    rt = await runtime_of("notifications")
    async with rt.transaction() as session:
        for end in (120, 120, 110, 130):
            await missing.note_removed(session, "registration.contacts", 3, 100, end)
    reports = [event for event in await outbox(rt) if isinstance(event, EventsMissed)]
    assert [(fact.missed_topic, fact.partition, fact.from_offset, fact.to_offset) for fact in reports] == [
        ("registration.contacts", 3, 100, 120),
        ("registration.contacts", 3, 100, 130),
    ]


async def test_whoever_published_them_sends_the_stretch_again_and_nobody_else_does(runtime_of: RuntimeOf) -> None:
    publisher, members = await runtime_of("registration"), [joined() for _ in range(3)]
    tables = mechanism("registration")
    async with publisher.transaction() as session:
        await emit_new(session, members)
        rows = (await session.execute(sa.select(tables.outbox).order_by(tables.outbox.c.id))).all()
        columns = ("event_id", "topic", "type", "subject", "sequence", "headers", "payload")
        for place, row in enumerate(rows):
            values = {name: getattr(row, name) for name in columns}
            place_ = {"archived_on": sa.func.current_date(), "id": row.id, "partition": 7, "offset": place}
            await session.execute(sa.insert(tables.archive).values(**values, **place_))
        await session.execute(sa.delete(tables.outbox))
    stretch = {"partition": 7, "from_offset": 1, "to_offset": 3}
    deliver = Deliverer(publisher)
    for topic, replay in (("surveys", False), ("registration", True)):
        await deliver(notifications.EventsMissed(miss_id=new_id(), missed_topic=topic, **stretch), replay=replay)
    assert await outbox(publisher) == []
    await deliver(notifications.EventsMissed(miss_id=new_id(), missed_topic="registration", **stretch))
    assert await outbox(publisher) == members[1:]
    # A reader that has applied these events skips them by their ids.
    async with publisher.transaction() as session:
        again = (await session.scalars(sa.select(tables.outbox.c.event_id).order_by(tables.outbox.c.id))).all()
    assert list(again) == [row.event_id for row in rows[1:]]


@pytest.mark.parametrize("by_command", [False, True])
async def test_sign_ups_whose_events_the_broker_removed_unread_get_their_mails(
    runtime_of: RuntimeOf, kafka: TestKafka, by_command: bool
) -> None:
    """Nothing had come yet to most of the partitions; the publisher hears of it, or an operator has it sent again."""
    registration = await runtime_of("registration", **kafka.settings())
    notifications = await runtime_of("notifications", **kafka.settings())
    topics = ("registration", "registration.contacts")
    async with running(notifications):
        await eventually(lambda: reads(notifications, *topics))
    people = {"kari@example.org", "ola@example.org", "per@example.org"}
    async with browser(registration) as client:
        for email in people:
            assert (await send(client, registration, email=email)).status_code == 303
    async with running(registration):
        await eventually(lambda: sent(registration))
    for topic in topics:
        await remove(registration, topic, range(3))

    async def written_to() -> bool:
        async with notifications.transaction() as session:
            addresses = await session.scalars(
                sa.select(Contact.email)
                .join(Message, Message.member_id == Contact.member_id)
                .where(Message.purpose == "confirm")
            )
            return sorted(email or "" for email in addresses) == sorted(people)

    if by_command:
        async with running(notifications):
            await eventually(lambda: stretches(notifications))
            await eventually(lambda: reads(notifications, *topics))
        async with registration.transaction() as session:
            for gap in await stretches(notifications):
                await missing.send_again(session, gap.topic, gap.partition, gap.from_offset, gap.to_offset)
    async with running(notifications), running(registration):
        await eventually(written_to)
        events = sum(stretch.to_offset - stretch.from_offset for stretch in await stretches(notifications))
        await eventually(lambda: sent(registration))
        assert await written_to()
    assert events >= 2 * len(people)
