"""Counting: sums add up, bases are people, hidden numbers cannot be found by subtraction."""

from hypothesis import given
from hypothesis import strategies as st

from services.results.domain import count_question, leading_finding, shown_counts

CHOICE = {
    "id": "q",
    "type": "one_choice",
    "text": {"nb": "Hva?"},
    "options": [{"code": "a", "text": {"nb": "A"}}, {"code": "b", "text": {"nb": "B"}}],
}


@given(st.lists(st.sampled_from(["a", "b"])))
def test_the_counts_of_one_choice_add_up_to_its_base(answers: list[str]) -> None:
    result = count_question(CHOICE, answers, "nb")
    assert sum(row.n for row in result.rows) == result.base == len(answers)


@given(st.lists(st.lists(st.sampled_from(["a", "b"]), unique=True, min_size=1)))
def test_several_choices_are_shares_of_people(answers: list[list[str]]) -> None:
    result = count_question({**CHOICE, "type": "several_choices"}, answers, "nb")
    assert result.base == len(answers)
    assert all(0 <= row.share <= 1 for row in result.rows)


def test_do_not_know_is_shown_on_a_scale() -> None:
    scale = {"id": "s", "type": "scale", "text": {"nb": "?"}, "low": {"nb": "lite"}, "high": {"nb": "mye"}}
    result = count_question(scale, [1, 5, 5, "vet_ikke"], "nb")
    assert [row.n for row in result.rows] == [1, 0, 0, 0, 2, 1]


def test_the_finding_is_the_most_chosen_answer() -> None:
    assert leading_finding([count_question(CHOICE, ["a", "a", "b", "a"], "nb")]).startswith("75 prosent svarer «A»")


@given(st.dictionaries(st.text(min_size=1, max_size=3), st.integers(0, 40), min_size=2, max_size=6))
def test_a_hidden_number_is_never_the_only_one(counts: dict[str, int]) -> None:
    shown = shown_counts(counts)
    hidden = [key for key, n in shown.items() if n is None]
    assert len(hidden) != 1
    assert all(shown[key] is None for key, n in counts.items() if 0 < n < 5)
