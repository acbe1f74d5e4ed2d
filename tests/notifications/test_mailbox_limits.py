"""Mail in: who writes too often, what may be a machine's, mailboxes that stay full, and late reports."""

from typing import Any

import pytest
import sqlalchemy as sa

from services.notifications.mailbox.taking import TooManyLetters, take_mail
from services.notifications.refusals.domain import SOFT_LIMIT
from services.notifications.sending.dispatching import Dispatcher
from services.notifications.tables import Message
from shared.events.notifications import MemberUnreachable, MessageFailed, SuggestionLetterReceived
from shared.events.results import SuggestionReplyDue
from shared.ids import new_id
from shared.service import Runtime
from shared.testing import Deliverer, outbox
from tests.notifications.ground import SOON, Sink, card, invitation, opened, states
from tests.notifications.test_mailbox import PANEL, Send, door, letter, report_about

__all__ = ["door"]


async def test_a_senders_letters_are_counted_however_the_address_is_spelled_and_before_they_are_read(
    rt: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(10):
        sender = ("Kari <kari@example.net>", "KARI@EXAMPLE.NET", "kari@Example.Net")[number % 3]
        await take_mail(rt, letter(number, sender=sender).as_bytes(), "kari@example.net")

    def read_on(*_: Any) -> None:
        raise AssertionError("read")

    monkeypatch.setattr("services.notifications.mailbox.taking.read_mail", read_on)
    with pytest.raises(TooManyLetters):
        await take_mail(rt, letter(11, sender="Kari <Kari@example.net>").as_bytes(), "kari@example.net")


async def test_what_was_cut_goes_along_and_a_doubtful_letter_gets_no_receipt(
    rt: Runtime, sink: Sink, door: Send
) -> None:
    text = f"Ja.\n\nDen 3. mars 2027 kl. 12 skrev Panelet <{PANEL}>:\n> Hei, Kari!\n> Hva vil du?"
    mail = letter(text=text)
    mail.replace_header("Subject", "Autosvar hos Servicetorget må bort")
    await door(mail)
    (event,) = await outbox(rt, SuggestionLetterReceived)
    assert isinstance(event, SuggestionLetterReceived)
    assert event.text == "Ja."
    assert event.removed.endswith("> Hei, [navn]!\n> Hva vil du?")

    def reply(notice: str) -> SuggestionReplyDue:
        return SuggestionReplyDue(
            suggestion_id=event.suggestion_id,
            notice=notice,
            status="answered",
            heading="",
            text="Vi svarer.",
            generation=1,
            send_before=SOON,
        )

    await Deliverer(rt)(reply("receipt"), reply("answer"))
    await Dispatcher().run(rt)
    assert await states(rt) == [("suppressed", "may_be_machine"), ("sent", None)]


async def test_mailboxes_that_stay_full_make_a_member_unreachable_in_the_end(
    rt: Runtime, sink: Sink, door: Send
) -> None:
    member_id, deliver = new_id(), Deliverer(rt)
    await deliver(card(member_id), opened())
    for number in range(SOFT_LIMIT):
        assert await outbox(rt, MemberUnreachable) == []
        await deliver(invitation(member_id))
        await Dispatcher().run(rt)
        async with rt.transaction() as session:
            message_id = (await session.scalars(sa.select(Message.id).where(Message.state == "sent"))).one()
        await door(report_about(message_id, "5.2.2"), "<>")
        assert len(await outbox(rt, MessageFailed)) == number + 1
    (event,) = await outbox(rt, MemberUnreachable)
    assert isinstance(event, MemberUnreachable)
    assert event.reason == "refused_often"
    await deliver(card(member_id, "ny@example.org"), invitation(member_id))
    assert (await states(rt))[-1] == ("pending", None)


async def test_a_mail_to_the_address_before_says_nothing_about_the_new_one(rt: Runtime, sink: Sink, door: Send) -> None:
    member_id, deliver = new_id(), Deliverer(rt)
    await deliver(card(member_id), opened(), invitation(member_id))
    await Dispatcher().run(rt)
    await deliver(
        card(member_id, "kari@example.net", address_number=2),
        card(member_id, "kari@example.net", name="Kari N.", address_number=2),
    )
    async with rt.transaction() as session:
        first = (await session.scalars(sa.select(Message.id))).one()
    await door(report_about(first, "5.1.1"), "<>")
    assert await states(rt) == [("failed", "bounced")]
    assert await outbox(rt, MemberUnreachable) == []
    await deliver(invitation(member_id))
    await Dispatcher().run(rt)
    async with rt.transaction() as session:
        second = (await session.scalars(sa.select(Message.id).where(Message.id != first))).one()
    await door(report_about(second, "5.1.1"), "<>")
    (event,) = await outbox(rt, MemberUnreachable)
    assert isinstance(event, MemberUnreachable)
    assert event.address_number == 2, "the new address is dead too, and registration can tell"
