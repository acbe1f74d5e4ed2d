"""The minutes in which half had finished."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.surveys.watching.domain import minute_of, minutes_of


@given(st.lists(st.floats(0, 3600), min_size=5, max_size=40))
def test_half_of_those_who_finished_had_finished_in_the_minutes_shown(times: list[float]) -> None:
    counts: dict[str, int] = {}
    for seconds in times:
        name = minute_of(seconds)
        assert name is not None
        counts[name] = counts.get(name, 0) + 1
    minutes = minutes_of(counts)
    assert minutes is not None
    assert sum(seconds <= 60 * minutes for seconds in times) >= len(times) / 2
    assert sum(seconds <= 60 * (minutes - 1) for seconds in times if minutes > 1) < len(times) / 2


def test_a_pause_is_not_counted_and_a_few_say_nothing() -> None:
    assert (minute_of(3601), minute_of(-1), minute_of(0), minute_of(60.5)) == (None, None, "minutes.1", "minutes.2")
    assert minutes_of({"minutes.3": 4}) is None
    assert minutes_of({"minutes.3": 5}) == 3


@pytest.mark.parametrize(
    ("seconds", "name"), [(0.5, "minutes.1"), (60, "minutes.1"), (61, "minutes.2"), (3600, "minutes.60"), (-0.1, None)]
)
def test_minutes_are_rounded_up_and_an_hour_is_the_longest(seconds: float, name: str | None) -> None:
    assert minute_of(seconds) == name


def test_the_longest_and_the_shortest_count() -> None:
    assert minutes_of({"minutes.60": 5}) == 60
    assert minutes_of({"minutes.1": 3, "minutes.60": 3}) == 1
    assert minutes_of({"minutes.1": 2, "minutes.2": 1, "minutes.9": 4}) == 9
