"""When reminders go and whom they skip, without any database."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.surveys.reminding.domain import Reminding, next_moment, second_moment, strata_with_enough
from services.surveys.reminding.reminding import is_holiday

OSLO = ZoneInfo("Europe/Oslo")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=OSLO)


@pytest.mark.parametrize(
    ("at", "goes"),
    [
        ("2027-03-03T10:30", "2027-03-03T10:30"),
        ("2027-03-03T07:00", "2027-03-03T09:00"),
        ("2027-03-03T20:00", "2027-03-04T09:00"),
        ("2027-03-05T21:00", "2027-03-08T09:00"),  # Friday night
        ("2027-03-06T12:00", "2027-03-08T09:00"),  # Saturday
        ("2027-03-24T20:30", "2027-03-30T09:00"),  # the evening before Maundy Thursday: Easter
        ("2027-05-17T10:00", "2027-05-18T09:00"),  # Constitution Day, and Whit Monday that year
        ("2027-05-06T10:00", "2027-05-07T09:00"),  # Ascension Day
        ("2027-12-24T19:59", "2027-12-24T19:59"),  # a working day by law, like New Year's Eve
        ("2027-12-25T10:00", "2027-12-27T09:00"),
        ("2027-12-31T21:00", "2028-01-03T09:00"),
    ],
)
def test_a_reminder_goes_on_the_first_working_day_between_its_hours(at: str, goes: str) -> None:
    assert next_moment(local(at), 9, 20, is_holiday, OSLO) == local(goes)


@given(
    st.integers(0, 10 * 365 * 24 * 60),
    st.integers(6, 21),
    st.integers(1, 16),
)
def test_whenever_it_is_due_it_goes_soon_and_never_at_another_time(minutes: int, start: int, length: int) -> None:
    due, end = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes), min(22, start + length)
    moment = next_moment(due, start, end, is_holiday, OSLO)
    there = moment.astimezone(OSLO)
    assert due <= moment < due + timedelta(days=7)
    assert there.weekday() < 5
    assert not is_holiday(there.date())
    assert start <= there.hour < end
    assert next_moment(moment, start, end, is_holiday, OSLO) == moment


def test_the_second_goes_so_many_days_after_the_first_and_only_where_there_is_one() -> None:
    first = date(2027, 3, 1)
    assert second_moment(first, Reminding(), is_holiday, OSLO) is None
    assert second_moment(first, Reminding(again_after=4), is_holiday, OSLO) == local("2027-03-05T09:00")
    assert second_moment(first, Reminding(again_after=5), is_holiday, OSLO) == local("2027-03-08T09:00")


def test_strata_that_have_what_is_aimed_at_have_enough() -> None:
    counts = [(("female", "15-24"), 9, 5), (("male", "15-24"), 9, 4), (("other", "15-24"), 0, 0)]
    assert strata_with_enough(counts, 50) == [["female", "15-24"]]
