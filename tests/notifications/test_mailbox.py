"""Mail in over real LMTP: one letter is one suggestion, machines are never answered, bounces settle our mail."""

import asyncio
import smtplib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from deploy.local.process import free_ports
from services.notifications.mailbox.lmtp import Door, Listener
from services.notifications.mailbox.taking import TooManyLetters, take_mail
from services.notifications.people.correspondents import forget_correspondents
from services.notifications.sending.dispatching import Dispatcher
from services.notifications.tables import Correspondent, Letter, Message
from shared.events.notifications import MemberUnreachable, MessageFailed, SuggestionLetterReceived
from shared.events.results import SuggestionContactGiven, SuggestionReplyDue
from shared.ids import new_id
from shared.service import Runtime
from shared.testing import Deliverer, move, outbox
from tests.notifications.ground import SOON, Sink, card, confirmation, invitation, opened, states, text_of
from tests.notifications.test_domain_reading import bounce

PANEL = "innbyggerpanel@example.org"
Send = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
async def door(rt: Runtime) -> AsyncIterator[Send]:
    """Hand a mail over by LMTP; the recipients that were refused, with why."""
    server = await asyncio.get_running_loop().create_server(
        lambda: Listener(Door(rt), data_size_limit=100_000, enable_SMTPUTF8=True, hostname="panel.test"), "127.0.0.1", 0
    )
    port = server.sockets[0].getsockname()[1]

    def hand_over(raw: bytes, sender: str, recipients: list[str]) -> dict[str, Any]:
        with smtplib.LMTP("127.0.0.1", port) as client:
            try:
                return client.sendmail(sender, recipients, raw)
            except smtplib.SMTPRecipientsRefused as refused:
                return refused.recipients
            except smtplib.SMTPResponseException as refused:
                return {"data": (refused.smtp_code, refused.smtp_error)}

    async def send(mail: EmailMessage | bytes, sender: str = "kari@example.net", *to: str) -> dict[str, Any]:
        raw = mail if isinstance(mail, bytes) else mail.as_bytes()
        return await asyncio.to_thread(hand_over, raw, sender, list(to) or [PANEL])

    async with server:
        yield send


def letter(number: int = 1, text: str = "Bygg bru over elva.", sender: str = "Kari <kari@example.net>") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, PANEL, "Bru"
    mail["Message-ID"] = f"<letter-{number}@example.net>"
    mail.set_content(text)
    return mail


async def test_a_letter_becomes_one_suggestion_without_its_address(rt: Runtime, door: Send) -> None:
    mail = letter(text="Bygg bru over elva.\n\nHilsen Kari\nkari@example.net")
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="kart.pdf")
    assert await door(mail) == {}
    assert await door(mail) == {}
    (event,) = await outbox(rt, SuggestionLetterReceived)
    assert isinstance(event, SuggestionLetterReceived)
    assert (event.heading, event.text, event.attachments_refused) == ("Bru", "Bygg bru over elva.", 1)
    assert "kari" not in event.model_dump_json().lower()
    async with rt.transaction() as session:
        (correspondent,) = (await session.scalars(sa.select(Correspondent))).all()
        logged = await session.scalar(sa.text("select string_agg(l::text, '') from notifications.letter l"))
    assert (correspondent.suggestion_id, correspondent.email) == (event.suggestion_id, "kari@example.net")
    assert "kari" not in (logged or "")


