"""Storing what a mail means: a suggestion, a bounce, or nothing that is answered."""

import asyncio
from datetime import timedelta
from urllib.parse import urlsplit

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from services.notifications.mailbox.reading import Incoming, Own, read_mail, read_sender
from services.notifications.mailbox.reports import Report
from services.notifications.refusals.domain import judge
from services.notifications.sending.dispatching import report_failure
from services.notifications.settings import notification_settings
from services.notifications.tables import Correspondent, Letter, Message
from shared.database import count_rows, insert_new
from shared.events.notifications import SuggestionLetterReceived
from shared.ids import new_id
from shared.messaging import emit_new
from shared.service import Runtime

log = structlog.get_logger()


class TooManyLetters(Exception):
    """This sender has sent as many letters as may be sent in a day."""


def own_addresses(rt: Runtime) -> frozenset[str]:
    """The panel's addresses, in lower case: mail to them is taken, mail from them never answered."""
    settings = rt.settings
    return frozenset(own.lower() for own in (settings.mail_from, settings.mail_reply_to, rt.profile.contact_email))


def own(rt: Runtime) -> Own:
    """What names the panel in a mail that comes in."""
    settings, addresses = rt.settings, own_addresses(rt)
    own_names = (settings.mail_from_name, *rt.profile.panel_name.values(), urlsplit(settings.public_url).netloc)
    names = {name.lower() for name in own_names}
    return Own(addresses, settings.mail_from.rpartition("@")[2], addresses | frozenset(names - {""}))


async def take_mail(rt: Runtime, raw: bytes, envelope_sender: str) -> str:
    """Take one mail in; what became of it (``letter``, ``doubtful``, ``automatic``, ``report`` or ``again``) is
    committed.

    Raises Unreadable or TooManyLetters, which its sender must be told, and whatever the database raises, after which
    it must be handed over again.
    """
    # A mail may be ten megabytes: reading it must not hold up pages and consumers. Its head alone says who writes, and
    # whoever has written too often is told before it is read.
    sender = await asyncio.to_thread(read_sender, raw, envelope_sender)
    if envelope_sender not in ("", "<>"):
        async with rt.transaction() as session:
            await _check_number(session, sender)
    incoming = await asyncio.to_thread(read_mail, raw, envelope_sender, own(rt))
    async with rt.transaction() as session:
        outcome = await _take(session, rt, incoming)
    log.info("notifications.letter.taken", outcome=outcome)
    return outcome


async def _take(session: AsyncSession, rt: Runtime, incoming: Incoming) -> str:
    values = {"digest": incoming.digest, "outcome": incoming.kind, "received_at": rt.now()}
    if not await insert_new(session, Letter, **values):
        return "again"
    if incoming.report is not None:
        await _apply_report(session, rt, incoming.report)
    elif incoming.kind in ("letter", "doubtful"):
        await _keep_letter(session, rt, incoming)
    return incoming.kind


async def _keep_letter(session: AsyncSession, rt: Runtime, incoming: Incoming) -> None:
    """The address stays here; the words go on without it."""
    await _check_number(session, incoming.sender)
    suggestion_id = new_id()
    session.add(
        Correspondent(
            suggestion_id=suggestion_id,
            email=incoming.sender,
            language=incoming.language,
            in_reply_to=incoming.reference,
            by_mail=True,
            doubtful=incoming.kind == "doubtful",
            since=rt.now(),
        )
    )
    await emit_new(
        session,
        [
            SuggestionLetterReceived(
                suggestion_id=suggestion_id,
                heading=incoming.heading,
                text=incoming.text,
                removed=incoming.removed,
                language=incoming.language,
                attachments_refused=incoming.attachments,
                received_at=rt.now(),
            )
        ],
    )


async def _check_number(session: AsyncSession, sender: str) -> None:
    """Raises TooManyLetters when this address has sent as many as it may, however it is spelled."""
    lately = sa.func.clock_timestamp() - timedelta(days=1)
    statement = sa.select(Correspondent).where(
        sa.func.lower(Correspondent.email) == sender.lower(), Correspondent.by_mail, Correspondent.created_at > lately
    )
    if await count_rows(session, statement) >= notification_settings().letters_per_day:
        raise TooManyLetters


async def _apply_report(session: AsyncSession, rt: Runtime, report: Report) -> None:
    """One of our mails came back: it failed, whatever its server said when it took it."""
    message = await session.scalar(
        sa.update(Message)
        .where(Message.id == report.message_id, Message.state.in_(["sent", "unknown"]))
        .values(state="failed", reason="bounced")
        .returning(Message)
    )
    if message is not None:
        await report_failure(session, message, "bounced", rt.now(), judge(report.words))
