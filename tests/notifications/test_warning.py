"""Staff are warned by mail, once, before the content of an event that nobody has decided about is removed."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from services.notifications.people.correspondents import forget_correspondents
from services.notifications.people.warning import warn_of_own_letters
from services.notifications.sending.dispatching import Dispatcher
from services.notifications.tables import Correspondent
from shared.events.attention import LettersExpiring
from shared.events.registration import DeadLettersExpiring
from shared.ids import new_id
from shared.mechanism import mechanism
from shared.process import keep_mechanism
from shared.service import Runtime
from shared.testing import Deliverer, move, outbox
from tests.notifications.ground import Sink, text_of

RuntimeOf = Callable[..., Awaitable[Runtime]]


async def a_letter(rt: Runtime, topic: str, days: int) -> None:
    values = {
        "id": new_id(), "state": "dead", "reason": "ValueError", "handler": "x", "event_id": new_id(), "topic": topic,
        "partition": 0, "offset": 0, "headers": {}, "payload": b"{}",
        "received_at": sa.text(f"clock_timestamp() - interval '{days} days'"),
    }  # fmt: skip
    async with rt.transaction() as session:
        await session.execute(sa.insert(mechanism(rt.name).dead_letter).values(**values))


@pytest.mark.parametrize(
    ("service", "topic"), [("registration", "surveys.member_data"), ("results", "surveys.responses")]
)
async def test_a_service_says_once_that_content_goes_soon(runtime_of: RuntimeOf, service: str, topic: str) -> None:
    rt = await runtime_of(service)
    for topic_, days in ((topic, 3), (topic, 8), ("surveys", 6)):
        await a_letter(rt, topic_, days)
    await keep_mechanism(rt)
    assert [event.type for event in await outbox(rt)] == [], "nothing goes soon: too young, gone, or kept for good"
    await a_letter(rt, topic, 5)
    for _ in range(2):
        await keep_mechanism(rt)
    await a_letter(rt, topic, 5)
    await keep_mechanism(rt)
    warnings = [event for event in await outbox(rt) if isinstance(event, LettersExpiring)]
    assert [(fact.type, fact.letters, fact.days) for fact in warnings] == [
        (f"{service}.dead_letters_expiring.v1", number, 3) for number in (1, 2)
    ], "once, and once more for another one"


async def test_both_addresses_of_the_profile_get_the_warning_and_are_forgotten(rt: Runtime, sink: Sink) -> None:
    content = {"warning_id": new_id(), "letters": 4, "days": 3, "send_before": rt.now() + timedelta(days=3)}
    warning = DeadLettersExpiring.model_validate(content)
    await Deliverer(rt)(warning, warning, event_id=new_id())
    await Dispatcher().run(rt)
    profile = rt.profile
    assert sorted(mail["To"] for mail in sink.mails) == sorted(
        {profile.contact_email, profile.data_protection_email} - {""}
    )
    text = text_of(sink.mails[0])
    assert "4 hendelser" in text
    assert "/staff/registration/dead-letters" in text
    move(rt, timedelta(days=1, hours=1))
    await forget_correspondents(rt)
    async with rt.transaction() as session:
        assert set(await session.scalars(sa.select(Correspondent.email))) == {None}


async def test_notifications_warns_of_its_own_letters(rt: Runtime, sink: Sink) -> None:
    await warn_of_own_letters(rt)
    await a_letter(rt, "registration.contacts", 5)
    for _ in range(2):
        await warn_of_own_letters(rt)
    await Dispatcher().run(rt)
    assert len(sink.taken) == len({rt.profile.contact_email, rt.profile.data_protection_email} - {""})
    assert "/staff/notifications/dead-letters" in text_of(sink.mails[0])
