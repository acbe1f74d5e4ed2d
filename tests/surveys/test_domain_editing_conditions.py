"""Conditions in the editor: groups of answers and limits chosen from lists, shown there again, and said in words."""

from typing import Any

import pytest
from slugify import slugify

from services.surveys.editing import domain
from services.surveys.editing.checking import findings
from services.surveys.editing.conditions import Group, Row, chosen_groups, earlier_answers, in_words
from services.surveys.editing.filling import not_read, with_question
from services.surveys.editing.showing import question_form
from tests.surveys.test_domain_editing import ENDS, sent, written
from tests.surveys.test_domain_editing import _options as options


def asked() -> domain.Content:
    """Trives du (q1)? Hvor trygt (q3)? Hvor gammel (q4)? Hvordan reiser du (q5)? And q2, which gets conditions."""
    content = written()
    for id_, kind, fields in (
        ("q3", "scale", {"text__nb": "Hvor trygt er det?", **ENDS}),
        ("q4", "number", {"text__nb": "Hvor gammel er du?", "min": "15", "max": "110"}),
        ("q5", "several_choices", {"text__nb": "Hvordan reiser du?", **options("Bil", "Buss", "Tog")}),
    ):
        content, _ = domain.add_question(content, "side1", kind)
        content = with_question(content, id_, sent(**fields), slugify)
        content = domain.move(content, "q2", 1)
    return content


def chose(question: str, *values: object) -> dict[str, Any]:
    return {"question": question, "any_of": list(values)}


JA, TRYGT = chose("q1", "ja"), chose("q3", 4)
REISER = {"any": [chose("q5", "buss", "tog"), {"question": "q4", "at_most": 17}]}


@pytest.mark.parametrize(
    ("fields", "stored", "words"),
    [
        ({"when__1__1": "q1=ja"}, JA, "svarer «Ja» på «Trives du?»"),
        (
            {"condition__1": "any", "when__1__1": "q1=ja", "when__1__2": "q1=nei"},
            chose("q1", "ja", "nei"),
            "svarer «Ja» eller «Nei» på «Trives du?»",
        ),
        (
            {"condition__1": "any", "when__1__1": "q1=ja", "when__1__2": "q3=4"},
            {"any": [JA, TRYGT]},
            "svarer «Ja» på «Trives du?» eller svarer «4» på «Hvor trygt er det?»",
        ),
        ({"when__1__1": "q1=ja", "when__1__2": "q3=4"}, {"all": [JA, TRYGT]}, None),
        (
            {"condition__1": "none", "when__1__1": "q1=ja", "when__1__2": "q1=nei"},
            {"none": [chose("q1", "ja", "nei")]},
            "ikke svarer «Ja» eller «Nei» på «Trives du?»",
        ),
        ({}, None, ""),
        (
            {"when__1__1": "q4=", "least__1__1": "18", "most__1__1": " 66 "},
            {"question": "q4", "at_least": 18, "at_most": 66},
            "svarer minst 18 og høyst 66 på «Hvor gammel er du?»",
        ),
        ({"when__1__1": "q3=", "least__1__1": "2,5"}, {"question": "q3", "at_least": 2.5}, None),
        ({"when__1__1": "q4="}, {"question": "q4"}, "svarer på «Hvor gammel er du?»"),
        (
            {"when__1__1": "q1=ja", "condition__2": "any", "when__2__1": "q5=buss", "when__2__2": "q5=tog",
             "when__2__3": "q4=", "most__2__3": "17"},
            {"all": [JA, REISER]},
            "svarer «Ja» på «Trives du?» og (svarer «Buss» eller «Tog» på «Hvordan reiser du?»"
            " eller svarer høyst 17 på «Hvor gammel er du?»)",
        ),
        (
            {"condition": "any", "when__1__1": "q1=ja", "when__1__2": "q3=4", "condition__2": "none",
             "when__2__1": "q5=bil"},
            {"any": [{"all": [JA, TRYGT]}, {"none": [chose("q5", "bil")]}]},
            None,
        ),
        (
            {"condition": "all", "condition__1": "any", "when__1__1": "q1=ja", "when__1__2": "q1=nei",
             "when__2__1": "q3=4", "when__2__2": "q5=bil", "condition__3": "none", "when__3__1": "q4=",
             "least__3__1": "67"},
            {"all": [chose("q1", "ja", "nei"), TRYGT, chose("q5", "bil"),
                     {"none": [{"question": "q4", "at_least": 67}]}]},
            None,
        ),
    ],
)  # fmt: skip
def test_a_condition_is_chosen_from_lists_and_shown_in_them_again(
    fields: dict[str, str], stored: Any, words: str | None
) -> None:
    content = with_question(asked(), "q2", sent(text__nb="Hva mangler?", **fields), slugify)
    question = domain.question_of(content, "q2")
    assert question.get("show_if") == stored
    assert findings(content) == []
    shown: Any = question_form(content, "q2", {})
    groups = {
        f"{name}.{group}.{row}": text
        for group, (_, rows) in enumerate(shown["condition_groups"], start=1)
        for row, (one, _) in enumerate(rows, start=1)
        for name, text in (("when", one.when), ("least", one.least), ("most", one.most))
    }
    modes = {f"condition.{group}": mode for group, (mode, _) in enumerate(shown["condition_groups"], start=1)}
    again = {"text.nb": "Hva mangler?", "condition": str(shown["join"]), **groups, **modes}
    assert with_question(content, "q2", lambda name: again.get(name, ""), slugify) == content
    if words is not None:
        assert shown["condition_words"] == words


