"""How mail is sent and taken in here."""

from datetime import time
from functools import lru_cache

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class NotificationSettings(BaseSettings):
    """``PANEL_NOTIFICATIONS_*``, and ``PANEL_LMTP_*`` and ``PANEL_IMAP_URL`` for the panel's mailbox."""

    model_config = SettingsConfigDict(
        env_prefix="PANEL_NOTIFICATIONS_", frozen=True, extra="ignore", populate_by_name=True
    )

    connections: int = 4
    """SMTP connections kept open for bulk mail; confirmation and sign-in mail has one of its own."""
    batch: int = 100
    lease_seconds: int = 60
    """How long a claimed mail is kept from other workers before its sending has started."""
    hand_over_seconds: int = 45
    """The longest one mail may take from MAIL FROM to the answer after the data; its lease is made to last longer."""
    per_minute: int = Field(0, ge=0)
    """Most bulk mails a minute from all processes together; 0 is no limit."""
    quiet_from: time | None = None
    quiet_to: time | None = None
    """Local hours between which bulk mail rests, e.g. 22:00 and 07:00."""
    paused: bool = False
    """Start with sending paused, as after a restore, until staff resume it; take the setting away after that start."""
    card_wait_seconds: int = 60
    most_tries: int = 40
    """Tries after temporary refusals; with the longest wait of 15 minutes about nine hours."""
    unsubscribe_days: int = 400
    """How long the unsubscribe link in a mail works."""

    lmtp_host: str = Field("127.0.0.1", validation_alias=AliasChoices("PANEL_LMTP_HOST", "lmtp_host"))
    lmtp_port: int = Field(0, validation_alias=AliasChoices("PANEL_LMTP_PORT", "lmtp_port"))
    """Where mail to the panel is taken in by LMTP; 0 is nowhere."""
    imap_url: SecretStr = Field(SecretStr(""), validation_alias=AliasChoices("PANEL_IMAP_URL", "imap_url"))
    """``imaps://user:password@host/folder``: a mailbox of the panel's own, read every minute; empty is none."""
    largest_letter: int = 10_000_000
    """Bytes of a mail that is still taken in."""
    letters_per_day: int = 10
    """Letters one sender may send within 24 hours."""
    receipts_per_day: int = 3
    """Receipts for suggestions one address gets within 24 hours, by letter and by form, whoever gave it."""
    correspondent_days: int = 90
    """Days after the last answer until a suggestion's sender is forgotten."""
    mail_log_days: int = 730
    """Days after its deadline until a mail in the list no longer says whose it was."""
    unanswered_days: int = 730
    """Days until the sender of a suggestion that is never answered is forgotten."""


@lru_cache(maxsize=1)
def notification_settings() -> NotificationSettings:
    """The process's settings."""
    return NotificationSettings()
