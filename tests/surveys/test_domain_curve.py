"""The curve of answers, and what is expected at the end of fieldwork."""

from datetime import UTC, date, datetime, timedelta

import pytest

from services.surveys.fieldwork.domain import answered_by_day, expected_at_end

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)


def test_the_curve_begins_with_those_before_it_and_stands_still_on_days_without_any() -> None:
    per_day = {date(2027, 2, 27): 2, date(2027, 2, 28): 3, date(2027, 3, 2): 4, date(2027, 3, 9): 8}
    curve = answered_by_day(per_day, date(2027, 3, 1), date(2027, 3, 3))
    assert [number for _, number in curve] == [5, 9, 9]


@pytest.mark.parametrize(
    ("answered", "invited", "hours", "expected"),
    [
        # Half of the 63/64 that come at all have come after a sixth.
        (100, 1000, 4, 197),
        (100, 1000, 12, 112),
        (100, 150, 4, 150),
        # A fiftieth of the time is the least that is reckoned with: nobody is told of thousands after ten minutes.
        (10, 10_000, 0, 123),
        (10, 10_000, 24, 10),
    ],
)
def test_half_of_what_is_still_to_come_comes_in_each_sixth(
    answered: int, invited: int, hours: int, expected: int
) -> None:
    end = NOW + timedelta(days=1)
    assert expected_at_end(answered, NOW, end, NOW + timedelta(hours=hours), invited) == expected
    assert expected_at_end(answered, NOW, NOW, NOW, invited) == answered
