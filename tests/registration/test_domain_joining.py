"""The rules of joining and of the panel's composition, on real figures."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.registration.joining.domain import DetailsInput, JoinInput, Rules, age_refusal, judge_residence
from services.registration.population.domain import BANDS, advice, band_of, compose, margins_of, shipped_persons
from shared.addresses import address_key
from shared.profile import Profile
from tests.registration.given import FORM

TODAY = date(2026, 11, 23)

MARGINS = margins_of(shipped_persons("3201"))


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


RULES = Rules(("3201",), TODAY, 15, frozenset({"bolig:eie", "bolig:leie", "barn:ja"}))


def refused(rules: Rules | None = RULES, **changes: Any) -> set[tuple[str, str]]:
    """(field, error) of the form filled in with these changes."""
    try:
        JoinInput.model_validate({**FORM, **changes}, context=rules)
    except ValidationError as failure:
        return {(str(error["loc"][0]), error["type"]) for error in failure.errors()}
    return set()


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({}, None),
        ({"name": ""}, ("name", "string_too_short")),
        ({"name": "Å"}, None),
        ({"name": "x" * 100}, None),
        ({"name": "x" * 101}, ("name", "string_too_long")),
        ({"name": "123"}, ("name", "name")),
        ({"name": "Kari\nKarlsen"}, ("name", "one_line")),
        ({"name": "Kari\tKarlsen"}, ("name", "one_line")),
        ({"email": f"{'k' * 63}@{'x' * 60}.{'x' * 60}.{'x' * 60}.example"}, None),
        ({"email": "k@" + "x" * 250 + ".no"}, ("email", "string_too_long")),
        ({"email": "kari"}, ("email", "email_form")),
        ({"year_of_birth": "80"}, ("year_of_birth", "year_form")),
        ({"year_of_birth": "19800"}, ("year_of_birth", "year_form")),
        ({"year_of_birth": 1980}, None),
        ({"year_of_birth": 1904}, ("year_of_birth", "impossible_year")),
        ({"year_of_birth": "2012"}, ("year_of_birth", "too_young")),
        ({"gender": "robot"}, ("gender", "literal_error")),
        ({"postcode": "135"}, ("postcode", "string_pattern_mismatch")),
        ({"postcode": "13533"}, ("postcode", "string_pattern_mismatch")),
        ({"postcode": "9999"}, ("postcode", "unknown_postcode")),
        ({"postcode": "0150"}, ("declared_resident", "elsewhere")),
        ({"postcode": "0150", "declared_resident": "yes"}, None),
        ({"language": "se"}, ("language", "literal_error")),
        ({"purposes": []}, ("purposes", "too_short")),
        ({"purposes": ["results"]}, None),
        ({"purposes": ["surveys", "meetings", "results", "surveys"]}, ("purposes", "too_long")),
        ({"old_enough": ""}, ("old_enough", "literal_error")),
    ],
)
def test_the_form_is_taken_or_refused_at_its_field(changed: dict[str, Any], error: tuple[str, str] | None) -> None:
    assert refused(**changed) == ({error} if error else set())


def test_without_a_municipalitys_rules_only_the_form_is_looked_at() -> None:
    assert refused(None, year_of_birth="2030", postcode="0150") == set()
    assert DetailsInput.model_validate({**FORM, "own_answers": ["bolig:eie"]}).own_answers == ()


def test_a_year_that_is_refused_says_what_is_asked_for() -> None:
    with pytest.raises(ValidationError) as failure:
        JoinInput.model_validate({**FORM, "year_of_birth": "2012"}, context=RULES)
    assert failure.value.errors()[0]["ctx"] == {"minimum_age": 15, "oldest": 1905, "this_year": 2026}


@pytest.mark.parametrize(
    ("postcode", "declared", "kept"), [("1353", True, False), ("1353", False, False), ("0150", True, True)]
)
def test_living_here_is_kept_only_where_the_postcode_says_otherwise(postcode: str, declared: bool, kept: bool) -> None:
    told = {**FORM, "postcode": postcode, "declared_resident": declared}
    assert JoinInput.model_validate(told, context=RULES).declared_resident is kept


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (None, None),
        ([], None),
        ("", None),
        (["bolig:eie"], ("bolig:eie",)),
        (["bolig:eie", "bolig:leie"], ("bolig:leie",)),
        (["bolig:slott", "barn:ja", "bil:ja", "bolig:eie"], ("barn:ja", "bolig:eie")),
        (["bil:ja"], ()),
        (("barn:ja",), ("barn:ja",)),
    ],
)
def test_one_answer_is_kept_to_each_question_that_is_asked(sent: object, kept: tuple[str, ...] | None) -> None:
    assert JoinInput.model_validate({**FORM, "own_answers": sent}, context=RULES).own_answers == kept


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
    assert sum(m.population for m in margins_of(shipped_persons("0301"))) == 619_290
    assert margins_of(shipped_persons("9999")) == ()


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
