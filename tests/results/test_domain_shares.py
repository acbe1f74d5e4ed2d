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
