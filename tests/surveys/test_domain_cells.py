"""In which cells answers leave."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from services.surveys.fieldwork.domain import Cell, ReleaseCell, release_cells

BANDS = ("15-24", "25-44", "45-66", "67-")


counts = st.dictionaries(
    st.tuples(
        st.sampled_from(["female", "male", "other", "not_met_yet"]),
        st.sampled_from([*BANDS, "unknown"]),
        st.sampled_from(["ost", "vest", None]),
    ),
    st.integers(0, 30),
)


@given(counts, st.integers(1, 12))
def test_every_released_cell_is_shared_by_at_least_k_answers_and_all_leave_or_none(
    answered: dict[tuple[str, str, str | None], int], k: int
) -> None:
    cells = release_cells(answered, BANDS, k)
    total = sum(answered.values())
    if total < k:
        assert cells == {}
        return
    assert set(cells) == {cell for cell, number in answered.items() if number}
    shared: Counter[ReleaseCell] = Counter()
    for cell, group in cells.items():
        shared[group] += answered[cell]
    assert all(number >= k for number in shared.values())
    assert sum(shared.values()) == total


@given(counts, st.integers(1, 12))
def test_a_released_cell_never_says_what_is_not_true_of_the_answer(
    answered: dict[tuple[str, str, str | None], int], k: int
) -> None:
    for (gender, band, area), group in release_cells(answered, BANDS, k).items():
        assert group.gender in (None, gender)
        assert group.bands is None or band in group.bands
        assert group.areas is None or area in group.areas


@given(counts)
def test_merging_does_not_depend_on_the_order_answers_were_counted_in(
    answered: dict[tuple[str, str, str | None], int],
) -> None:
    turned = dict(reversed(list(answered.items())))
    assert release_cells(answered, BANDS) == release_cells(turned, BANDS)


def test_large_cells_stay_as_they_are() -> None:
    answers = {("female", "15-24", "ost"): 5, ("female", "25-44", None): 9, ("male", "67-", "ost"): 6}
    assert release_cells(answers, BANDS) == {
        ("female", "15-24", "ost"): ReleaseCell("female", ("15-24",)),
        ("female", "25-44", None): ReleaseCell("female", ("25-44",)),
        ("male", "67-", "ost"): ReleaseCell("male", ("67-",)),
    }


def test_small_neighbours_merge_and_a_small_gender_takes_one_group_with_it() -> None:
    numbers = {("female", "15-24"): 2, ("female", "25-44"): 3, ("female", "67-"): 8, ("other", "25-44"): 1}
    cells = release_cells({(*cell, None): number for cell, number in numbers.items()}, BANDS)
    young = ReleaseCell("female", ("15-24", "25-44"))
    assert cells["female", "15-24", None] == cells["female", "25-44", None] == young
    assert cells["female", "67-", None] == cells["other", "25-44", None] == ReleaseCell(None, None)


def test_place_is_given_up_before_age_and_age_before_gender() -> None:
    answers = {
        ("female", "15-24", "ost"): 5,
        ("female", "15-24", "vest"): 6,
        ("female", "25-44", "ost"): 4,
        ("female", "25-44", "vest"): 4,
        ("male", "15-24", "midt"): 6,
        ("male", "15-24", "ost"): 2,
        ("male", "15-24", "vest"): 3,
        ("male", "25-44", "ost"): 5,
        ("male", "25-44", None): 7,
    }
    cells = release_cells(answers, BANDS)
    assert cells["female", "15-24", "vest"] == ReleaseCell("female", ("15-24",), ("vest",))
    assert cells["female", "25-44", "ost"] == ReleaseCell("female", ("25-44",), None), "age is kept"
    assert cells["male", "15-24", "ost"] == cells["male", "15-24", "vest"]
    assert cells["male", "15-24", "ost"].areas == ("ost", "vest")
    assert cells["male", "25-44", None].areas is None, "who lives in no area is said to live in none"


def test_genders_too_small_take_the_last_group_of_the_first_gender_with_them() -> None:
    answered: dict[Cell, int] = {
        ("female", "15-24", None): 5,
        ("female", "67-", None): 6,
        ("male", "15-24", None): 7,
        ("male", "67-", None): 5,
        ("other", "25-44", None): 1,
    }
    cells = release_cells(answered, BANDS)
    alone = ReleaseCell(None, None)
    assert cells == {
        ("female", "15-24", None): ReleaseCell("female", ("15-24",)),
        ("female", "67-", None): alone,
        ("male", "15-24", None): ReleaseCell("male", ("15-24",)),
        ("male", "67-", None): ReleaseCell("male", ("67-",)),
        ("other", "25-44", None): alone,
    }


def test_areas_merge_in_the_order_of_their_codes() -> None:
    cells = release_cells({("female", "15-24", area): 3 for area in "cafebd"}, BANDS)
    assert {area: cells["female", "15-24", area].areas for area in "abcdef"} == {
        "a": ("a", "b"), "b": ("a", "b"), "c": ("c", "d"), "d": ("c", "d"), "e": ("e", "f"), "f": ("e", "f"),
    }  # fmt: skip


def test_what_is_left_over_joins_its_neighbour() -> None:
    cells = release_cells({("female", band, None): 2 if band == "67-" else 5 for band in BANDS}, BANDS)
    assert [cells["female", band, None].bands for band in BANDS] == [
        ("15-24",), ("25-44",), ("45-66", "67-"), ("45-66", "67-"),
    ]  # fmt: skip


def test_who_lives_in_no_area_comes_last_and_five_are_enough() -> None:
    answered = {
        ("female", "15-24", None): 3,
        ("female", "15-24", "a"): 5,
        ("female", "15-24", "b"): 3,
        ("male", "67-", None): 5,
        ("other", "25-44", None): 4,
        ("other", "67-", None): 1,
    }
    women = ReleaseCell("female", ("15-24",))
    assert release_cells(answered, BANDS) == {
        ("female", "15-24", "a"): ReleaseCell("female", ("15-24",), ("a",)),
        ("female", "15-24", "b"): women,
        ("female", "15-24", None): women,
        ("male", "67-", None): ReleaseCell("male", ("67-",)),
        ("other", "25-44", None): ReleaseCell("other", ("25-44", "67-")),
        ("other", "67-", None): ReleaseCell("other", ("25-44", "67-")),
    }


def test_genders_that_are_five_together_need_nobody_else() -> None:
    answered: dict[Cell, int] = {("female", "15-24", None): 5, ("male", "67-", None): 2, ("other", "67-", None): 3}
    assert release_cells(answered, BANDS) == {
        ("female", "15-24", None): ReleaseCell("female", ("15-24",)),
        ("male", "67-", None): ReleaseCell(None, None),
        ("other", "67-", None): ReleaseCell(None, None),
    }
