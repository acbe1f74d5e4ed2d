"""Rules of a call: its last day to answer, and its question."""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from shared.rules import FieldRefused, end_of_day

#: Options of the question, and letters of one.
FEWEST, MOST, LONGEST = 2, 8, 60


def call_ends_at(last_day: date, reply_by: datetime, now: datetime, zone: ZoneInfo) -> datetime:
    """The midnight after the last day to answer; raises FieldRefused.

    It lies before ``reply_by``, when those drawn must have answered: between the two the draw is made.
    """
    if last_day < now.astimezone(zone).date():
        raise FieldRefused("last_day", "day_in_the_past")
    ends = end_of_day(last_day, zone)
    if ends >= reply_by:
        raise FieldRefused("last_day", "no_time_to_draw")
    return ends


def options_of(question: str, lines: str) -> Sequence[str]:
    """One option a line, spaces tidied; none without a question. Raises FieldRefused."""
    options = [text for line in lines.splitlines() if (text := " ".join(line.split()))]
    if not question and options:
        raise FieldRefused("question", "options_alone")
    if question and not FEWEST <= len(options) <= MOST:
        raise FieldRefused("options", "number_of_options")
    if len({option.casefold() for option in options}) < len(options):
        raise FieldRefused("options", "option_twice")
    if any(len(option) > LONGEST for option in options):
        raise FieldRefused("options", "option_too_long")
    return options
