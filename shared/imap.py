"""A mailbox on a server, read by IMAP."""

import imaplib
import re
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlsplit

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
        return self._found("UNSEEN")

    def read_before(self, then: datetime, *, flagged: bool) -> list[str]:
        """Ids of the oldest mails that have been read and came before that day."""
        day = imaplib.Time2Internaldate(then)[1:12]
        return self._found("SEEN", "FLAGGED" if flagged else "UNFLAGGED", "BEFORE", day)

    def size(self, uid: str) -> int:
        """The mail's size in bytes."""
        answer = self._checked(self._client.uid("FETCH", uid, "(RFC822.SIZE)"))
        stated = re.search(rb"RFC822\.SIZE (\d+)", answer[0] or b"")
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

    def remove(self, uids: list[str]) -> None:
        """Take these mails out of the mailbox for good."""
        for uid in uids:
            self.mark(uid, r"\Deleted")
        if uids:
            self._checked(self._client.expunge())

    def close(self) -> None:
        """Say goodbye, or drop a connection that does not listen."""
        try:
            self._client.logout()
        except (imaplib.IMAP4.error, OSError):
            self._client.shutdown()

    def _found(self, *what: str) -> list[str]:
        answer = self._checked(self._client.uid("SEARCH", *what))
        return (answer[0] or b"").decode("ascii").split()[:_MOST_A_ROUND]

    @staticmethod
    def _checked(answer: tuple[str, list[Any]]) -> list[Any]:
        state, data = answer
        if state != "OK":
            raise ConnectionError("the mailbox's server refused a command")
        return data