async def test_the_answer_reaches_the_sender_until_the_address_is_forgotten(
    rt: Runtime, sink: Sink, door: Send
) -> None:
    await door(letter())
    (event,) = await outbox(rt, SuggestionLetterReceived)
    assert isinstance(event, SuggestionLetterReceived)
    deliver = Deliverer(rt)

    def reply(notice: str, generation: int = 1) -> SuggestionReplyDue:
        return SuggestionReplyDue(
            suggestion_id=event.suggestion_id,
            notice=notice,
            status="answered",
            heading="Bru & vei",
            text="Vi bygger.",
            slug="bru",
            generation=generation,
            send_before=SOON + timedelta(days=300),
        )

    await deliver(reply("receipt"), reply("answer"), reply("answer"))
    await Dispatcher().run(rt)
    texts = {mail["Subject"]: text_of(mail) for mail in sink.mails}
    assert sorted(texts) == ["Svar på forslaget ditt: Bru & vei", "Vi har fått forslaget ditt"]
    assert {mail["In-Reply-To"] for mail in sink.mails} == {"<letter-1@example.net>"}
    assert "Vi bygger." in texts["Svar på forslaget ditt: Bru & vei"]
    move(rt, timedelta(days=91))
    await deliver(reply("status", 2))
    await forget_correspondents(rt)
    await deliver(reply("status", 3))
    await Dispatcher().run(rt)
    assert (await states(rt))[2:] == [("no_address", "forgotten")] * 2
    async with rt.transaction() as session:
        text = await session.scalar(
            sa.text(
                "select (select string_agg(c::text, '') from notifications.correspondent c)"
                " || (select string_agg(m.content::text, '') from notifications.message m where state = 'sent')"
            )
        )
    assert "kari" not in (text or "")


async def test_the_address_of_the_form_is_written_to(rt: Runtime, sink: Sink) -> None:
    suggestion_id = new_id()
    await Deliverer(rt)(
        SuggestionContactGiven(suggestion_id=suggestion_id, email="ola@example.org", language="nn"),
        SuggestionReplyDue(
            suggestion_id=suggestion_id,
            notice="receipt",
            status="received",
            heading="Vei",
            generation=1,
            send_before=SOON,
        ),
    )
    await Dispatcher().run(rt)
    assert [mail["To"] for mail in sink.mails] == ["ola@example.org"]


async def test_machines_and_mail_to_others_leave_nothing(rt: Runtime, door: Send) -> None:
    automatic = letter()
    automatic["Auto-Submitted"] = "auto-replied"
    assert await door(automatic) == {}
    assert await door(letter(2), "<>") == {}
    refusals = await door(letter(3), "kari@example.net", "somebody@example.org")
    assert refusals["somebody@example.org"][0] == 550
    assert await outbox(rt, SuggestionLetterReceived) == []
    async with rt.transaction() as session:
        assert list(await session.scalars(sa.select(Letter.outcome))) == ["automatic", "automatic"]


async def test_our_own_mail_that_comes_back_is_no_letter(rt: Runtime, sink: Sink, door: Send) -> None:
    """Were it one, its receipt would come back too, for ever."""
    member_id = new_id()
    await Deliverer(rt)(card(member_id, PANEL), opened(), confirmation(member_id), invitation(member_id))
    await Dispatcher().run(rt)
    for envelope in sink.taken:
        await door(envelope.content, "kari@example.net")
    assert len(sink.taken) == 2
    assert await outbox(rt, SuggestionLetterReceived) == []


async def test_a_sender_may_write_so_often_a_day_and_is_told(rt: Runtime, door: Send) -> None:
    for number in range(10):
        assert await door(letter(number)) == {}
    refusals = await door(letter(11))
    assert next(iter(refusals.values()))[0] == 550
    assert len(await outbox(rt, SuggestionLetterReceived)) == 10
    assert await door(letter(12, sender="Ola <ola@example.net>")) == {}
    async with rt.transaction() as session:
        await session.execute(
            sa.text("update notifications.correspondent set created_at = now() - interval '25 hours'")
        )
    assert await door(letter(11)) == {}, "what was refused may be sent again later"


async def test_what_is_too_large_is_refused(rt: Runtime, door: Send) -> None:
    refusals = await door(letter(text="stor " * 30_000))
    assert next(iter(refusals.values()))[0] == 552
    assert await outbox(rt, SuggestionLetterReceived) == []


async def test_a_database_that_is_away_makes_the_server_try_again(rt: Runtime, door: Send) -> None:
    async with rt.transaction() as session:
        await session.execute(sa.text("alter table notifications.letter rename to letter_away"))
    try:
        refusals = await door(letter())
    finally:
        async with rt.transaction() as session:
            await session.execute(sa.text("alter table notifications.letter_away rename to letter"))
    assert next(iter(refusals.values()))[0] == 451
    assert await door(letter()) == {}
    assert len(await outbox(rt, SuggestionLetterReceived)) == 1


