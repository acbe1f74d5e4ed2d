"""Dispatch: claim a batch, journal, send over kept connections, mark. No network inside a transaction."""

import asyncio
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from services.notifications.letters.composing import Composer, Unsendable, sendable
from services.notifications.letters.mail import Mail
from services.notifications.messages.creating import release_waiting
from services.notifications.messages.suppressing import give_up_on_member
from services.notifications.refusals.domain import SOFT_LIMIT, Verdict, soft_count
from services.notifications.sending import claiming
from services.notifications.sending.claiming import Try
from services.notifications.sending.domain import is_quiet, retry_wait
from services.notifications.sending.handing_over import Certain, Line, Lost
from services.notifications.sending.journaling import Steps
from services.notifications.sending.pacing import Rest, left_this_minute, spend
from services.notifications.settings import NotificationSettings, notification_settings
from services.notifications.tables import Contact, Message
from shared.events.notifications import ContactCardMissing, MemberUnreachable, MessageFailed
from shared.messaging import emit, lock
from shared.service import Runtime
from shared.trace import following

log = structlog.get_logger()

_JOURNAL_DAYS = 60
#: Seconds a lease outlasts the longest hand-over, for the journal's own writing.
_SLACK = 30


class Ready(NamedTuple):
    """A claimed message, written."""

    message: Message
    attempt: Try
    recipient: str
    raw: bytes


