"""Counting: sums add up, bases are people, and what is shown gives no small group away."""

import itertools
import json
from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.results.domain import (
    FEWEST_BY_GENDER,
    SMALLEST_GROUP,
    as_json,
    count_answers,
    from_json,
    gender_shares,
    leading_finding,
    merged_groups,
    share_positive,
)

OPTIONS = [{"code": "a", "text": {"nb": "A"}}, {"code": "b", "text": {"nb": "B"}}]
CHOICE = {"id": "q", "type": "one_choice", "text": {"nb": "Hva?"}, "options": OPTIONS}
SCALE = {"id": "q", "type": "scale", "text": {"nb": "?"}, "low": {"nb": "lite"}, "high": {"nb": "mye"}}
NUMBER = {"id": "q", "type": "number", "text": {"nb": "Hvor lenge?"}, "min": 0, "max": 300}


def asked(question: dict[str, Any]) -> dict[str, Any]:
    return {"pages": [{"questions": [question]}]}


def count(question: dict[str, Any], given_: list[Any]) -> Any:
    (counted,) = count_answers(asked(question), [{"q": answer} for answer in given_])
    return counted


@given(st.lists(st.sampled_from(["a", "b"])))
def test_the_counts_of_one_choice_add_up_to_its_base(answers: list[str]) -> None:
    counted = count(CHOICE, answers)
    assert sum(counted.counts.values()) == counted.base == len(answers)


@given(st.lists(st.lists(st.sampled_from(["a", "b"]), unique=True, min_size=1)))
def test_several_choices_are_shares_of_people(answers: list[list[str]]) -> None:
    counted = count({**CHOICE, "type": "several_choices"}, answers)
    assert counted.base == len(answers)
    assert all(0 <= n <= counted.base for n in counted.counts.values())


def test_do_not_know_is_counted_apart_from_those_who_took_a_stand() -> None:
    counted = count(SCALE, [1, 5, 5, "vet_ikke"])
    assert list(counted.counts.values()) == [1, 0, 0, 0, 2, 1]
    assert share_positive(counted) == pytest.approx(2 / 3)
    assert share_positive(count(SCALE, ["vet_ikke"])) is None


def test_numbers_are_told_by_quartiles_and_mean_and_not_at_all_from_too_few() -> None:
    counted = count(NUMBER, [10, 20, 30, 40, 50])
    assert (counted.quartiles, counted.mean) == ((20, 30, 40), 30)
    assert count(NUMBER, [10, 20, 30, 40]).quartiles is None


@given(st.lists(st.integers(0, 300)))
def test_what_a_publication_keeps_comes_back_the_same(numbers: list[int]) -> None:
    counted = [count(NUMBER, numbers), count(CHOICE, ["a"])]
    assert from_json(json.loads(json.dumps(as_json(counted)))) == counted


def test_the_finding_is_the_most_chosen_answer() -> None:
    finding = leading_finding(asked(CHOICE), [count(CHOICE, ["a", "a", "b", "a"])])
    assert finding.startswith("75 prosent svarer «A»")


@given(st.lists(st.integers(0, 12), max_size=8))
def test_joined_groups_are_neighbours_hold_enough_people_and_lose_nobody(counts: list[int]) -> None:
    named = [(str(place), n) for place, n in enumerate(counts)]
    groups = merged_groups(named)
    assert all(n >= SMALLEST_GROUP for _, n in groups)
    if sum(counts) >= SMALLEST_GROUP:
        assert [code for codes, _ in groups for code in codes] == [code for code, _ in named]
        assert sum(n for _, n in groups) == sum(counts)
    else:
        assert groups == []


def test_no_reader_can_tell_how_few_chose_neither_gender() -> None:
    """By enumeration: every page with shares by gender but no row for others could also show a survey without any."""
    for total in range(FEWEST_BY_GENDER, FEWEST_BY_GENDER + 60):
        possible: dict[Any, set[int]] = defaultdict(set)
        for other, women in itertools.product(range(SMALLEST_GROUP), range(total)):
            men = total - other - women
            shown = gender_shares({"female": women, "male": men, "other": other}) if men >= 0 else {}
            if shown:
                possible[tuple(shown.items())].add(other)
        alone = [shown for shown, others in possible.items() if len(others) == 1 and others != {0}]
        assert alone == [], total


def test_a_survey_few_answered_shows_no_shares_by_gender() -> None:
    assert gender_shares({"female": 40, "male": 40, "other": 2}) == {}
    assert gender_shares({"female": 120, "male": 4}) == {}
    assert set(gender_shares({"female": 60, "male": 50, "other": 5})) == {"female", "male", "other"}
