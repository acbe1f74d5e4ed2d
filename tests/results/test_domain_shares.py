"""Totals at their limits, by values worked out by hand."""

import pytest

from services.results.domain import Counted, gender_shares, number_classes, share_positive


@pytest.mark.parametrize(
    ("women", "men", "other", "shares"),
    [
        (60, 40, 0, {"female": 0.6, "male": 0.4}),
        (60, 39, 0, {}),
        # Four of another gender are in no row and in no base, but they make a hundred.
        (60, 36, 4, {"female": 0.62, "male": 0.38}),
        (50, 45, 5, {"female": 0.5, "male": 0.45, "other": 0.05}),
        (61, 50, 5, {"female": 0.53, "male": 0.43, "other": 0.04}),
        (95, 5, 0, {"female": 0.95, "male": 0.05}),
        (96, 4, 0, {}),
        (5, 95, 0, {"female": 0.05, "male": 0.95}),
        (4, 96, 0, {}),
        # 100.5 of 201: rounded each for itself the two would be 50 and 50, or 51 and 50.
        (125, 75, 0, {"female": 0.62, "male": 0.38}),
    ],
)
def test_shares_of_genders(women: int, men: int, other: int, shares: dict[str, float]) -> None:
    assert gender_shares({"female": women, "male": men, "other": other}) == pytest.approx(shares)


def test_a_gender_nobody_chose_counts_as_none() -> None:
    assert gender_shares({"female": 60, "male": 39}) == {}
    assert gender_shares({"female": 60, "male": 40}) == {"female": 0.6, "male": 0.4}


@pytest.mark.parametrize(
    ("numbers", "width", "first", "last"),
    [
        # The middle four fifths span 60 to the number, and a sixth of them is ten.
        (range(2, 78), 10, (None, 9.0, 8), (60.0, None, 18)),
        # What lies below the middle is in its first class, and what lies above in its last.
        (range(3, 79), 10, (None, 19.0, 17), (70.0, None, 9)),
        # 61.6 is more than six times ten.
        (range(78), 20, (None, 19.0, 20), (60.0, None, 18)),
        # The middle begins and ends just where a class begins.
        (range(5, 56), 10, (None, 19.0, 15), (50.0, None, 6)),
        (range(121), 20, (None, 19.0, 20), (100.0, None, 21)),
        (range(338), 50, (None, 49.0, 50), (300.0, None, 38)),
    ],
)
def test_the_width_is_the_next_of_one_two_five_and_ten(
    numbers: range, width: int, first: tuple[float | None, float, int], last: tuple[float, float | None, int]
) -> None:
    classes = number_classes([float(number) for number in numbers], 0)
    assert (classes[0], classes[-1]) == (first, last)
    assert all((low, high, people) == (low, (low or 0) + width - 1, width) for low, high, people in classes[1:-1])
    assert [low for low, _, _ in classes[1:]] == [(classes[0][1] or 0) + 1 + width * n for n in range(len(classes) - 1)]


def test_no_class_is_finer_than_the_answers_and_two_are_enough() -> None:
    assert number_classes([1.0] * 5 + [2.0] * 5, 0) == [(None, 1.0, 5), (2.0, None, 5)]
    assert [low for low, _, _ in number_classes([9.4] * 5 + [9.5] * 5 + [9.6] * 5 + [9.7] * 5, 1)] == [
        None, 9.5, 9.6, 9.7,
    ]  # fmt: skip
    # Nobody said 9.3 or 9.4: they belong to the next class that somebody is in.
    assert number_classes([9.1] * 5 + [9.2] * 5 + [9.5] * 5 + [9.6] * 5, 1) == [
        (None, 9.1, 5), (9.2, 9.2, 5), (9.3, 9.5, 5), (9.6, None, 5),
    ]  # fmt: skip


def test_classes_of_numbers_have_one_round_width() -> None:
    """The middle four fifths of 1 to 60 are 6.9 to 54.1; a sixth of that is 7.9, and 10 is the next round width."""
    assert number_classes([float(number) for number in range(1, 61)], 0) == [
        (None, 9.0, 9), (10.0, 19.0, 10), (20.0, 29.0, 10), (30.0, 39.0, 10), (40.0, 49.0, 10), (50.0, None, 11),
    ]  # fmt: skip


def test_classes_of_decimals_are_as_fine_as_the_answers() -> None:
    """From 0.69 to 5.41 a sixth is 0.79, so a class is one wide and ends a tenth before the next."""
    assert number_classes([number / 10 for number in range(1, 61)], 1) == [
        (None, 0.9, 9), (1.0, 1.9, 10), (2.0, 2.9, 10), (3.0, 3.9, 10), (4.0, 4.9, 10), (5.0, None, 11),
    ]  # fmt: skip


def test_numbers_on_both_sides_of_the_middle_belong_to_the_first_and_the_last_class() -> None:
    numbers = [-1000.0, *(float(number) for number in range(1, 61)), 1000.0]
    classes = number_classes(numbers, 0)
    assert classes[0] == (None, 9.0, 10)
    assert classes[-1] == (50.0, None, 12)


def test_a_step_nobody_chose_counts_as_none() -> None:
    total = Counted("q", "scale", 10, {"1": 3, "5": 1})
    assert share_positive(total, "45", "12345") == pytest.approx(0.25)
