"""A survey's life after its opening, without any database."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from services.surveys.steering.domain import Deed, Life, after, ended_by_plan, last_day_at, possible
from shared.rules import FieldRefused, end_of_day

OSLO = ZoneInfo("Europe/Oslo")
NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
CLOSES = end_of_day(date(2027, 3, 14), OSLO)
OPEN = Life("open", NOW - timedelta(days=2), CLOSES)
PAUSED = Life("paused", NOW - timedelta(days=2), CLOSES)
ENDED = Life("ended", NOW - timedelta(days=2), CLOSES, release_at=NOW + timedelta(hours=20))
CLOSED = Life("closed", NOW - timedelta(days=2), CLOSES)


def test_each_state_offers_what_can_be_done_and_nothing_else() -> None:
    assert possible(OPEN, NOW) == (Deed.PAUSE, Deed.EXTEND, Deed.END, Deed.RELEASE)
    assert possible(PAUSED, NOW) == (Deed.GO_ON, Deed.EXTEND, Deed.END, Deed.RELEASE)
    assert possible(ENDED, NOW) == (Deed.REOPEN, Deed.RELEASE)
    assert possible(CLOSED, NOW) == ()


def test_what_is_not_offered_changes_nothing() -> None:
    for life, deed in product((OPEN, PAUSED, ENDED, CLOSED), Deed):
        later = CLOSES + timedelta(days=7)
        next_life = after(life, deed, NOW, later)
        # The release is no step of this machine: it moves the survey on itself.
        assert (next_life is not None) == (deed in possible(life, NOW) and deed is not Deed.RELEASE), (life.state, deed)


def test_an_ended_survey_opens_again_within_a_day_and_not_after() -> None:
    ended = after(OPEN, Deed.END, NOW)
    assert ended is not None
    assert ended.release_at == NOW + timedelta(days=1)
    nearly = NOW + timedelta(days=1) - timedelta(seconds=1)
    again = after(ended, Deed.REOPEN, nearly, CLOSES)
    assert again == OPEN
    assert after(ended, Deed.REOPEN, NOW + timedelta(days=1), CLOSES) is None
    assert after(ended, Deed.REOPEN, nearly, nearly) is None


def test_the_day_for_second_thoughts_is_counted_from_the_plans_end_however_late_the_job_comes() -> None:
    assert ended_by_plan(OPEN).release_at == CLOSES + timedelta(days=1)


def test_a_survey_past_its_end_can_only_be_extended() -> None:
    late = CLOSES + timedelta(seconds=1)
    assert possible(OPEN, late) == possible(PAUSED, late) == (Deed.EXTEND,)
    extended = after(OPEN, Deed.EXTEND, late, CLOSES + timedelta(days=3))
    assert extended is not None
    assert extended.closes_at == CLOSES + timedelta(days=3)


@pytest.mark.parametrize(
    ("day", "deed", "code"),
    [
        (date(2027, 2, 28), Deed.REOPEN, "day_has_been"),
        (date(2027, 3, 14), Deed.EXTEND, "no_later_day"),
        (date(2027, 3, 13), Deed.EXTEND, "no_later_day"),
        (date(2028, 3, 14), Deed.EXTEND, "open_too_long"),
    ],
)
def test_a_last_day_that_cannot_be_is_refused_by_name(day: date, deed: Deed, code: str) -> None:
    with pytest.raises(FieldRefused) as refusal:
        last_day_at(day, OPEN, deed, NOW, OSLO)
    assert refusal.value.code == code


def test_the_new_last_day_is_inclusive() -> None:
    assert last_day_at(date(2027, 3, 1), ENDED, Deed.REOPEN, NOW, OSLO) == datetime(2027, 3, 1, 23, tzinfo=UTC)


SOFT = replace(OPEN, soft=True)


@pytest.mark.parametrize(
    ("life", "deed", "closes_at", "next_life"),
    [
        (SOFT, Deed.TO_ALL, None, OPEN),
        (OPEN, Deed.TO_ALL, None, None),
        (OPEN, Deed.PAUSE, None, PAUSED),
        (PAUSED, Deed.GO_ON, None, OPEN),
        (replace(SOFT, state="paused"), Deed.GO_ON, None, SOFT),
        (OPEN, Deed.END, None, replace(ENDED, release_at=NOW + timedelta(days=1))),
        (PAUSED, Deed.END, None, replace(ENDED, release_at=NOW + timedelta(days=1))),
        (OPEN, Deed.EXTEND, None, None),
        (OPEN, Deed.EXTEND, CLOSES, None),
        (OPEN, Deed.EXTEND, CLOSES - timedelta(days=1), None),
        (OPEN, Deed.EXTEND, CLOSES + timedelta(seconds=1), replace(OPEN, closes_at=CLOSES + timedelta(seconds=1))),
        (ENDED, Deed.REOPEN, None, None),
        (ENDED, Deed.REOPEN, NOW, None),
        # It may end sooner than was planned before.
        (ENDED, Deed.REOPEN, NOW + timedelta(seconds=1), replace(OPEN, closes_at=NOW + timedelta(seconds=1))),
        (ENDED, Deed.RELEASE, CLOSES, None),
    ],
)
def test_where_a_survey_is_after_each_deed(
    life: Life, deed: Deed, closes_at: datetime | None, next_life: Life | None
) -> None:
    assert after(life, deed, NOW, closes_at) == next_life


def test_the_first_ones_answers_are_waited_for_no_longer_than_the_survey_lasts() -> None:
    assert possible(SOFT, NOW) == (Deed.TO_ALL, Deed.PAUSE, Deed.EXTEND, Deed.END, Deed.RELEASE)
    # At its end itself no page is taken any more.
    assert possible(SOFT, CLOSES) == possible(PAUSED, CLOSES) == (Deed.EXTEND,)
    assert possible(ENDED, NOW + timedelta(hours=20)) == ()
    assert possible(replace(ENDED, release_at=None), NOW) == ()


def test_a_survey_takes_answers_for_a_year_and_a_day() -> None:
    """It opened on 27 February; 28 February 2028 ends 366 days and some hours later, or to the hour."""
    last_day = date(2028, 2, 28)
    with pytest.raises(FieldRefused, match="open_too_long"):
        last_day_at(last_day, OPEN, Deed.EXTEND, NOW, OSLO)
    assert last_day_at(date(2028, 2, 27), OPEN, Deed.EXTEND, NOW, OSLO) == datetime(2028, 2, 27, 23, tzinfo=UTC)
    at_midnight = replace(OPEN, opened_at=datetime(2027, 2, 27, 23, tzinfo=UTC))
    assert last_day_at(last_day, at_midnight, Deed.EXTEND, NOW, OSLO) == datetime(2028, 2, 28, 23, tzinfo=UTC)
    with pytest.raises(FieldRefused, match="day_has_been"):
        last_day_at(date(2027, 3, 14), ENDED, Deed.REOPEN, CLOSES, OSLO)
