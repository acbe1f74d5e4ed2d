"""What a service's rules and its pages share; imports nothing but pydantic."""

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for it, which extractors know
    """Mark a text that is translated later, where the reader's language is known."""
    return text


def rule_broken(code: str, **parameters: object) -> PydanticCustomError:
    """The error a form model's validator raises; ``code`` is looked up in the page's messages."""
    return PydanticCustomError(code, code, parameters)


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The first instant after ``day``: what a deadline that includes its last day is stored as."""
    return datetime.combine(day + timedelta(days=1), time(), zone)


def last_day(ends_at: datetime, ended_at: datetime | None = None) -> datetime:
    """An instant on the last day before ``ends_at``; on the day of ``ended_at``, where the end came early."""
    return min(ends_at - timedelta(seconds=1), ended_at or ends_at)


class FieldRefused(ValueError):
    """What a form's field asks for breaks a rule; ``code`` names the rule."""

    def __init__(self, field: str, code: str) -> None:
        super().__init__(code)
        self.field, self.code = field, code


#: C0 and C1 controls except line breaks and tab, and the characters that reorder text (bidi overrides and isolates).
_REFUSED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff]|[\ud800-\udfff]"
)


def _one_line(text: str) -> str:
    if len(text.splitlines()) > 1 or "\t" in text:
        raise rule_broken("one_line")
    return text


#: What makes a text field of a form model one of a single line: a browser sends no break in one, a forged form may.
ONE_LINE = AfterValidator(_one_line)


def on_one_line(text: str) -> str:
    """The text with every run of breaks and spaces as one space: for what comes from files and from fields of staff
    that no form model reads.
    """
    return " ".join(text.split())


def has_refused_characters(text: str) -> bool:
    """Whether the text holds a character no form takes: controls, and marks that reorder text."""
    return _REFUSED.search(text) is not None


def without_refused_characters(text: str) -> str:
    """The text without them."""
    return _REFUSED.sub("", text)
