"""What a municipality decides about joining its panel."""

from functools import lru_cache

from pydantic_settings import BaseSettings, SettingsConfigDict


class RegistrationSettings(BaseSettings):
    """``PANEL_REGISTRATION_*``."""

    model_config = SettingsConfigDict(env_prefix="PANEL_REGISTRATION_", frozen=True, extra="ignore")

    minimum_age: int = 15
    """Age a resident turns this year at the latest."""
    age_wording: dict[str, str] = {}
    """The box about age by language, where the municipality words it itself; else «Jeg har fylt 15 år»."""
    consent_version: str = "2026-11"
    """Version of the consent texts on the join page."""
    start_size: int = 200
    goal_size: int = 500
    minimum_fill_seconds: int = 3
    """A form sent faster than this was not filled in by a person."""
    unconfirmed_days: int = 7
    sign_in_minutes: int = 10


@lru_cache(maxsize=1)
def registration_settings() -> RegistrationSettings:
    """The process's registration settings."""
    return RegistrationSettings()
