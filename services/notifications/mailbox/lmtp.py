"""Mail in by LMTP: the municipality's mail server hands over, and hears 250 only after the commit."""

import asyncio
from typing import Any

import structlog
from aiosmtpd.lmtp import LMTP

from services.notifications.mailbox.parsing import Unreadable
from services.notifications.mailbox.taking import TooManyLetters, own_addresses, take_mail
from services.notifications.settings import notification_settings
from shared.service import Runtime

log = structlog.get_logger()

_TAKEN = "250 2.0.0 taken"
_LATER = "451 4.3.0 try again later"
_UNREADABLE = "554 5.6.0 the message cannot be read"
_TOO_MANY = "550 5.7.1 too many messages today"
_NO_SUCH = "550 5.1.1 no such mailbox"


class Listener(LMTP):
    """Takes lines longer than SMTP allows: not every program breaks them, and their sender would hear of a refusal."""

    line_length_limit = 1_000_000


class Door:
    """What aiosmtpd calls for each step of a mail."""

    def __init__(self, runtime: Runtime) -> None:
        self._rt = runtime
        self._own = own_addresses(runtime)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        """Mail to the panel only; ``panel+anything@`` is the panel too."""
        local, _, domain = address.lower().rpartition("@")
        if f"{local.partition('+')[0]}@{domain}" not in self._own:
            return _NO_SUCH
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Take the mail; in LMTP each recipient has an answer of its own."""
        answer = await self._take(envelope.content, envelope.mail_from or "")
        return "\r\n".join([answer] * len(envelope.rcpt_tos))

    async def _take(self, raw: bytes, sender: str) -> str:
        try:
            await take_mail(self._rt, raw, sender)
        except TooManyLetters:
            return _TOO_MANY
        except Unreadable:
            log.warning("notifications.letter.unreadable")
            return _UNREADABLE
        except Exception as error:  # noqa: BLE001 - whatever it is, the mail is still theirs, and they try again
            log.error("notifications.letter.not_stored", reason=type(error).__name__)
            return _LATER
        return _TAKEN


async def take_letters(rt: Runtime) -> None:
    """Listen for as long as the process lives; nothing without a port."""
    settings = notification_settings()
    if not settings.lmtp_port:
        return
    server = await asyncio.get_running_loop().create_server(
        lambda: Listener(
            Door(rt),
            data_size_limit=settings.largest_letter,
            enable_SMTPUTF8=True,
            hostname=rt.settings.mail_from.rpartition("@")[2],
            ident="innbyggerpanel",
        ),
        settings.lmtp_host,
        settings.lmtp_port,
    )
    async with server:
        log.info("notifications.lmtp.opened", port=settings.lmtp_port)
        await server.serve_forever()
