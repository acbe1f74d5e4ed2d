"""What a municipality decides about suggestions and follow-ups."""

from functools import lru_cache

from pydantic_settings import BaseSettings, SettingsConfigDict


class ResultsSettings(BaseSettings):
    """``PANEL_RESULTS_*``."""

    model_config = SettingsConfigDict(env_prefix="PANEL_RESULTS_", frozen=True, extra="ignore")

    minimum_fill_seconds: int = 3
    """A form sent faster than this was not filled in by a person."""
    suggestion_text_days: int = 90
    """Days from the answer until the resident's own text is removed; the public wording stays."""
    unanswered_text_days: int = 730
    """Days until the text and the sender's address of an unanswered matter are removed."""
    follow_up_days: int = 60
    """Days after publication at which staff are asked what a result has led to."""


@lru_cache(maxsize=1)
def results_settings() -> ResultsSettings:
    """The process's settings."""
    return ResultsSettings()
