"""Rules of fieldwork, without any database."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.surveys.fieldwork.domain import (
    Attention,
    answered_by_day,
    attention_of,
    expected_at_end,
    may_be_invited,
    plan_survey,
    standing_of,
    target_of,
)
from shared.events.registration import AgeBand
from shared.rules import FieldRefused, end_of_day
from shared.strata import band_of, gender_of

OSLO = ZoneInfo("Europe/Oslo")
NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)


def test_the_closing_day_is_inclusive_also_when_the_clock_changes() -> None:
    plan = plan_survey("now", None, date(2027, 3, 28), date(2027, 3, 8), NOW, OSLO)
    assert plan.opens_at == NOW
    assert plan.closes_at == datetime(2027, 3, 28, 22, tzinfo=UTC)
    assert end_of_day(date(2027, 3, 27), OSLO) == datetime(2027, 3, 27, 23, tzinfo=UTC)


def test_a_plan_by_size_has_no_opening_instant() -> None:
    assert plan_survey("threshold", None, date(2027, 4, 1), None, NOW, OSLO).opens_at is None


@pytest.mark.parametrize(
    ("opens", "opens_on", "closes_on", "reminder_on", "field"),
    [
        ("date", None, date(2027, 4, 1), None, "opens_on"),
        ("date", date(2027, 2, 28), date(2027, 4, 1), None, "opens_on"),
        ("now", None, date(2027, 2, 28), None, "closes_on"),
        ("now", None, date(2029, 2, 28), None, "closes_on"),
        ("date", date(2027, 3, 9), date(2027, 3, 8), None, "closes_on"),
        ("now", None, date(2027, 3, 8), date(2027, 3, 9), "reminder_on"),
        ("now", None, date(2027, 3, 8), date(2027, 3, 1), "reminder_on"),
        ("now", None, date(2027, 3, 8), date(2027, 3, 2), "reminder_on"),
        ("date", date(2027, 3, 2), date(2027, 3, 8), date(2027, 3, 3), "reminder_on"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_at_its_field(
    opens: str, opens_on: date | None, closes_on: date, reminder_on: date | None, field: str
) -> None:
    with pytest.raises(FieldRefused) as refusal:
        plan_survey(opens, opens_on, closes_on, reminder_on, NOW, OSLO)
    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("status", "purposes", "joined", "invited"),
    [
        ("active", ["surveys"], NOW, True),
        ("active", ["surveys"], NOW + timedelta(seconds=1), False),
        ("paused", ["surveys"], NOW, False),
        ("active", ["results"], NOW, False),
    ],
)
def test_active_members_who_consented_and_had_joined_are_invited(
    status: str, purposes: list[str], joined: datetime, invited: bool
) -> None:
    assert may_be_invited(status, purposes, joined, NOW) is invited


def test_bands_and_genders_not_met_before_still_have_a_place() -> None:
    bands = [AgeBand(code="15-24", age_from=15, age_to=24), AgeBand(code="25-", age_from=25, age_to=None)]
    assert [band_of(year, 2026, bands) for year in (2012, 2010, 2002, 2001, 1920)] == [
        "15-24", "15-24", "15-24", "25-", "25-",
    ]  # fmt: skip
    assert band_of(1990, None, []) == "unknown"
    assert gender_of("something") == "other"


@pytest.mark.parametrize(("invited", "percent", "target"), [(0, 50, 0), (3, 50, 2), (600, 50, 300), (1, 1, 1)])
def test_the_target_is_rounded_up(invited: int, percent: int, target: int) -> None:
    assert target_of(invited, percent) == target


@pytest.mark.parametrize(
    ("state", "opens", "closes", "missing", "attention"),
    [
        ("planned", None, -1, 0, Attention.MISSED),
        ("planned", 20, 400, 0, Attention.OPENS_SOON),
        ("planned", 60, 400, 0, None),
        ("planned", None, 400, 0, None),
        ("open", -50, 20, 3, Attention.CLOSES_LOW),
        ("open", -50, 20, 0, Attention.CLOSES_SOON),
        ("open", -50, 60, 3, None),
        ("closed", -50, 20, 3, None),
        ("cancelled", -50, 20, 3, None),
    ],
)
def test_what_needs_somebody_today(
    state: str, opens: int | None, closes: int, missing: int, attention: Attention | None
) -> None:
    opens_at = None if opens is None else NOW + timedelta(hours=opens)
    assert attention_of(state, opens_at, NOW + timedelta(hours=closes), missing, NOW, OSLO) is attention


def test_the_curve_adds_up_day_by_day() -> None:
    per_day = {date(2027, 3, 1): 1, date(2027, 3, 2): 1, date(2027, 3, 3): 1}
    assert answered_by_day(per_day, date(2027, 3, 1), date(2027, 3, 3)) == [
        (date(2027, 3, 1), 1),
        (date(2027, 3, 2), 2),
        (date(2027, 3, 3), 3),
    ]


@given(st.integers(0, 500), st.integers(0, 30))
def test_the_expected_end_lies_between_those_who_answered_and_those_invited(answered: int, day: int) -> None:
    end = expected_at_end(answered, NOW, NOW + timedelta(days=14), NOW + timedelta(days=day), 500)
    assert answered <= end <= 500
    if day >= 14:
        assert end == answered


def test_a_day_is_included_at_either_end_of_a_plan() -> None:
    """A survey may open today, close on the day it opens, be open for 366 days and remind after two or on its last."""
    today = date(2027, 3, 1)
    assert plan_survey("date", today, today, None, NOW, OSLO).opens_at == NOW
    opens = plan_survey("date", date(2027, 3, 2), date(2027, 3, 2), None, NOW, OSLO)
    assert opens.opens_at == datetime(2027, 3, 2, 8, tzinfo=UTC)
    assert opens.closes_at == datetime(2027, 3, 2, 23, tzinfo=UTC)
    longest = today + timedelta(days=366)
    assert plan_survey("now", None, longest, longest, NOW, OSLO).reminder_at == datetime.combine(
        longest, datetime.min.time(), OSLO
    ) + timedelta(hours=9)
    soon = plan_survey("now", None, date(2027, 3, 3), date(2027, 3, 3), NOW, OSLO)
    assert soon.reminder_at == datetime(2027, 3, 3, 8, tzinfo=UTC)
    with pytest.raises(FieldRefused, match="open_too_long"):
        plan_survey("now", None, longest + timedelta(days=1), None, NOW, OSLO)
    # It is the second of March in Norway an hour before it is in UTC.
    with pytest.raises(FieldRefused, match="opens_in_the_past"):
        plan_survey("date", today, longest, None, datetime(2027, 3, 1, 23, 30, tzinfo=UTC), OSLO)


def test_who_joined_later_is_invited_where_the_survey_says_so() -> None:
    assert may_be_invited("active", ["surveys"], NOW + timedelta(days=1), NOW, invites_new=True)
    assert not may_be_invited("paused", ["surveys"], NOW, NOW, invites_new=True)


@pytest.mark.parametrize(
    ("state", "opens", "closes", "standing"),
    [
        ("planned", 0, 1, "opening"),
        ("planned", 1, 2, "planned"),
        ("planned", None, 1, "planned"),
        ("planned", -2, 0, "missed"),
        ("open", -2, -1, "open"),
        ("ended", -2, 1, "ended"),
    ],
)
def test_a_plan_whose_hour_has_come_is_opening_and_one_whose_end_has_is_missed(
    state: str, opens: int | None, closes: int, standing: str
) -> None:
    opens_at = None if opens is None else NOW + timedelta(hours=opens)
    assert standing_of(state, opens_at, NOW + timedelta(hours=closes), NOW) == standing


#: The midnight that ends tomorrow in Norway.
TOMORROW_ENDS = datetime(2027, 3, 2, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("state", "opens_at", "closes_at", "soft", "attention"),
    [
        ("planned", TOMORROW_ENDS - timedelta(seconds=1), NOW + timedelta(days=9), False, Attention.OPENS_SOON),
        ("planned", TOMORROW_ENDS, NOW + timedelta(days=9), False, None),
        ("planned", NOW, NOW, False, Attention.MISSED),
        ("open", NOW, TOMORROW_ENDS, False, Attention.CLOSES_LOW),
        ("open", NOW, TOMORROW_ENDS + timedelta(seconds=1), False, None),
        ("open", NOW, TOMORROW_ENDS, True, Attention.SOFT),
        ("paused", NOW, TOMORROW_ENDS, True, Attention.PAUSED),
        ("ended", NOW, NOW, False, Attention.ENDED),
    ],
)
def test_today_and_tomorrow_end_at_midnight_where_people_live(
    state: str, opens_at: datetime, closes_at: datetime, soft: bool, attention: Attention | None
) -> None:
    assert attention_of(state, opens_at, closes_at, 1, NOW, OSLO, soft=soft) is attention


@pytest.mark.parametrize(
    ("answered", "day", "invited", "expected"),
    [
        # Half the time has passed and 7/8 of 63/64 have come: eight ninths.
        (80, 7, 500, 90),
        (80, 7, 85, 85),
        (80, 7, 60, 80),
        # A sixth has passed, and 32/63 have come.
        (32, 14 / 6, 500, 63),
        # The first fiftieth is counted as passed: 8.1 percent have come.
        (10, 0, 500, 123),
        (10, -1, 500, 123),
        (10, 14, 500, 10),
        (10, 15, 500, 10),
    ],
)
def test_what_is_expected_at_the_end(answered: int, day: float, invited: int, expected: int) -> None:
    closes, now = NOW + timedelta(days=14), NOW + timedelta(days=day)
    assert expected_at_end(answered, NOW, closes, now, invited) == expected
    assert expected_at_end(answered, NOW, NOW, NOW, 500) == answered, "no time, and nobody is still to come"


def test_the_curve_begins_with_those_who_answered_before_and_ends_where_it_is_told_to() -> None:
    per_day = {date(2027, 2, 27): 2, date(2027, 3, 1): 1, date(2027, 3, 4): 9}
    assert answered_by_day(per_day, date(2027, 3, 1), date(2027, 3, 2)) == [
        (date(2027, 3, 1), 3),
        (date(2027, 3, 2), 3),
    ]