def test_a_condition_that_says_more_than_the_lists_is_kept_and_said_in_words() -> None:
    deep = {"any": [{"all": [JA, {"any": [TRYGT, {"none": [REISER]}]}]}, {"question": "q2"}]}
    content = asked()
    domain.question_of(content, "q2")["show_if"] = deep
    assert chosen_groups(domain.question_of(content, "q2")) is None
    result = with_question(content, "q2", sent(text__nb="Hva mangler?", condition="keep"), slugify)
    assert domain.question_of(result, "q2")["show_if"] == deep
    beside = sent(condition="keep", when__1__1="q1=ja")
    assert list(not_read(content, "q2", beside)) == ["condition"], "what is chosen beside it is not thrown away"
    assert not_read(content, "q2", sent(condition="keep")) == {}
    assert in_words(content, deep) == (
        "(svarer «Ja» på «Trives du?» og (svarer «4» på «Hvor trygt er det?» eller (ikke (svarer «Buss» eller «Tog» på"
        " «Hvordan reiser du?» eller svarer høyst 17 på «Hvor gammel er du?»)))) eller svarer på «Hva mangler?»"
    )


@pytest.mark.parametrize("values", [1, 7])
def test_more_rows_or_groups_than_the_form_has_are_kept(values: int) -> None:
    each = [chose("q1", *map(str, range(values))) for _ in range(4)]
    assert chosen_groups({"show_if": {"all": [{"any": [one, TRYGT]} for one in each]}}) is None
    assert (chosen_groups({"show_if": {"none": each}}) is None) == (values == 7)


def test_a_condition_on_an_answer_that_is_gone_is_a_fault_and_stays_until_another_is_chosen() -> None:
    content = with_question(asked(), "q2", sent(text__nb="Hva?", when__1__1="q1=ja", when__1__2="q4="), slugify)
    content = domain.delete(
        with_question(content, "q1", sent(text__nb="Trives du?", **options("A", "B")), slugify), "q4"
    )
    assert {finding.text for finding in findings(content) if finding.part == "q2"} == {
        "Vilkåret viser til et svar som er fjernet fra «Trives du?».",
        "Vilkåret viser til et spørsmål som er slettet.",
    }
    shown: Any = question_form(content, "q2", {})
    assert [lost for _, lost in shown["condition_groups"][0][1]][:3] == [
        "svarer et svar som er fjernet på «Trives du?»", "svarer på et spørsmål som er fjernet", "",
    ]  # fmt: skip
    first = domain.move(domain.move(content, "q2", -1), "q2", -1)
    assert question_form(domain.move(first, "q2", -1), "q2", {})["groups_in_use"] == 1


@pytest.mark.parametrize(
    ("fields", "reachable"),
    [
        ({"least__1__1": "111"}, False),
        ({"least__1__1": "30", "most__1__1": "20"}, False),
        ({"least__1__1": "20", "most__1__1": "20"}, True),
        ({"least__1__1": "20,2", "most__1__1": "20,8"}, False),
        ({"least__1__1": "20,2", "most__1__1": "21,8"}, True),
        ({"least__1__1": "20", "condition__2": "none", "when__2__1": "q4=", "least__2__1": "18"}, False),
    ],
)
def test_limits_that_nobody_can_meet_are_a_fault(fields: dict[str, str], reachable: bool) -> None:
    content = with_question(asked(), "q2", sent(text__nb="Hva?", when__1__1="q4=", **fields), slugify)
    faults = [finding.text for finding in findings(content)]
    assert faults == ([] if reachable else ["Vilkåret kan aldri bli oppfylt: ingen svar fører hit."])


def test_decimals_that_lie_between_two_limits_can_be_answered() -> None:
    content = asked()
    domain.question_of(content, "q4")["decimals"] = 1
    none = {"none": [{"question": "q4", "at_most": 20}, {"question": "q4", "at_least": 20.5}]}
    domain.question_of(content, "q2")["show_if"] = {"all": [{"question": "q4"}, none]}
    assert findings(content) == []


def test_a_limit_that_is_no_number_is_told_where_it_is_asked_for() -> None:
    content = asked()
    wrong = sent(text__nb="Hva?", when__1__1="q4=", least__1__1="atten", when__1__2="q1=ja", least__1__2="tull")
    assert not_read(content, "q2", wrong) == {"least.1.1": "Skriv et tall, for eksempel 5."}
    typed = {"when.1.2": "q4=", "least.1.2": "atten"}
    shown: Any = question_form(content, "q2", typed)
    assert shown["condition_groups"][0][1][1][0] == Row("q4=", "atten"), "the form comes back as it was sent"


def test_only_what_is_asked_before_can_be_named() -> None:
    content = asked()
    assert earlier_answers(content, "q1") == earlier_answers(content, "side1") == []
    assert earlier_answers(content, "q5") == [
        ("Trives du?", [("q1=ja", "Ja"), ("q1=nei", "Nei"), ("q1=bade_og", "Både og")]),
        ("Hvor trygt er det?",
         [*((f"q3={step}", str(step)) for step in range(1, 6)), ("q3=", "Trinn: minst og høyst")]),
        ("Hvor gammel er du?", [("q4=", "Tall: minst og høyst")]),
    ]  # fmt: skip


def test_alternatives_written_as_one_group_stay_in_one() -> None:
    part = {"show_if": {"all": [JA, TRYGT, {"any": [chose("q5", "bil"), {"question": "q4"}]}]}}
    assert chosen_groups(part) == (
        "all", [Group("all", [Row("q1=ja"), Row("q3=4")]), Group("any", [Row("q5=bil"), Row("q4=")])],
    )  # fmt: skip
