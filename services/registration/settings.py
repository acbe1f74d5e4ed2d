"""How joining works here; what the municipality decides is in its profile."""

from functools import lru_cache

from pydantic_settings import BaseSettings, SettingsConfigDict


class RegistrationSettings(BaseSettings):
    """``PANEL_REGISTRATION_*``."""

    model_config = SettingsConfigDict(env_prefix="PANEL_REGISTRATION_", frozen=True, extra="ignore")

    consent_version: str = "2026-11"
    """Version of the consent texts on the join page."""
    minimum_fill_seconds: int = 3
    """A form sent faster than this was not filled in by a person."""
    unconfirmed_days: int = 7
    sign_in_minutes: int = 10


@lru_cache(maxsize=1)
def registration_settings() -> RegistrationSettings:
    """The process's registration settings."""
    return RegistrationSettings()
