"""The rules of joining and of the panel's composition, on real figures."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registration.joining.domain import age_refusal, judge_residence
from services.registration.population.domain import BANDS, advice, band_of, compose, load_margins
from shared.addresses import address_key
from shared.profile import Profile

TODAY = date(2026, 11, 23)

MARGINS = load_margins("3201")


@pytest.mark.parametrize(
    ("born", "refusal"),
    [
        (2011, None),
        (2012, "too_young"),
        (2026, "too_young"),
        (2027, "impossible_year"),
        (1950, None),
        (1905, None),
        (1904, "impossible_year"),
    ],
)
def test_who_turns_fifteen_this_year_may_join(born: int, refusal: str | None) -> None:
    assert age_refusal(born, TODAY, 15) == refusal


@pytest.mark.parametrize(
    ("postcode", "declared", "refusal"),
    [
        ("1353", False, None),
        ("1300", True, "po_box"),
        ("0150", False, "elsewhere"),
        ("0150", True, None),
        ("9999", True, "unknown_postcode"),
    ],
)
def test_a_postcode_says_who_may_live_here(postcode: str, declared: bool, refusal: str | None) -> None:
    assert judge_residence(postcode, ("3201",), declared=declared).refusal == refusal


def test_after_a_merger_the_postcodes_of_the_former_numbers_are_at_home() -> None:
    merged = Profile(number="3299", former_numbers=("3201", "3203"), name="Nye Bærum kommune").numbers
    assert [judge_residence(code, merged, declared=False).refusal for code in ("1353", "1383", "0150")] == [
        None, None, "elsewhere",
    ]  # fmt: skip


def test_two_spellings_of_an_address_are_one() -> None:
    assert address_key("Kari@Example.ORG") == address_key("kari@example.org")


def test_the_margins_are_the_published_figures() -> None:
    margins = MARGINS
    women = sum(m.population for m in margins if m.gender == "female")
    men = sum(m.population for m in margins if m.gender == "male")
    assert (women, men) == (55_257, 54_158)
    assert {m.band: m.population for m in margins if m.gender == "female"}["15-24"] == 895 + 6_775


def test_another_municipality_has_figures_of_its_own_and_an_unknown_one_none() -> None:
    assert sum(m.population for m in load_margins("0301")) == 619_290
    assert load_margins("9999") == ()


@given(st.integers(min_value=15, max_value=120))
def test_every_eligible_age_is_in_exactly_one_band(age: int) -> None:
    inside = [b.code for b in BANDS if b.age_from <= age and (b.age_to is None or age <= b.age_to)]
    assert inside == [band_of(age)]


@given(st.lists(st.tuples(st.sampled_from(["female", "male", "other"]), st.sampled_from([b.code for b in BANDS]))))
def test_the_index_is_between_nothing_and_a_mirror(members: list[tuple[str, str]]) -> None:
    composition = compose(members, MARGINS)
    assert composition.size == len(members)
    if all(gender == "other" for gender, _ in members):
        assert composition.index is None, "there is nobody to compare"
    else:
        assert composition.index is not None
        assert -1e-9 <= composition.index <= 1 + 1e-9


def test_whoever_chose_neither_gender_counts_against_no_group() -> None:
    members = [(m.gender, m.band) for m in MARGINS for _ in range(5)]
    alone, together = (
        compose(members, MARGINS),
        compose([*members, ("other", "25-34")], MARGINS),
    )
    assert (together.index, together.size) == (alone.index, alone.size + 1)


def test_an_empty_panel_and_one_without_margins_have_no_index_and_no_advice() -> None:
    for composition in (compose([], MARGINS), compose([("female", "25-34")], [])):
        assert composition.index is None
        assert advice(composition, 15, str) == ""


def test_the_oldest_group_is_called_by_its_lowest_age() -> None:
    members = [(m.gender, m.band) for m in MARGINS for _ in range(99) if (m.gender, m.band) != ("female", "80-")]
    assert advice(compose(members, MARGINS), 15, str) == "Vi trenger særlig kvinner som er 80 år eller eldre."


def test_nobody_below_the_lowest_age_is_asked_for() -> None:
    members = [(m.gender, m.band) for m in MARGINS for _ in range(99) if (m.gender, m.band) != ("male", "15-24")]
    assert advice(compose(members, MARGINS), 18, str) == "Vi trenger særlig menn mellom 18 og 24 år."


def test_a_panel_that_mirrors_the_population_has_index_one_and_lacks_nobody() -> None:
    margins = MARGINS
    members = [(m.gender, m.band) for m in margins for _ in range(m.population)]
    composition = compose(members, margins)
    assert composition.index == pytest.approx(1)
    assert composition.most_missing is None


def test_advice_names_the_group_that_lacks_most_persons() -> None:
    margins = MARGINS
    members = [(m.gender, m.band) for m in margins for _ in range(10) if (m.gender, m.band) != ("male", "55-66")]
    missing = compose(members, margins).most_missing
    assert missing is not None
    assert (missing.gender, missing.band) == ("male", "55-66")
