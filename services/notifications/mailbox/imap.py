"""Mail in from a mailbox of the panel's own, where the mail server cannot hand over by LMTP.

Each unread mail is taken and then marked read; what cannot be taken is marked read and flagged, for people to see in
the mailbox. A mail that is taken and not marked, because the process stopped, is known by its digest the next time.
"""

import asyncio
import imaplib
import re
from email.parser import BytesHeaderParser
from typing import Any
from urllib.parse import unquote, urlsplit

import structlog

from services.notifications.mailbox.reading import Unreadable
from services.notifications.mailbox.taking import TooManyLetters, take_mail
from services.notifications.settings import NotificationSettings, notification_settings
from shared.service import Runtime

log = structlog.get_logger()

_SECONDS = 30
_MOST_A_ROUND = 50


class Mailbox:
    """The blocking conversation with the server; every method runs in a thread."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        make = imaplib.IMAP4_SSL if parts.scheme == "imaps" else imaplib.IMAP4
        port = parts.port or (993 if parts.scheme == "imaps" else 143)
        self._client = make(parts.hostname or "", port, timeout=_SECONDS)
        self._client.login(unquote(parts.username or ""), unquote(parts.password or ""))
        folder = unquote(parts.path.lstrip("/")) or "INBOX"
        self._checked(self._client.select(f'"{folder}"'))

    def unread(self) -> list[str]:
        """Ids of the oldest unread mails."""
        found = self._checked(self._client.uid("SEARCH", "UNSEEN"))
        return (found[0] or b"").decode("ascii").split()[:_MOST_A_ROUND]

    def size(self, uid: str) -> int:
        """The mail's size in bytes."""
        found = self._checked(self._client.uid("FETCH", uid, "(RFC822.SIZE)"))
        stated = re.search(rb"RFC822\.SIZE (\d+)", found[0] or b"")
        return int(stated[1]) if stated else 0

    def content(self, uid: str) -> bytes:
        """The whole mail, left unread."""
        for part in self._checked(self._client.uid("FETCH", uid, "(BODY.PEEK[])")):
            if isinstance(part, tuple):
                return bytes(part[1])
        return b""

    def mark(self, uid: str, flags: str) -> None:
        """Add flags."""
        self._checked(self._client.uid("STORE", uid, "+FLAGS", f"({flags})"))

    def close(self) -> None:
        """Say goodbye, or drop a connection that does not listen."""
        try:
            self._client.logout()
        except (imaplib.IMAP4.error, OSError):
            self._client.shutdown()

    @staticmethod
    def _checked(answer: tuple[str, list[Any]]) -> list[Any]:
        state, found = answer
        if state != "OK":
            raise ConnectionError("the mailbox's server refused a command")
        return found


async def fetch_letters(rt: Runtime, settings: NotificationSettings | None = None) -> None:
    """Take what is unread; nothing without a mailbox."""
    settings = settings or notification_settings()
    url = settings.imap_url.get_secret_value()
    if not url:
        return
    mailbox = await asyncio.to_thread(Mailbox, url)
    try:
        for uid in await asyncio.to_thread(mailbox.unread):
            flags = await _take(rt, mailbox, uid, settings.largest_letter)
            await asyncio.to_thread(mailbox.mark, uid, flags)
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
    return str(BytesHeaderParser().parsebytes(raw).get("Return-Path", "-")).strip().strip("<>")
