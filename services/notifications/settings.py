"""How mail is sent here."""

from functools import lru_cache

from pydantic_settings import BaseSettings, SettingsConfigDict


class NotificationSettings(BaseSettings):
    """``PANEL_NOTIFICATIONS_*``."""

    model_config = SettingsConfigDict(env_prefix="PANEL_NOTIFICATIONS_", frozen=True, extra="ignore")

    connections: int = 4
    """SMTP connections kept open."""
    batch: int = 100
    lease_seconds: int = 60
    paused: bool = False
    """Start with sending paused, as after a restore."""
    card_wait_seconds: int = 60
    most_tries: int = 8


@lru_cache(maxsize=1)
def notification_settings() -> NotificationSettings:
    """The process's settings."""
    return NotificationSettings()
