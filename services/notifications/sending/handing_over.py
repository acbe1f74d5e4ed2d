"""Kept SMTP connections: each hand-over ends in taken, certainly refused, or nobody can know."""

import asyncio
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import aiosmtplib

from services.notifications.refusals.domain import Verdict, judge

_RESET_SECONDS = 20


class Certain(Exception):
    """The server did not take the mail, for sure.

    ``for_good``: another try would end the same way. ``verdict``: what that says about the address. ``ours``: the
    refusal is about our server or connection, so the mail waits as long as it may.
    """

    def __init__(
        self, reason: str, *, for_good: bool = False, verdict: Verdict = Verdict.OTHER, ours: bool = False
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.for_good = for_good
        self.verdict = verdict
        self.ours = ours


class Lost(Exception):
    """The connection went after the data: nobody can know."""


class Line:
    """One kept SMTP connection."""

    def __init__(self, url: str, hand_over_seconds: int, ca_file: Path | None = None) -> None:
        parts = urlsplit(url)
        self._seconds = hand_over_seconds
        self._arguments: dict[str, Any] = {
            "hostname": parts.hostname,
            "port": parts.port,
            "use_tls": parts.scheme == "smtps",
            # A password never goes in the clear: a server that asks for one must offer STARTTLS.
            "start_tls": parts.scheme == "smtp+starttls" or (parts.scheme == "smtp" and bool(parts.username)),
            "tls_context": ssl.create_default_context(cafile=ca_file) if ca_file else None,
            "username": unquote(parts.username) if parts.username else None,
            "password": unquote(parts.password) if parts.password else None,
            # ``send`` has a limit for everything; one for each command would cost a task and a timer each.
            "timeout": None,
        }
        self._client: aiosmtplib.SMTP | None = None
        self.away = False
        """Whether the last try ended without the server's answer about that mail: the next would end so too."""

    async def send(self, sender: str, recipient: str, raw: bytes) -> None:
        """Hand one mail over within ``hand_over_seconds``; raises Certain or Lost."""
        handed_over, self.away = False, True
        try:
            async with asyncio.timeout(self._seconds):
                client = await self._connected()
                await self._envelope(client, sender, recipient)
                handed_over = True
                await client.data(raw)
                self.away = False
        except aiosmtplib.SMTPDataError as error:
            self.away = error.code == 421
            if self.away:
                self.close()
            else:
                # A server that refused the command itself, before the data, still holds the envelope.
                await self._reset(client)
            verdict = judge(error.message, error.code)
            if verdict is Verdict.DEAD and "5.1." not in error.message:
                verdict = Verdict.OTHER  # after the data a refusal is mostly about what the mail says
            raise Certain(f"smtp_{error.code}", for_good=error.code >= 500, verdict=verdict) from error
        except (aiosmtplib.SMTPException, OSError) as error:  # a TimeoutError is an OSError
            self.close()
            if handed_over:
                raise Lost from error
            raise Certain("connection", ours=True) from error
        except Certain as refusal:
            self.away = refusal.ours
            raise
        except BaseException:
            # Stopped half-way through a mail: the next one on this connection would read this one's answers.
            self.close()
            raise

    async def _envelope(self, client: aiosmtplib.SMTP, sender: str, recipient: str) -> None:
        # The addresses are read already; client.mail and client.rcpt would parse each of them again.
        answer = await client.execute_command(b"MAIL", b"FROM:<%s>" % sender.encode("ascii"))
        if answer.code != 250:
            await self._reset(client)
            raise Certain(f"sender_{answer.code}", ours=True)
        answer = await client.execute_command(b"RCPT", b"TO:<%s>" % recipient.encode("ascii"))
        if answer.code not in (250, 251):
            await self._reset(client)
            if answer.code == 421:
                raise Certain("connection", ours=True)
            verdict = judge(answer.message, answer.code)
            raise Certain(f"smtp_{answer.code}", for_good=answer.code >= 500, verdict=verdict)

    async def _connected(self) -> aiosmtplib.SMTP:
        if self._client is None or not self._client.is_connected:
            client = aiosmtplib.SMTP(**self._arguments)
            await client.connect()
            await client.ehlo()
            self._client = client
        return self._client

    async def _reset(self, client: aiosmtplib.SMTP) -> None:
        try:
            await client.rset(timeout=_RESET_SECONDS)
        except (aiosmtplib.SMTPException, OSError):
            self.close()

    def close(self) -> None:
        """Drop the connection."""
        if self._client is not None:
            self._client.close()
            self._client = None
