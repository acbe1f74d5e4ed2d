"""Mail once: states, fence and journal on real Postgres against a real SMTP server that misbehaves."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from pydantic import SecretStr

from deploy.local.process import free_ports
from services.notifications import store
from services.notifications.compose import compose
from services.notifications.sending import Dispatcher, ask_for_cards
from services.notifications.tables import Message
from shared.events.notifications import ContactCardMissing, MailPreferenceChanged, MemberDataErased, MessageFailed
from shared.events.registration import ConfirmationRequested, ContactChanged, ContactRemoved, MemberErased
from shared.events.surveys import SurveyAnswered, SurveyInvitationIssued, SurveyOpened
from shared.ids import new_id
from shared.service import Runtime
from shared.testing import Deliverer, browser, move, outbox

RuntimeOf = Callable[..., Awaitable[Runtime]]
SURVEY = new_id()
SOON = datetime.now(UTC) + timedelta(days=10)


class Sink:
    """Takes mail, or does what it is told to."""

    def __init__(self) -> None:
        self.port = 0
        self.taken: list[Any] = []
        self.replies: list[str] = []
        self.hang_up = False

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        envelope.rcpt_tos.append(address)
        return self.replies.pop(0) if self.replies else "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.taken.append(envelope)
        if self.hang_up:
            server.transport.abort()
        return "250 OK"


@pytest.fixture
def sink() -> Any:
    sink = Sink()
    (sink.port,) = free_ports(1)
    controller = Controller(sink, hostname="127.0.0.1", port=sink.port)
    controller.start()
    yield sink
    controller.stop()


@pytest.fixture
async def rt(runtime_of: RuntimeOf, sink: Any) -> Runtime:
    return await runtime_of("notifications", smtp_url=SecretStr(f"smtp://127.0.0.1:{sink.port}"))


def confirmation(member_id: UUID) -> ConfirmationRequested:
    return ConfirmationRequested(member_id=member_id, generation=1, send_before=SOON, link_expires_at=SOON)


def card(member_id: UUID, email: str = "kari@example.org") -> ContactChanged:
    return ContactChanged(member_id=member_id, name="Kari", email=email, language="nb")


def invitation(member_id: UUID) -> SurveyInvitationIssued:
    return SurveyInvitationIssued(
        invitation_id=new_id(),
        survey_id=SURVEY,
        member_id=member_id,
        generation=1,
        link_expires_at=SOON,
        send_before=SOON,
    )


def opened() -> SurveyOpened:
    return SurveyOpened(
        survey_id=SURVEY,
        questionnaire={"id": "klima", "title": {"nb": "Klima"}},
        opened_at=datetime.now(UTC),
        closes_at=SOON,
        cell_minimum=5,
    )


async def states(rt: Runtime) -> list[tuple[str, str | None]]:
    async with rt.transaction() as session:
        rows = await session.execute(sa.select(Message.state, Message.reason).order_by(Message.created_at, Message.id))
        return [(row.state, row.reason) for row in rows]


async def test_an_event_delivered_twice_makes_one_mail_with_a_link_that_opens(rt: Runtime, sink: Any) -> None:
    deliver, member_id = Deliverer(rt), new_id()
    (event_id,) = await deliver(confirmation(member_id))
    await deliver(confirmation(member_id), sequence=1, event_id=event_id)
    assert await states(rt) == [("waiting", "no_card_yet")]
    await deliver(card(member_id))
    await Dispatcher().run(rt)
    await Dispatcher().run(rt)
    assert await states(rt) == [("sent", None)]
    (mail,) = sink.taken
    text = mail.content.decode()
    assert "To: kari@example.org" in text
    assert "Auto-Submitted: auto-generated" in text


async def test_invitations_wait_for_card_and_texts_and_can_be_unsubscribed_in_one_click(rt: Runtime, sink: Any) -> None:
    deliver, member_id = Deliverer(rt), new_id()
    await deliver(invitation(member_id), card(member_id))
    assert await states(rt) == [("waiting", "no_card_yet")]
    await deliver(opened())
    await Dispatcher().run(rt)
    assert await states(rt) == [("sent", None)]
    content = sink.taken[0].content.decode()
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in content
    token = rt.links.make("unsubscribe", member_id, 1, SOON)
    async with browser(rt, headers={"Origin": ""}) as client:
        path = f"/mail/unsubscribe/surveys/{token}"
        assert (await client.get(path)).status_code == 200
        assert await outbox(rt, MailPreferenceChanged) == []
        assert (await client.post(path, data={"List-Unsubscribe": "One-Click"})).status_code == 200
        assert (await client.post("/mail/unsubscribe/surveys/k.AAAA")).status_code == 410
    (changed,) = await outbox(rt, MailPreferenceChanged)
    assert isinstance(changed, MailPreferenceChanged)
    assert (changed.member_id, changed.purpose, changed.wanted) == (member_id, "surveys", False)


async def test_who_has_answered_gets_no_more_about_that_survey(rt: Runtime) -> None:
    deliver, event = Deliverer(rt), invitation(new_id())
    await deliver(event)
    answered = SurveyAnswered(
        invitation_id=event.invitation_id, survey_id=SURVEY, member_id=event.member_id, answered_at=datetime.now(UTC)
    )
    await deliver(answered)
    assert await states(rt) == [("suppressed", "answered")]


async def test_state_sent_again_makes_no_mail(rt: Runtime) -> None:
    await Deliverer(rt)(invitation(new_id()), replay=True)
    assert await states(rt) == []


@pytest.mark.parametrize(
    ("reply", "expected"),
    [("550 no such user", ("failed", "smtp_550")), ("451 later", ("pending", "smtp_451"))],
)
async def test_a_refusal_is_certain(rt: Runtime, sink: Any, reply: str, expected: tuple[str, str]) -> None:
    member_id = new_id()
    sink.replies = [reply]
    await Deliverer(rt)(card(member_id), confirmation(member_id))
    await Dispatcher().run(rt)
    assert await states(rt) == [expected]
    assert len(await outbox(rt, MessageFailed)) == (1 if expected[0] == "failed" else 0)
    assert sink.taken == []


async def test_a_connection_lost_after_the_dot_is_unknown_and_never_sent_again_by_itself(
    rt: Runtime, sink: Any
) -> None:
    member_id = new_id()
    sink.hang_up = True
    await Deliverer(rt)(card(member_id), opened(), invitation(member_id))
    await Dispatcher().run(rt)
    sink.hang_up = False
    await Dispatcher().run(rt)
    assert await states(rt) == [("unknown", "connection_lost")]
    assert len(sink.taken) == 1


@pytest.mark.parametrize(
    ("reached", "expected"), [("claimed", "pending"), ("started", "unknown"), ("accepted", "sent")]
)
async def test_a_crash_leaves_a_state_that_is_true(rt: Runtime, reached: str, expected: str) -> None:
    member_id = new_id()
    await Deliverer(rt)(card(member_id), opened(), invitation(member_id))
    async with rt.transaction() as session:
        (row,) = await store.claim(session, 10, 60)
    async with rt.transaction() as session:
        if reached != "claimed":
            assert await store.start(session, row.Message.id, row.Message.fence)
        if reached == "accepted":
            await session.execute(sa.text("update notifications.journal set accepted_at = now()"))
        await session.execute(sa.text("update notifications.message set lease_until = now() - interval '1 second'"))
    async with rt.transaction() as session:
        await store.settle_overdue(session, rt.now())
    assert [state for state, _ in await states(rt)] == [expected]


async def test_a_worker_that_wakes_up_late_cannot_start_or_overwrite(rt: Runtime) -> None:
    member_id = new_id()
    await Deliverer(rt)(card(member_id), confirmation(member_id))
    async with rt.transaction() as session:
        (late,) = await store.claim(session, 10, 60)
    async with rt.transaction() as session:
        await session.execute(sa.text("update notifications.message set lease_until = now() - interval '1 second'"))
        await store.settle_overdue(session, rt.now())
        (now,) = await store.claim(session, 10, 60)
    assert now.Message.fence == late.Message.fence + 1 or now.Message.id == late.Message.id
    async with rt.transaction() as session:
        assert not await store.start(session, late.Message.id, 1)
        await store.refuse(session, late.Message.id, 1, state="failed", reason="late")
    assert await states(rt) == [("sending", None)]


async def test_what_comes_too_late_expires(rt: Runtime, sink: Any) -> None:
    member_id = new_id()
    await Deliverer(rt)(card(member_id), confirmation(member_id))
    move(rt, timedelta(days=11))
    await Dispatcher().run(rt)
    assert await states(rt) == [("expired", "too_late")]
    assert sink.taken == []


async def test_a_removed_card_wins_over_any_later_one(rt: Runtime, sink: Any) -> None:
    deliver, member_id = Deliverer(rt), new_id()
    await deliver(confirmation(member_id), ContactRemoved(member_id=member_id), card(member_id))
    await Dispatcher().run(rt)
    assert await states(rt) == [("no_address", "removed")]
    assert sink.taken == []


async def test_erasure_blanks_the_card_and_gives_a_receipt(rt: Runtime) -> None:
    deliver, member_id = Deliverer(rt), new_id()
    await deliver(card(member_id), confirmation(member_id), MemberErased(member_id=member_id, erased_at=SOON))
    assert len(await outbox(rt, MemberDataErased)) == 1
    async with rt.transaction() as session:
        text = await session.scalar(sa.text("select string_agg(t::text, '') from notifications.contact t"))
    assert "kari" not in (text or "").lower()


async def test_a_missing_card_is_asked_for_once(rt: Runtime) -> None:
    await Deliverer(rt)(confirmation(new_id()))
    await ask_for_cards(rt)
    assert await outbox(rt, ContactCardMissing) == []
    async with rt.transaction() as session:
        await session.execute(sa.text("update notifications.message set created_at = now() - interval '2 minutes'"))
    await ask_for_cards(rt)
    await ask_for_cards(rt)
    assert len(await outbox(rt, ContactCardMissing)) == 1


@pytest.mark.parametrize("address", ["kåre@example.org", "kari..n@example.org", "kari.@example.org"])
async def test_an_address_no_server_takes_fails_alone(rt: Runtime, sink: Any, address: str) -> None:
    deliver, odd, others = Deliverer(rt), new_id(), [new_id() for _ in range(6)]
    await deliver(opened(), card(odd, address), confirmation(odd))
    for member_id in others:
        await deliver(card(member_id), invitation(member_id))
    await Dispatcher().run(rt)
    assert await states(rt) == [("failed", "address_form"), *[("sent", None)] * len(others)]
    assert len(await outbox(rt, MessageFailed)) == 1


async def test_a_domain_with_norwegian_letters_is_sent_in_ascii(rt: Runtime, sink: Any) -> None:
    member_id = new_id()
    await Deliverer(rt)(card(member_id, "kari@blåbær.example"), confirmation(member_id))
    await Dispatcher().run(rt)
    assert await states(rt) == [("sent", None)]
    assert sink.taken[0].rcpt_tos == ["kari@xn--blbr-roah.example"]


async def test_a_mail_that_cannot_be_written_stops_no_other(rt: Runtime, sink: Any) -> None:
    deliver, broken, fine = Deliverer(rt), new_id(), new_id()
    await deliver(card(broken, "broken@example.org"), confirmation(broken), card(fine), confirmation(fine))

    def compose_or_break(runtime: Any, message: Any, contact: Any, survey: Any) -> Any:
        if contact.email == "broken@example.org":
            raise RuntimeError(contact.email)
        return compose(runtime, message, contact, survey)

    await Dispatcher(compose_or_break).run(rt)
    assert await states(rt) == [("pending", "compose"), ("sent", None)]


async def test_accepted_after_the_lease_ran_out_is_sent_and_not_unknown(rt: Runtime) -> None:
    member_id = new_id()
    await Deliverer(rt)(card(member_id), opened(), invitation(member_id))
    async with rt.transaction() as session:
        (row,) = await store.claim(session, 10, 60)
    async with rt.transaction() as session:
        assert await store.start(session, row.Message.id, row.Message.fence)
        await session.execute(sa.text("update notifications.message set lease_until = now() - interval '1 second'"))
    async with rt.transaction() as session:
        await store.settle_overdue(session, rt.now())
    assert await states(rt) == [("unknown", "interrupted")]
    async with rt.transaction() as session:
        await store.accept(session, row.Message.id, row.Message.fence)
    assert await states(rt) == [("sent", None)]
