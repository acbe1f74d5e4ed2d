"""``python -m services.registration.synthetic``: walk once (``helm test`` does), or every hour and tell Prometheus."""

import imaplib
import signal
import sys
import time
from contextlib import closing
from email import message_from_bytes, policy
from typing import Annotated

import structlog
import typer
from prometheus_client import CollectorRegistry, Gauge, start_http_server
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.registration.synthetic.walking import Failed, Walk
from shared.imap import Mailbox
from shared.logs import configure_logs
from shared.one_line import refusing_in_one_line
from shared.refusal import Refusal
from shared.settings import Settings, load_settings

log = structlog.get_logger()
app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)


class SyntheticSettings(BaseSettings):
    """``PANEL_SYNTHETIC_*`` of whoever walks; ``PANEL_SYNTHETIC_EMAIL`` is the services' too."""

    model_config = SettingsConfigDict(env_prefix="PANEL_SYNTHETIC_", frozen=True, extra="ignore")

    imap_url: SecretStr = SecretStr("")
    """The mailbox of ``PANEL_SYNTHETIC_EMAIL``, of its own: imaps://user:password@host/INBOX."""
    postcode: str = ""
    """One of the municipality's."""
    every_seconds: int = Field(3600, ge=60)
    again_seconds: int = Field(300, ge=60)
    """After a walk that failed: a pod that was being replaced is no news."""
    patience_seconds: int = Field(180, ge=10)
    """How long a mail, or everybody's erasure, may take."""


class ImapMailbox:
    """The made-up resident's, asked anew each time, as a mail program does."""

    def __init__(self, url: str) -> None:
        self._url = url

    def texts(self) -> list[str]:
        """See ``walking.Mailbox``; OSError where the server does not do as it should."""
        try:
            with closing(Mailbox(self._url)) as box:
                mails = []
                for uid in box.unread():
                    mails.append(_text(box.content(uid)))
                    box.mark(uid, r"\Seen")
                return mails
        except imaplib.IMAP4.error as error:
            # Its text may quote the password.
            raise OSError(type(error).__name__) from None


def _text(raw: bytes) -> str:
    part = message_from_bytes(raw, policy=policy.default).get_body(("plain",))
    return str(part.get_content()) if part is not None else ""


class Told:
    """What Prometheus reads."""

    def __init__(self, prefix: str) -> None:
        self.registry = CollectorRegistry()

        def gauge(name: str, meaning: str, *labels: str) -> Gauge:
            return Gauge(f"panel_{name}", meaning, ("prefix", *labels), registry=self.registry)

        self._succeeded = gauge("synthetic_succeeded_at_seconds", "When a whole walk last went well (Unix time)")
        self._failed = gauge("synthetic_step_failed", "1 for the step that the last walk failed at", "step")
        self._seconds = gauge("synthetic_step_seconds", "How long the step took the last time", "step")
        self._prefix = prefix

    def step_done(self, step: str, seconds: float) -> None:
        """A step went well."""
        self._failed.labels(self._prefix, step).set(0)
        self._seconds.labels(self._prefix, step).set(seconds)

    def failed(self, step: str) -> None:
        """The walk ended at this step."""
        self._failed.labels(self._prefix, step).set(1)

    def succeeded(self) -> None:
        """The walk came to its end."""
        self._succeeded.labels(self._prefix).set_to_current_time()


def walk(settings: Settings, own: SyntheticSettings, figures: Told) -> bool:
    """One walk, with its outcome in the log."""
    mailbox = ImapMailbox(own.imap_url.get_secret_value())
    resident = Walk(settings.public_url, mailbox, settings.synthetic_email, own.postcode, own.patience_seconds)

    def done(step: str, seconds: float) -> None:
        figures.step_done(step, seconds)
        log.info("synthetic.step.done", step=step, seconds=round(seconds, 1))

    try:
        resident.go(done)
    except Failed as failure:
        figures.failed(failure.step)
        log.error("synthetic.step.failed", step=failure.step, reason=str(failure))
        return False
    figures.succeeded()
    return True


@app.command()
def main(once: Annotated[bool, typer.Option(help="walk once; ends with 1 and the step that failed")] = False) -> None:
    """Join, confirm, sign in, look at the own page, leave, and see that all of it is erased."""
    settings, own = load_settings(), SyntheticSettings()
    for name, value in {
        "PANEL_SYNTHETIC_EMAIL": settings.synthetic_email,
        "PANEL_SYNTHETIC_IMAP_URL": own.imap_url.get_secret_value(),
        "PANEL_SYNTHETIC_POSTCODE": own.postcode,
    }.items():
        if not value:
            raise Refusal(f"{name} is not set")
    configure_logs("synthetic")
    figures = Told(settings.prefix)
    if once:
        raise typer.Exit(0 if walk(settings, own, figures) else 1)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    start_http_server(settings.port, settings.host, figures.registry)
    while True:
        time.sleep(own.every_seconds if walk(settings, own, figures) else own.again_seconds)


if __name__ == "__main__":
    refusing_in_one_line(app)
