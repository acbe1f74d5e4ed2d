"""What forms of others reckon: how many, the least and the greatest, the same answer twice, an age."""

import operator
from itertools import product

import pytest

from tests.surveys.test_domain_exchange import LISTS, chose
from tests.surveys.test_domain_exchange_forms import BEGIN, END, FIRST, asked, holds_for, question

SIZES = (">0", ">=1", "!=0", "=0", "<1", "<=0", ">1", ">=2", "<2", "<=1", "=1", "!=1")
DOES = {
    ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le, "=": operator.eq, "!=": operator.ne
}  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
def test_how_many_are_chosen_and_how_many_of_a_repeat_are_so_is_counted(size: str) -> None:
    listed = [LISTS[0], *(["liste", code, code] for code in "abcd")]
    imported = asked(
        ["select_multiple liste", "valg", "Hva?"], ["text", "q", "Hvorfor?", f"count-selected(${{valg}}) {size}"],
        [*BEGIN, "", "3"], ["integer", "alder", "Alder?"],
        ["calculate", "liten", "", "", "", "number(${alder}='3')"], END,
        ["text", "r", "Og?", f"sum(${{liten}}) {size}"],
        choices=listed,
    )  # fmt: skip
    does, number = DOES[size[:-1]], int(size[-1])
    for count in range(5):
        assert holds_for(imported, "q", valg=list("abcd"[:count]) or None) is does(count, number)
    for ages in product((3, 4), repeat=3):
        answers = dict(zip(("alder", "alder_2", "alder_3"), ages, strict=True))
        assert holds_for(imported, "r", **answers) is does(ages.count(3), number)


@pytest.mark.parametrize(("word", "sign"), [*product(("min", "max"), ("<", "<=", ">", ">="))])
def test_the_least_and_the_greatest_number_of_a_repeat_can_be_compared(word: str, sign: str) -> None:
    imported = asked(BEGIN, ["integer", "alder", "Alder?"], END, ["text", "q", "Hva?", f"{word}(${{alder}}) {sign} 5"])
    assert not holds_for(imported, "q")
    for ages in product((4, 5, 6, None), repeat=2):
        numbers = [age for age in ages if age is not None]
        extreme = {"min": min, "max": max}[word]
        answers = dict(zip(("alder", "alder_2"), ages, strict=True))
        assert holds_for(imported, "q", **answers) is (bool(numbers) and DOES[sign](extreme(numbers), 5))


@pytest.mark.parametrize(("sign", "is_same"), [("=", True), ("!=", False)])
def test_two_answers_from_lists_can_be_compared(sign: str, is_same: bool) -> None:
    lists = [LISTS[0], *(["en", code, code] for code in "ab"), *(["to", code, code] for code in "bc")]
    imported = asked(
        ["select_one en", "a", "Før?"], ["select_one to", "b", "Nå?"],
        ["text", "q", "Hvorfor?", f"${{a}} {sign} ${{b}}"],
        choices=lists,
    )  # fmt: skip
    for a, b in product(("a", "b", None), ("b", "c", None)):
        assert holds_for(imported, "q", a=a, b=b) is ((a == b) is is_same)


@pytest.mark.parametrize("kind", ["integer", "text", "select_multiple jn"])
def test_other_answers_that_are_compared_are_refused(kind: str) -> None:
    imported = asked([kind, "a", "Før?"], [kind, "b", "Nå?"], ["text", "q", "Hvorfor?", "${a} != ${b}"])
    assert [row.what for row in imported.refusals] == ["q"]
    assert "sammenliknes" in imported.refusals[0].reason


def test_what_is_no_count_is_not_summed() -> None:
    imported = asked(
        [*BEGIN, "", "2"], ["integer", "alder", "Alder?"],
        ["calculate", "to", "", "", "", "if(${alder} < 6, 2, 0)"], END,
        ["text", "q", "Hva?", "sum(${alder}) > 1"], ["text", "r", "Hva?", "sum(${to}) = 1"],
    )  # fmt: skip
    assert [row.what for row in imported.refusals] == ["q", "r"]


@pytest.mark.parametrize(
    ("calculation", "unit", "high"),
    [
        ("int((today() - ${født}) div 365.25)", "år", 150),
        ("int((${dag} - ${født}) div 365)", "år", 150),
        ("floor( (today()-${født}) div 30.44 )", "måneder", 1_800),
    ],
)
def test_an_age_that_the_file_reckons_is_asked_for_and_said(calculation: str, unit: str, high: int) -> None:
    imported = asked(
        ["today", "dag"], ["date", "født", "Når er du født?"], ["calculate", "alder", "", "", "", calculation],
        ["text", "q", "Hva?", "${alder} < 18"],
    )  # fmt: skip
    age = question(imported, "alder")
    assert age["text"] == {"nb": f"Hvor mange hele {unit} er det siden {{fodt}}?"}
    assert (age["type"], age["min"], age["max"], age["show_if"]) == ("number", 0, high, {"question": "fodt"})
    assert holds_for(imported, "q", alder=17)
    assert not holds_for(imported, "q", alder=18)
    assert [remark for remark in imported.remarks if "«alder» regnes ut" in remark]
    assert [row.what for row in imported.refusals] == ["dag"]


@pytest.mark.parametrize(
    "calculation",
    ["int((today() - ${navn}) div 365)", "int((${navn} - ${født}) div 365)", "int((today() - ${født}) div 7)"],
)
def test_what_else_is_reckoned_from_days_is_refused(calculation: str) -> None:
    imported = asked(
        FIRST, ["date", "født", "Når er du født?"], ["calculate", "alder", "", "", "", calculation],
        ["text", "q", "Hva?", "${alder} < 18"],
    )  # fmt: skip
    assert [row.what for row in imported.refusals] == ["alder", "q"]


def test_an_age_no_condition_names_is_not_asked_for() -> None:
    row = ["calculate", "alder", "", "", "", "int((today() - ${født}) div 365)"]
    assert asked(["date", "født", "Når er du født?"], row).taken == 1


def test_a_filter_that_leaves_one_answer_for_all_is_asked_with_no_beside_it() -> None:
    imported = asked(["select_one jn", "bil", "Bil?", "", "", "", "name = '1'"], ["text", "q", "Hva?", "${bil} != ''"])
    assert [option["code"] for option in question(imported, "bil")["options"]] == ["svar_1", "nei"]
    assert "«Nei» er lagt til" in imported.remarks[0]
    # A no to the only answer in the file is no answer there.
    assert question(imported, "q")["show_if"] == chose("bil", "svar_1")
