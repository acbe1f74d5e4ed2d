"""Dispatch: claim a batch, journal, send over kept connections, mark. No network inside a transaction."""

import asyncio
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any
from urllib.parse import unquote, urlsplit

import aiosmtplib
import sqlalchemy as sa
import structlog

from services.notifications import store
from services.notifications.compose import Unsendable, compose, sendable
from services.notifications.handlers import release_waiting
from services.notifications.settings import notification_settings
from services.notifications.tables import URGENT
from shared.events.notifications import ContactCardMissing, MessageFailed
from shared.messaging import emit, lock
from shared.service import Job, Runtime

log = structlog.get_logger()

_FIRST_WAIT = 2
_LONGEST_WAIT = 900


class Certain(Exception):
    """The server did not take the mail, for sure."""

    def __init__(self, reason: str, *, for_good: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.for_good = for_good


class Lost(Exception):
    """The connection went after the data: nobody can know."""


class Line:
    """One kept SMTP connection."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._arguments: dict[str, Any] = {
            "hostname": parts.hostname,
            "port": parts.port,
            "use_tls": parts.scheme == "smtps",
            "start_tls": None if parts.scheme == "smtp" and parts.username else False,
            "username": unquote(parts.username) if parts.username else None,
            "password": unquote(parts.password) if parts.password else None,
            "timeout": 20,
        }
        self._client: aiosmtplib.SMTP | None = None

    async def send(self, sender: str, recipient: str, raw: bytes) -> None:
        """Hand one mail over; raises Certain or Lost."""
        client = await self._connected()
        try:
            await client.mail(sender)
            await client.rcpt(recipient)
        except aiosmtplib.SMTPResponseException as error:
            await self._reset(client)
            raise Certain(_reason(error.code), for_good=error.code >= 500) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            self.close()
            raise Certain("connection", for_good=False) from error
        except BaseException:
            self.close()
            raise
        try:
            await client.data(raw)
        except aiosmtplib.SMTPDataError as error:
            raise Certain(_reason(error.code), for_good=error.code >= 500) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            self.close()
            raise Lost from error
        except BaseException:
            # Stopped half-way through a mail: the next one on this connection would read this one's answers.
            self.close()
            raise

    async def _connected(self) -> aiosmtplib.SMTP:
        if self._client is None or not self._client.is_connected:
            client = aiosmtplib.SMTP(**self._arguments)
            try:
                await client.connect()
                await client.ehlo()
            except (aiosmtplib.SMTPException, OSError) as error:
                raise Certain("connection", for_good=False) from error
            self._client = client
        return self._client

    async def _reset(self, client: aiosmtplib.SMTP) -> None:
        try:
            await client.rset()
        except (aiosmtplib.SMTPException, OSError):
            self.close()

    def close(self) -> None:
        """Drop the connection."""
        if self._client is not None:
            self._client.close()
            self._client = None


def _reason(code: int) -> str:
    return f"smtp_{code}"


class Dispatcher:
    """Sends what is due until nothing is."""

    def __init__(self, write: Callable[..., EmailMessage] = compose) -> None:
        self._write = write
        self._lines: list[Line] = []

    async def run(self, rt: Runtime) -> None:
        """One round: settle what crashed workers left, then send batches until none is due."""
        settings = notification_settings()
        async with rt.transaction() as session:
            await store.settle_overdue(session, rt.now())
            # Card and message may be stored at the same moment, each before seeing the other.
            await release_waiting(session, sa.true())
        if settings.paused:
            return
        if not self._lines:
            self._lines = [Line(rt.settings.smtp_url.get_secret_value()) for _ in range(settings.connections)]
        while True:
            async with rt.transaction() as session:
                rows = await store.claim(session, settings.batch, settings.lease_seconds)
            if not rows:
                return
            work: asyncio.Queue[Any] = asyncio.Queue()
            for row in rows:
                work.put_nowait(row)
            async with asyncio.TaskGroup() as group:
                for line in self._lines:
                    group.create_task(self._drain(rt, line, work))

    async def _drain(self, rt: Runtime, line: Line, work: "asyncio.Queue[Any]") -> None:
        while not work.empty():
            row = work.get_nowait()
            await self._send_one(rt, line, row)

    async def _send_one(self, rt: Runtime, line: Line, row: Any) -> None:
        message, fence = row.Message, row.Message.fence
        try:
            recipient = sendable(row.Contact.email)
            raw = self._write(rt, message, row.Contact, row.Survey).as_bytes()
        except Unsendable:
            await self._refused(rt, message, fence, Certain("address_form", for_good=True))
            return
        except Exception as error:  # noqa: BLE001
            # One mail that cannot be written must not stop the others; its error may hold the address, so no text.
            log.error("notifications.message.not_composed", message_id=str(message.id), error=type(error).__name__)
            await self._refused(rt, message, fence, Certain("compose", for_good=False))
            return
        async with rt.transaction() as session:
            if not await store.start(session, message.id, fence):
                return
        try:
            await line.send(rt.settings.mail_from, recipient, raw)
        except Certain as refusal:
            await self._refused(rt, message, fence, refusal)
        except Lost:
            async with rt.transaction() as session:
                if message.purpose in URGENT:
                    await store.refuse(
                        session, message.id, fence, state="pending", reason="connection", wait=_FIRST_WAIT
                    )
                else:
                    await store.doubt(session, message.id, fence)
        else:
            async with rt.transaction() as session:
                await store.accept(session, message.id, fence)

    async def _refused(self, rt: Runtime, message: Any, fence: int, refusal: Certain) -> None:
        exhausted = message.tries >= notification_settings().most_tries and refusal.reason != "connection"
        failed = refusal.for_good or exhausted
        wait = min(_FIRST_WAIT * 2 ** min(message.tries, 10), _LONGEST_WAIT)
        async with rt.transaction() as session:
            state = "failed" if failed else "pending"
            await store.refuse(session, message.id, fence, state=state, reason=refusal.reason, wait=wait)
            if failed and message.member_id is not None:
                await lock(session, message.id)
                await emit(
                    session,
                    MessageFailed(
                        message_id=message.id,
                        member_id=message.member_id,
                        purpose=message.purpose,
                        reason=refusal.reason,
                        failed_at=rt.now(),
                    ),
                )
        log.info("notifications.message.refused", message_id=str(message.id), reason=refusal.reason, failed=failed)


async def ask_for_cards(rt: Runtime) -> None:
    """Ask registration once for each card that has not arrived within a minute."""
    async with rt.transaction() as session:
        members = await store.without_card(session, notification_settings().card_wait_seconds)
        for member_id in members:
            await lock(session, member_id)
            await emit(session, ContactCardMissing(member_id=member_id))


JOBS = [
    Job("dispatch", Dispatcher().run, every=1.0, on_commit=True),
    Job("ask_for_cards", ask_for_cards, every=10.0),
]
