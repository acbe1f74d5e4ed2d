"""Mail in from a mailbox of the panel's own, where the mail server cannot hand over by LMTP.

Each unread mail is taken and then marked read; what cannot be taken is marked read and flagged, for people to see in
the mailbox. A mail that is taken and not marked, because the process stopped, is known by its digest the next time.
The mailbox keeps what has been read no longer than the addresses of matters are kept.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import structlog

from services.notifications.mailbox.parsing import Unreadable, parse_head
from services.notifications.mailbox.taking import TooManyLetters, take_mail
from services.notifications.settings import NotificationSettings, notification_settings
from shared.imap import Mailbox
from shared.service import Runtime

log = structlog.get_logger()


async def fetch_letters(rt: Runtime, settings: NotificationSettings | None = None) -> None:
    """Take what is unread; nothing without a mailbox."""
    settings = settings or notification_settings()
    async with _opened(settings) as mailbox:
        if mailbox is None:
            return
        for uid in await asyncio.to_thread(mailbox.unread):
            flags = await _take(rt, mailbox, uid, settings.largest_letter)
            await asyncio.to_thread(mailbox.mark, uid, flags)


async def forget_letters(rt: Runtime, settings: NotificationSettings | None = None) -> None:
    """Job: a mail that was read leaves the mailbox; one that people must see to has longer."""
    settings = settings or notification_settings()
    async with _opened(settings) as mailbox:
        if mailbox is None:
            return
        for flagged, days in ((False, settings.correspondent_days), (True, settings.unanswered_days)):
            old = await asyncio.to_thread(mailbox.read_before, rt.now() - timedelta(days=days), flagged=flagged)
            await asyncio.to_thread(mailbox.remove, old)


@asynccontextmanager
async def _opened(settings: NotificationSettings) -> AsyncIterator[Mailbox | None]:
    """The mailbox; None where there is none."""
    url = settings.imap_url.get_secret_value()
    if not url:
        yield None
        return
    mailbox = await asyncio.to_thread(Mailbox, url)
    try:
        yield mailbox
    finally:
        await asyncio.to_thread(mailbox.close)


async def _take(rt: Runtime, mailbox: Mailbox, uid: str, largest: int) -> str:
    """The flags the mail gets; raises what is transient, and the mail stays unread."""
    if await asyncio.to_thread(mailbox.size, uid) > largest:
        return r"\Seen \Flagged"
    raw = await asyncio.to_thread(mailbox.content, uid)
    try:
        await take_mail(rt, raw, _envelope_sender(raw))
    except (TooManyLetters, Unreadable) as refusal:
        log.warning("notifications.letter.left_in_mailbox", reason=type(refusal).__name__)
        return r"\Seen \Flagged"
    return r"\Seen"


def _envelope_sender(raw: bytes) -> str:
    """What the server that delivered the mail wrote down; ``-``, which is nobody, where it did not."""
    return str(parse_head(raw).get("Return-Path", "-")).strip().strip("<>")
