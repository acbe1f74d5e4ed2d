"""Counting: sums add up, bases are people, and what is shown gives no small group away."""

import itertools
from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from services.results.counting import count_answers, written_in
from services.results.domain import (
    FEWEST_BY_GENDER,
    SMALLEST_GROUP,
    Counted,
    gender_shares,
    merged_groups,
    most_chosen,
    number_classes,
    share_positive,
)
from shared.events.questionnaire import Questionnaire
from shared.events.questionnaire.example import ANSWERS, QUESTIONNAIRE

OPTIONS = [{"code": "a", "text": {"nb": "A"}}, {"code": "b", "text": {"nb": "B"}}]
CHOICE = {"id": "q", "type": "one_choice", "text": {"nb": "Hva?"}, "options": OPTIONS}
SCALE = {"id": "q", "type": "scale", "text": {"nb": "?"}, "low": {"nb": "lite"}, "high": {"nb": "mye"}}
NUMBER = {"id": "q", "type": "number", "text": {"nb": "Hvor lenge?"}, "min": 0, "max": 300}


def count(question: dict[str, Any], answers: list[Any]) -> Any:
    page = {"id": "side", "title": {"nb": "Side"}, "questions": [question]}
    questionnaire = Questionnaire.model_validate(QUESTIONNAIRE | {"pages": [page]})
    (total,) = count_answers(questionnaire, [{"q": answer} for answer in answers])
    return total


def test_a_kind_this_version_does_not_know_is_said_to_be_uncountable_and_gets_no_zeros() -> None:
    """A list of ranks would be counted as choices, or published as nothing."""
    total = count({**CHOICE, "type": "hologram"}, [["a", "b"]] * 7)
    assert (total.countable, total.base, total.counts) == (False, 7, {})
    assert count(CHOICE, ["a"] * 7).countable


@given(st.lists(st.sampled_from(["a", "b"])))
def test_the_counts_of_one_choice_add_up_to_its_base(answers: list[str]) -> None:
    total = count(CHOICE, answers)
    assert total.base == len(answers)
    assert sum(total.counts.values()) == (total.base if total.base >= SMALLEST_GROUP else 0)


@given(st.lists(st.lists(st.sampled_from(["a", "b"]), unique=True, min_size=1)))
def test_several_choices_are_shares_of_people(answers: list[list[str]]) -> None:
    total = count({**CHOICE, "type": "several_choices"}, answers)
    assert total.base == len(answers)
    assert all(0 <= n <= total.base for n in total.counts.values())


def test_do_not_know_is_counted_apart_from_those_who_took_a_stand() -> None:
    total = count(SCALE, [1, 5, 5, "vet_ikke", "vet_ikke"])
    assert list(total.counts.values()) == [1, 0, 0, 0, 2, 2]
    assert share_positive(total, "45", "12345") == pytest.approx(2 / 3)
    assert share_positive(count(SCALE, ["vet_ikke"] * 5), "45", "12345") is None


@pytest.mark.parametrize("question", [CHOICE, {**CHOICE, "type": "several_choices"}, SCALE, NUMBER])
def test_a_question_fewer_than_five_answered_shows_only_how_many(question: dict[str, Any]) -> None:
    """A condition asks few, and the question before it says who they are: "the one who drives, wants cheaper buses"."""
    answer = {"one_choice": "a", "several_choices": ["a"], "scale": 4, "number": 12}[question["type"]]
    total = count(question, [answer] * 4)
    assert (total.base, total.counts, total.classes, total.quartiles) == (4, {}, (), None)
    assert count(question, [answer] * 5).base == 5


def test_numbers_are_told_by_quartiles_and_mean_and_not_at_all_from_too_few() -> None:
    total = count(NUMBER, [10, 20, 30, 40, 50])
    assert (total.quartiles, total.mean) == ((20, 30, 40), 30)
    assert count(NUMBER, [10, 20, 30, 40]).quartiles is None


def kept(counted: list[Counted]) -> list[Counted]:
    """What comes back from a publication's column."""
    column = TypeAdapter(tuple[Counted, ...])
    return list(column.validate_json(column.dump_json(tuple(counted))))


@given(st.lists(st.integers(0, 300)))
def test_what_a_publication_keeps_comes_back_the_same(numbers: list[int]) -> None:
    totals = [count(NUMBER, numbers), count(CHOICE, ["a"])]
    assert kept(totals) == totals


def test_most_chosen_are_all_that_share_the_top() -> None:
    assert most_chosen({"a": 3, "b": 1}) == ["a"]
    assert most_chosen({"a": 3, "b": 3, "c": 1}) == ["a", "b"]
    assert most_chosen({"a": 0}) == most_chosen({}) == []


