"""What is counted about a page, by values worked out by hand."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.surveys.watching.domain import CLASSES, FEW, WHOLE, PageFigures, Tally, class_of, figures_of


@given(st.lists(st.integers(0, 1800), min_size=FEW, max_size=40))
def test_the_median_lies_where_half_took_less(times: list[int]) -> None:
    counts: dict[str, int] = {}
    for seconds in times:
        name = class_of(seconds)
        assert name is not None
        counts[name] = counts.get(name, 0) + 1
    figures = figures_of(counts).seconds
    assert figures is not None
    middle = sorted(times)[(len(times) - 1) // 2]
    upper = next(end for end in CLASSES if middle <= end)
    lower = max((end for end in CLASSES if end < upper), default=0)
    assert lower <= figures <= upper


@pytest.mark.parametrize("seconds", [-1.0, 1801.0, 1e9])
def test_a_time_that_cannot_be_and_a_pause_are_not_counted(seconds: float) -> None:
    assert class_of(seconds) is None


@pytest.mark.parametrize(
    ("seconds", "name"), [(0, "took.5"), (5, "took.5"), (5.1, "took.10"), (300, "took.300"), (1800, "took.1800")]
)
def test_a_time_is_in_the_first_class_that_holds_it(seconds: float, name: str) -> None:
    assert class_of(seconds) == name


@pytest.mark.parametrize(
    ("counts", "median"),
    [
        # Half of ten are half of what the class holds: evenly placed, in its middle.
        ({"took.60": 10}, 52),
        ({"took.5": 5}, 2),
        ({"took.5": 48, "took.10": 2}, 3),
        # Two before it, so half of six is a quarter of the four.
        ({"took.10": 2, "took.30": 4}, 22),
        ({"took.10": 3, "took.300": 3}, 10),
        ({"took.5": 1, "took.1800": 5}, 1080),
        ({"took.60": 4}, None),
    ],
)
def test_the_median_is_placed_evenly_within_its_class(counts: dict[str, int], median: int | None) -> None:
    assert figures_of(counts).seconds == median


def test_one_person_counts_once_and_what_they_do_each_time() -> None:
    tally, kari, ola = Tally(), uuid4(), uuid4()
    tally.note(kari, 1, "shown", "sent")
    tally.note(kari, 1, "shown")
    tally.note(ola, 2, "shown")
    assert tally.people == {kari, ola}
    assert WHOLE < 1, "the whole survey is counted apart from its pages"
    assert tally.counts == {(1, "shown"): 2, (1, "sent"): 1, (2, "shown"): 1}


@pytest.mark.parametrize(("number", "figure"), [(0, 0), (1, None), (4, None), (5, 5)])
def test_fewer_than_five_are_not_told_apart(number: int, figure: int | None) -> None:
    figures = figures_of({"stopped": number, "faulty": number, "shown": number, "sent": number, "took.10": 4})
    assert (figures.stopped, figures.faulty, figures.shown, figures.sent) == (figure,) * 4
    assert figures.seconds is None


def test_the_classes_are_those_under_which_counts_are_stored() -> None:
    ends = [5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1800]
    assert [class_of(end) for end in ends] == [f"took.{end}" for end in ends]
    assert [class_of(end + 0.5) for end in ends] == [*(f"took.{end}" for end in ends[1:]), None]


def test_what_was_never_counted_is_none_of_it() -> None:
    assert figures_of({}) == PageFigures(shown=0, sent=0, faulty=0, stopped=0, seconds=None)
