"""A mail server that writes down what it took before it says so, and misbehaves on order."""

import asyncio
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.demo.people import Mailbox
from deploy.local.mail import Catcher

#: What the server may do instead of taking the next mail.
MISDEEDS = ("421 go away", "451 later", "hang up", "stall", "hang up after the dot")


class MailServer(Catcher):
    """Misdeeds happen once each, in order; ``hang_ups`` counts mails whose sender cannot know."""

    def __init__(self, log: Path, port: int) -> None:
        super().__init__(log)
        self._port = port
        self._server: asyncio.Server | None = None
        self.misdeeds: list[str] = []
        self.hang_ups = 0
        self.unwanted: set[str] = set()
        """Addresses for which every mail is refused for good."""

    async def start(self) -> None:
        """Listen on loopback."""
        self._server = await asyncio.get_running_loop().create_server(
            lambda: SMTP(self, enable_SMTPUTF8=True), "127.0.0.1", self._port
        )

    async def stop(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()
        self._log.close()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take the mail, unless something else is to happen first."""
        if self.unwanted.intersection(envelope.rcpt_tos):
            return "550 no such mailbox"
        misdeed = self.misdeeds.pop(0) if self.misdeeds else ""
        if misdeed == "hang up after the dot":
            self.hang_ups += 1
            await super().handle_DATA(server, session, envelope)
            _hang_up(server)
            return "250 nobody hears this"
        if misdeed == "hang up":
            self.hang_ups += 1
            _hang_up(server)
            return "451 nobody hears this"
        if misdeed == "stall":
            await asyncio.sleep(2)
        elif misdeed:
            return misdeed
        return await super().handle_DATA(server, session, envelope)


def _hang_up(server: SMTP) -> None:
    transport = server.transport
    if isinstance(transport, asyncio.Transport):
        transport.abort()


class ServersMailbox(Mailbox):
    """What the server took, as residents see it."""

    def __init__(self, server: MailServer) -> None:
        self.server = server

    @property
    def mails(self) -> list[dict[str, Any]]:  # type: ignore[override]
        """Every mail taken so far."""
        return self.server.mails
