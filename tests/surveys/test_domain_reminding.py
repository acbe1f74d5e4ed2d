"""When reminders go and whom they skip, without any database."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.surveys.reminding.domain import (
    AGAIN_AFTER,
    Reminding,
    moment_after_inviting,
    next_moment,
    second_moment,
    strata_with_enough,
)
from services.surveys.reminding.holidays import easter, is_holiday

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


@pytest.mark.parametrize(
    ("invited", "goes"),
    [
        ("2027-03-01T09:00", "2027-03-03T09:00"),
        ("2027-03-01T23:59", "2027-03-03T09:00"),
        ("2027-03-02T00:00", "2027-03-04T10:00"),
        ("2027-03-03T11:00", "2027-03-05T10:00"),
        ("2027-03-04T08:00", "2027-03-08T10:00"),
        ("2027-03-07T08:00", None),
    ],
)
def test_a_reminder_waits_until_it_reaches_those_invited_before_it(invited: str, goes: str | None) -> None:
    planned, closes = local("2027-03-03T09:00"), local("2027-03-09T00:00")
    moment = moment_after_inviting(planned, local(invited), closes, Reminding(from_hour=10), is_holiday, OSLO)
    assert moment == (local(goes) if goes else None)


def test_strata_that_have_what_is_aimed_at_have_enough() -> None:
    counts = [(("female", "15-24"), 9, 5), (("male", "15-24"), 9, 4), (("other", "15-24"), 0, 0)]
    assert strata_with_enough(counts, 50) == [["female", "15-24"]]


@pytest.mark.parametrize(
    "day",
    ["1954-04-18", "1981-04-19", "2008-03-23", "2019-04-21", "2024-03-31", "2026-04-05", "2038-04-25", "2049-04-18"],
)
def test_easter_is_when_almanacs_say(day: str) -> None:
    """The earliest and the latest of our time, and years in which the rule has an exception."""
    assert easter(int(day[:4])) == date.fromisoformat(day)


def test_a_year_has_the_public_holidays_of_the_law() -> None:
    days = [date(2027, 1, 1) + timedelta(days=day) for day in range(365)]
    assert [f"{day:%m-%d}" for day in days if is_holiday(day)] == [
        "01-01", "03-25", "03-26", "03-28", "03-29", "05-01", "05-06", "05-16", "05-17", "12-25", "12-26",
    ]  # fmt: skip


def test_what_a_plan_that_says_nothing_of_reminders_means() -> None:
    assert Reminding() == Reminding(again_after=None, from_hour=9, to_hour=20, until_enough=False)
    assert AGAIN_AFTER == 4
    assert (Reminding().planned, Reminding(again_after=AGAIN_AFTER).planned) == (1, 2)


def test_more_answers_than_aimed_at_are_enough_too() -> None:
    assert strata_with_enough([(("female", "15-24"), 10, 9), (("male", "15-24"), 10, 4)], 50) == [["female", "15-24"]]
