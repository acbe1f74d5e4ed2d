"""What tests of mails share: a server that misbehaves on order, and events that ask for mail."""

import asyncio
import email
import email.policy
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from aiosmtpd.controller import Controller

from deploy.local.process import free_ports
from services.notifications.sending.claiming import Try
from services.notifications.sending.journaling import Steps
from services.notifications.tables import Message
from shared.events.registration import ConfirmationRequested, ContactChanged, MemberChanged
from shared.events.surveys import SurveyAnswered, SurveyInvitationIssued, SurveyOpened, SurveyReminderDue
from shared.ids import new_id
from shared.service import Runtime
from shared.testing import begins
from tests.questionnaires import content

RuntimeOf = Callable[..., Awaitable[Runtime]]
SURVEY = new_id()
NOW = begins()
SOON = NOW + timedelta(days=10)


class Sink:
    """Takes mail, or does what it is told to."""

    def __init__(self) -> None:
        self.port = 0
        self.taken: list[Any] = []
        self.replies: list[str] = []
        self.data_replies: list[str] = []
        self.hang_up = False

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        reply = self.replies.pop(0) if self.replies else "250 OK"
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        reply = self.data_replies.pop(0) if self.data_replies else "250 OK"
        if reply.startswith("250"):
            self.taken.append(envelope)
        if self.hang_up:
            server.transport.abort()
        return reply

    def hold(self) -> tuple[asyncio.Event, threading.Event]:
        """Keep every mail without an answer: set once one has been handed over, and to be set to let them go on."""
        reached, go_on = asyncio.Event(), threading.Event()
        loop, take = asyncio.get_running_loop(), self.handle_DATA

        async def slow(server: Any, session: Any, envelope: Any) -> str:
            loop.call_soon_threadsafe(reached.set)
            await asyncio.to_thread(go_on.wait, 10)
            return await take(server, session, envelope)

        self.handle_DATA = slow  # type: ignore[method-assign]
        return reached, go_on

    @property
    def mails(self) -> list[EmailMessage]:
        """What was taken, as a mail program reads it."""
        return [read_mail(mail.content) for mail in self.taken]


@contextmanager
def mail_server() -> Iterator[Sink]:
    """A sink that listens in a thread."""
    sink = Sink()
    (sink.port,) = free_ports(1)
    controller = Controller(sink, hostname="127.0.0.1", port=sink.port)
    controller.start()
    yield sink
    controller.stop()


def read_mail(raw: bytes) -> EmailMessage:
    """The mail as a mail program reads it."""
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def text_of(mail: EmailMessage) -> str:
    """The text part."""
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def html_of(mail: EmailMessage) -> str:
    """The HTML part."""
    part = mail.get_body(("html",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def confirmation(member_id: UUID) -> ConfirmationRequested:
    return ConfirmationRequested(member_id=member_id, generation=1, send_before=SOON, link_expires_at=SOON)


def card(
    member_id: UUID, email: str = "kari@example.org", name: str = "Kari", language: str = "nb", address_number: int = 1
) -> ContactChanged:
    return ContactChanged(member_id=member_id, name=name, email=email, language=language, address_number=address_number)


def wishes(member_id: UUID, *purposes: str, status: str = "active") -> MemberChanged:
    return MemberChanged(
        member_id=member_id,
        year_of_birth=1980,
        gender="female",
        area="1337",
        area_scheme="postcode-2026-05-26",
        purposes=purposes,
        status=status,
        joined_at=NOW,
    )


def invitation(member_id: UUID) -> SurveyInvitationIssued:
    return SurveyInvitationIssued(
        invitation_id=new_id(),
        survey_id=SURVEY,
        member_id=member_id,
        generation=1,
        link_expires_at=SOON,
        send_before=SOON,
    )


def reminder(event: SurveyInvitationIssued) -> SurveyReminderDue:
    return SurveyReminderDue(**event.model_dump(), reminder=1)


def answered(event: SurveyInvitationIssued) -> SurveyAnswered:
    return SurveyAnswered(
        invitation_id=event.invitation_id, survey_id=SURVEY, member_id=event.member_id, answered_at=NOW
    )


def opened(**questionnaire: Any) -> SurveyOpened:
    return SurveyOpened(
        survey_id=SURVEY,
        questionnaire=content(id="klima", title={"nb": "Klima"}, minutes=4) | questionnaire,
        opened_at=NOW,
        closes_at=SOON,
        cell_minimum=5,
    )


async def states(rt: Runtime) -> list[tuple[str, str | None]]:
    """(state, reason) of every message, oldest first."""
    async with rt.transaction() as session:
        rows = await session.execute(sa.select(Message.state, Message.reason).order_by(Message.created_at, Message.id))
        return [(row.state, row.reason) for row in rows]


async def journal(rt: Runtime, accepted: Sequence[Try], starting: Sequence[Try]) -> set[Try]:
    """One step of the journal; the tries that may go on."""
    steps = Steps(rt.database.engine, 75)
    answers = await asyncio.gather(
        *(steps.step(attempt, None) for attempt in accepted), *(steps.step(None, attempt) for attempt in starting)
    )
    await steps.close()
    return {attempt for attempt, may in zip(starting, answers[len(accepted) :], strict=True) if may}


async def lease_over(rt: Runtime) -> None:
    """As if the worker had been away for longer than its lease."""
    async with rt.transaction() as session:
        await session.execute(
            sa.text(
                "update notifications.message set lease_until = now() - interval '1 second'"
                " where lease_until is not null"
            )
        )
