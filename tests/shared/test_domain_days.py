"""Deadlines include their last day: where it ends, and which day it was."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from shared.rules import end_of_day, last_day

OSLO = ZoneInfo("Europe/Oslo")


def test_a_day_ends_at_midnight_also_when_the_clock_changes() -> None:
    assert end_of_day(date(2027, 3, 27), OSLO) == datetime(2027, 3, 27, 23, tzinfo=UTC)
    assert end_of_day(date(2027, 3, 28), OSLO) == datetime(2027, 3, 28, 22, tzinfo=UTC)
    assert last_day(end_of_day(date(2027, 3, 28), OSLO)).astimezone(OSLO).date() == date(2027, 3, 28)


def test_the_last_day_is_the_planned_one_however_late_the_closing_is_done() -> None:
    opening = datetime(2027, 3, 12, 23, tzinfo=UTC)
    assert last_day(opening, opening + timedelta(hours=9)) == last_day(opening) < opening
    by_hand = opening - timedelta(days=3)
    assert last_day(opening, by_hand) == by_hand