class Dispatcher:
    """Sends what is due in one lane (``urgent``; None is both) until nothing is."""

    def __init__(
        self,
        urgent: bool | None = None,
        write: Callable[[Mail], bytes] | None = None,
        steps: Callable[[AsyncEngine, int], Steps] = Steps,
        settings: NotificationSettings | None = None,
    ) -> None:
        self._urgent = urgent
        self._given = settings
        self._write = write
        self._make_steps = steps
        self._lines: list[Line] = []
        self._steps: Steps | None = None
        self._rest = Rest()

    async def run(self, rt: Runtime) -> None:
        """One round: settle what crashed workers left, then send batches until none is due."""
        settings = self._settings()
        if self._steps is None or self._steps.engine is not rt.database.engine:
            await self._begin(rt)
        async with rt.transaction() as session:
            await claiming.settle_overdue(session, rt.now())
            # Card and message may be stored at the same moment, each before seeing the other.
            await release_waiting(session, sa.true())
        assert self._steps is not None
        try:
            while await self._send_batch(rt, settings):
                pass
        finally:
            await self._steps.close()

    async def _send_batch(self, rt: Runtime, settings: NotificationSettings) -> bool:
        """Claim and send one batch; False when nothing is due in this lane now."""
        quiet = is_quiet(rt.now().astimezone(rt.settings.zone), settings.quiet_from, settings.quiet_to)
        if (quiet and self._urgent is False) or self._rest.goes_on():
            return False
        paced = settings.per_minute and not quiet and not self._urgent
        async with rt.transaction() as session:
            may_go = await left_this_minute(session, settings.per_minute) if paced else settings.batch
            if may_go == 0 and self._urgent is False:
                return False
            none_go = quiet or may_go == 0
            lane, batch = (True, settings.batch) if none_go else (self._urgent, min(settings.batch, may_go))
            mails = await claiming.claim(session, batch, settings.lease_seconds, rt.now(), lane)
            if paced and (bulk := sum(not mail.message.urgent for mail in mails)):
                await spend(session, bulk)
        # Written together: far cheaper than one by one between the answers of server and database.
        work = deque([ready for mail in mails if (ready := await self._prepare(rt, mail)) is not None])
        lines = self._lines[: len(work)]
        drains = [asyncio.create_task(self._drain(rt, line, work)) for line in lines]
        try:
            if drains:
                await asyncio.wait(drains, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            rest = [ready.attempt for ready in work]
            work.clear()
            # A process that is stopped finishes the mails in its hands, or they would be unknown.
            ends = await asyncio.gather(*drains, return_exceptions=True)
            if rest:
                # Stopped in the middle, or the server is away: others need not wait for the lease.
                async with rt.transaction() as session:
                    await claiming.release(session, rest)
        for end in ends:
            if end is not None:
                raise end
        self._rest.note([line.away for line in lines])
        return bool(mails) and not self._rest.goes_on()

    def _settings(self) -> NotificationSettings:
        return self._given or notification_settings()

    async def _begin(self, rt: Runtime) -> None:
        settings = self._settings()
        if settings.paused:
            async with rt.transaction() as session:
                await claiming.set_paused(session, True, "start")
        url, seconds = rt.settings.smtp_url.get_secret_value(), settings.hand_over_seconds
        ca_file = rt.settings.smtp_ca_file
        self._lines = [Line(url, seconds, ca_file) for _ in range(1 if self._urgent else settings.connections)]
        self._steps = self._make_steps(rt.database.engine, seconds + _SLACK)
        self._write = self._write or Composer(rt).write

    async def _drain(self, rt: Runtime, line: Line, work: "deque[Ready]") -> None:
        assert self._steps is not None
        previous: Try | None = None
        line.away = False
        try:
            while work and not line.away:
                previous = await self._send_one(rt, line, work.popleft(), previous)
        finally:
            if previous is not None:
                await self._steps.step(previous, None)

    async def _send_one(self, rt: Runtime, line: Line, mail: Ready, previous: Try | None) -> Try | None:
        """Journal the ``previous`` mail as accepted and this one as started, in one step; then hand this one over.

        The result is the try that was accepted and is not journaled yet.
        """
        assert self._steps is not None
        if not await self._steps.step(previous, mail.attempt):
            async with rt.transaction() as session:
                # Sending was paused meanwhile; a claim that no longer holds is left alone by this.
                await claiming.release(session, [mail.attempt])
            return None
        message = mail.message
        with following(message.traceparent, f"mail {message.purpose}", "client", message_id=message.id) as span:
            try:
                await line.send(rt.settings.mail_from, mail.recipient, mail.raw)
                return mail.attempt
            except Certain as refusal:
                await self._refused(rt, message, mail.attempt, refusal)
            except Lost:
                async with rt.transaction() as session:
                    if message.urgent:
                        await claiming.refuse(
                            session, mail.attempt, state="pending", reason="connection", wait=retry_wait(0)
                        )
                    else:
                        await claiming.doubt(session, mail.attempt)
            span.tell(failed=True)
            return None

    async def _prepare(self, rt: Runtime, mail: Mail) -> Ready | None:
        assert self._write is not None
        message = mail.message
        attempt = Try(message.id, message.fence)
        try:
            return Ready(message, attempt, sendable(mail.address), self._write(mail))
        except Unsendable:
            await self._refused(rt, message, attempt, Certain("address_form", for_good=True, verdict=Verdict.DEAD))
        except Exception as error:  # noqa: BLE001
            # One mail that cannot be written must not stop the others; its error may hold the address, so no text.
            log.error("notifications.message.not_composed", message_id=str(message.id), error=type(error).__name__)
            await self._refused(rt, message, attempt, Certain("compose"))
        return None

    async def _refused(self, rt: Runtime, message: Message, attempt: Try, refusal: Certain) -> None:
        exhausted = message.tries >= self._settings().most_tries and not refusal.ours
        failed = refusal.for_good or exhausted
        async with rt.transaction() as session:
            state, wait = ("failed", 0) if failed else ("pending", retry_wait(message.tries))
            is_ours = await claiming.refuse(session, attempt, state=state, reason=refusal.reason, wait=wait)
            if failed and is_ours:
                await report_failure(session, message, refusal.reason, rt.now(), refusal.verdict)
        log.info("notifications.message.refused", message_id=str(message.id), reason=refusal.reason, failed=failed)


async def report_failure(session: AsyncSession, message: Message, reason: str, now: datetime, verdict: Verdict) -> None:
    """Publish that a member's message failed and, when the address is to blame, that the member is unreachable.

    Refusals that may pass are counted; too many of them are the address's fault too. A mail from before the address
    changed says nothing about the new one.
    """
    member_id = message.member_id
    if member_id is None:
        return
    await lock(session, message.id, member_id)
    await emit(
        session,
        MessageFailed(
            message_id=message.id,
            member_id=member_id,
            purpose=message.purpose,
            reason=reason,
            failed_at=now,
            about_id=message.subject_id,
            address_at_fault=verdict is not Verdict.OTHER,
        ),
    )
    if await _went_to_another_address(session, message, member_id):
        return
    if verdict is Verdict.SOFT and await _has_failed_too_often(session, member_id, now):
        verdict, reason = Verdict.DEAD, "refused_often"
    if verdict is not Verdict.DEAD:
        return
    marked = await session.scalar(
        sa.update(Contact)
        .where(Contact.member_id == member_id, Contact.removed.is_(False), Contact.unreachable.is_(None))
        .values(unreachable=reason)
        .returning(Contact.address_number)
    )
    if marked is not None:
        await give_up_on_member(session, member_id, "unreachable", urgent_too=False)
        event = MemberUnreachable(member_id=member_id, reason=reason, since=now, address_number=marked)
        await emit(session, event)


async def _went_to_another_address(session: AsyncSession, message: Message, member_id: UUID) -> bool:
    """Whether the mail is older than the address; reports of the one before come for days after the change."""
    newer = sa.exists().where(Contact.member_id == member_id, Contact.address_since > message.created_at)
    return bool(await session.scalar(sa.select(newer)))


async def _has_failed_too_often(session: AsyncSession, member_id: UUID, now: datetime) -> bool:
    """Count one more refusal that may pass."""
    contact = await session.get(Contact, member_id, populate_existing=True)
    if contact is None or contact.removed:
        return False
    contact.soft_refusals, contact.soft_since = soft_count(contact.soft_refusals, contact.soft_since, now)
    return contact.soft_refusals >= SOFT_LIMIT


async def ask_for_cards(rt: Runtime) -> None:
    """Ask registration once for each card that has not arrived within a minute."""
    async with rt.transaction() as session:
        members = await claiming.without_card(session, notification_settings().card_wait_seconds)
        for member_id in members:
            await lock(session, member_id)
            await emit(session, ContactCardMissing(member_id=member_id))


async def forget_journal(rt: Runtime) -> None:
    """The journal is for crashes and relay logs; nobody asks about a mail of months ago."""
    async with rt.transaction() as session:
        await claiming.forget_journal(session, _JOURNAL_DAYS)
