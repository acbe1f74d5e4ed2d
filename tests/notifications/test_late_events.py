"""A broker that starves makes mails late; none that a person waits for is too late for that alone."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from services.notifications.messages.about_members import LONGEST_LATE, write_about_membership
from services.notifications.sending.dispatching import Dispatcher
from services.notifications.tables import Message
from shared.events.registration import SignInRequested
from shared.ids import new_id
from shared.messaging import Delivery
from shared.service import Runtime
from shared.testing import Deliverer
from tests.notifications.ground import Sink, card, states, text_of

TEN_MINUTES = timedelta(minutes=10)


@pytest.mark.parametrize(
    ("late", "state"),
    [
        (timedelta(minutes=25), "sent"),
        (timedelta(), "sent"),
        (LONGEST_LATE + timedelta(hours=1), "expired"),
    ],
)
async def test_a_link_works_as_long_from_when_its_event_comes_as_it_would_from_when_it_was_asked_for(
    rt: Runtime, sink: Sink, late: timedelta, state: str
) -> None:
    member_id, asked_at = new_id(), rt.now() - late
    event = SignInRequested(
        member_id=member_id, generation=1, send_before=asked_at + TEN_MINUTES, link_expires_at=asked_at + TEN_MINUTES
    )
    await Deliverer(rt)(card(member_id))
    delivery = Delivery(rt.now(), rt.settings, new_id(), 1, False, datetime.now(UTC) - late)
    async with rt.transaction() as session:
        await write_about_membership(session, event, delivery)
    await Dispatcher().run(rt)
    assert [state_ for state_, _ in await states(rt)] == [state]
    if state == "sent":
        token = text_of(sink.mails[0]).split("/me/sign-in/")[1].split()[0]
        assert rt.links.check("sign_in", token, rt.now() + TEN_MINUTES - timedelta(minutes=1)).id == member_id
        async with rt.transaction() as session:
            expires = await session.scalar(sa.select(Message.link_expires_at))
        assert expires is not None
        assert expires < rt.now() + TEN_MINUTES + timedelta(minutes=1)