async def test_every_recipient_of_one_mail_has_an_answer(rt: Runtime) -> None:
    """LMTP's own rule; the library's client reads only the first, so this speaks it word by word."""
    (port,) = free_ports(1)
    server = await asyncio.get_running_loop().create_server(
        lambda: Listener(Door(rt), hostname="panel.test"), "127.0.0.1", port
    )

    def speak() -> list[int]:
        with smtplib.LMTP("127.0.0.1", port) as client:
            client.ehlo()
            client.mail("kari@example.net")
            codes = [client.rcpt(to)[0] for to in (PANEL, "innbyggerpanel+merke@example.org")]
            codes.append(client.data(letter().as_bytes())[0])
            return [*codes, client.getreply()[0]]

    async with server:
        assert await asyncio.to_thread(speak) == [250, 250, 250, 250]
    assert len(await outbox(rt, SuggestionLetterReceived)) == 1


@pytest.mark.parametrize(("status", "unreachable"), [("5.1.1", True), ("5.7.1", False), ("5.2.2", False)])
async def test_a_bounce_marks_the_mail_failed_and_a_dead_address_unreachable(
    rt: Runtime, sink: Sink, door: Send, status: str, unreachable: bool
) -> None:
    member_id = new_id()
    await Deliverer(rt)(card(member_id), opened(), invitation(member_id))
    await Dispatcher().run(rt)
    async with rt.transaction() as session:
        message_id = (await session.scalars(sa.select(Message.id))).one()
    assert await door(report_about(message_id, status), "<>") == {}
    assert await states(rt) == [("failed", "bounced")]
    assert len(await outbox(rt, MessageFailed)) == 1
    assert len(await outbox(rt, MemberUnreachable)) == unreachable
    assert await outbox(rt, SuggestionLetterReceived) == []
    assert await door(report_about(new_id(), status), "<>") == {}, "a report about a mail we do not know"


def report_about(message_id: UUID, status: str) -> bytes:
    return bounce(message_id, status=status).replace(b"panel.example", b"example.org")


async def test_the_same_letter_at_the_same_moment_is_one(rt: Runtime) -> None:
    raw = letter().as_bytes()
    outcomes = await asyncio.gather(*(take_mail(rt, raw, "kari@example.net") for _ in range(4)))
    assert sorted(outcomes) == ["again", "again", "again", "letter"]
    assert len(await outbox(rt, SuggestionLetterReceived)) == 1


async def test_a_letter_refused_for_its_number_is_not_remembered_as_taken(rt: Runtime) -> None:
    for number in range(10):
        await take_mail(rt, letter(number).as_bytes(), "kari@example.net")
    with pytest.raises(TooManyLetters):
        await take_mail(rt, letter(99).as_bytes(), "kari@example.net")
    async with rt.transaction() as session:
        assert await session.scalar(sa.select(sa.func.count()).select_from(Letter)) == 10


async def test_a_line_longer_than_smtp_allows_is_taken(rt: Runtime, door: Send) -> None:
    raw = letter().as_bytes().replace(b"Bygg bru over elva.", b"Bygg bru. " * 2_000)
    assert await door(raw) == {}
    (event,) = await outbox(rt, SuggestionLetterReceived)
    assert isinstance(event, SuggestionLetterReceived)
    assert event.text.startswith("Bygg bru. Bygg bru.")


async def test_a_machine_that_answers_every_receipt_is_soon_left_unanswered(
    rt: Runtime, sink: Sink, door: Send
) -> None:
    """It says nothing about being one, and its letters are numbered, so only their number gives it away."""
    deliver, answers = Deliverer(rt), 0
    await door(letter(text="Sak 0 er opprettet."))
    while len(await outbox(rt, SuggestionLetterReceived)) > answers:
        event = (await outbox(rt, SuggestionLetterReceived))[answers]
        assert isinstance(event, SuggestionLetterReceived)
        answers += 1
        await deliver(
            SuggestionReplyDue(
                suggestion_id=event.suggestion_id,
                notice="receipt",
                status="received",
                heading=event.heading,
                generation=1,
                send_before=SOON,
            )
        )
        count = len(sink.taken)
        await Dispatcher().run(rt)
        if len(sink.taken) > count:
            await door(letter(answers + 1, text=f"Sak {answers} er opprettet."))
    assert len(sink.taken) == 3
    assert await states(rt) == [("sent", None)] * 3 + [("suppressed", "receipts_enough")]