@given(st.lists(st.integers(-1000, 100_000), min_size=5), st.integers(0, 3))
def test_classes_of_numbers_hold_five_lose_nobody_and_follow_each_other(numbers: list[int], decimals: int) -> None:
    classes = number_classes(sorted(float(number) for number in numbers), decimals)
    assert len(classes) != 1
    if classes:
        assert sum(n for _, _, n in classes) == len(numbers)
        assert all(n >= SMALLEST_GROUP for _, _, n in classes)
        assert classes[0][0] is None
        assert classes[-1][1] is None
    for place, (low, high, n) in enumerate(classes):
        inside = [x for x in numbers if (low is None or x >= low) and (high is None or x <= high)]
        assert len(inside) == n
        if place and low is not None and (before := classes[place - 1][1]) is not None:
            assert low == pytest.approx(before + 10.0**-decimals)


def test_one_very_large_number_does_not_hide_the_others() -> None:
    journeys = [5, 10, 10, 15, 15, 15, 20, 20, 20, 25, 25, 30, 30, 35, 40, 45, 45, 50, 55, 60, 300]
    classes = number_classes([float(minutes) for minutes in journeys], 0)
    assert len(classes) >= 3
    assert classes[-1][0] is not None
    assert classes[-1][0] < 60
    assert number_classes([10.0] * 20 + [300.0], 0) == []


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
            shares = gender_shares({"female": women, "male": men, "other": other}) if men >= 0 else {}
            if shares:
                possible[tuple(shares.items())].add(other)
        alone = [shares for shares, others in possible.items() if len(others) == 1 and others != {0}]
        assert alone == [], total


def test_a_survey_few_answered_shows_no_shares_by_gender() -> None:
    assert gender_shares({"female": 40, "male": 40, "other": 2}) == {}
    assert gender_shares({"female": 120, "male": 4}) == {}
    assert set(gender_shares({"female": 60, "male": 50, "other": 5})) == {"female", "male", "other"}


EXAMPLE = Questionnaire.model_validate(QUESTIONNAIRE)


def counted_of(id_: str, answers: list[dict[str, Any]]) -> Any:
    return {answer.id: answer for answer in count_answers(EXAMPLE, answers)}[id_]


def test_every_kind_is_counted_and_what_is_counted_comes_back_from_a_publication() -> None:
    totals = count_answers(EXAMPLE, [ANSWERS] * 6)
    assert [total.id for total in totals] == [question.id for question in EXAMPLE.questions]
    assert all(total.countable and total.base == 6 for total in totals)
    assert kept(totals) == totals


def test_a_grid_is_counted_statement_by_statement() -> None:
    answers = [{"paastander": {"ofte": step}} for step in (1, 1, 2, 5, "vet_ikke")]
    answers += [{"paastander": {"trygt": 3}}] * 4
    grid = counted_of("paastander", answers)
    often, safe = grid.parts
    assert (grid.base, often.base, safe.base) == (9, 5, 4)
    assert often.counts == {"1": 2, "2": 1, "3": 0, "4": 0, "5": 1, "vet_ikke": 1}
    assert safe.counts == {}


def test_a_ranking_tells_who_is_among_the_most_important_and_who_is_first() -> None:
    ranks = [["buss", "bil"], ["buss", "sykkel"], ["bil", "buss"], ["buss", "bil"], ["sykkel", "buss"]]
    ranked = counted_of("viktigst", [{"viktigst": rank} for rank in ranks])
    assert ranked.counts == {"buss": 5, "sykkel": 2, "bil": 3}
    assert ranked.firsts == {"buss": 3, "sykkel": 1, "bil": 1}


def test_days_are_told_by_months_with_five_people_in_each() -> None:
    days = ["2026-01-03"] * 2 + ["2026-02-28"] * 3 + ["2026-05-17"] * 6 + ["2026-06-01"]
    assert counted_of("sist", [{"sist": day} for day in days]).counts == {"2026-01/2026-02": 5, "2026-05/2026-06": 7}


def test_what_was_written_beside_an_option_is_told_apart_from_the_choice() -> None:
    answers = [{"oftest": "annet", "oftest.annet": "Båt"}] * 2 + [{"oftest": "annet"}] * 3
    total = counted_of("oftest", answers)
    assert total.counts["annet"] == 5
    assert [(part.id, part.kind, part.base) for part in total.parts] == [("oftest.annet", "short_text", 2)]
    assert "oftest.annet" in written_in(EXAMPLE)
