"""What forms of others do that ours do not: repeats, lists that depend on an answer, hidden rows, quotes."""

from collections.abc import Sequence
from typing import Any

import pytest

from services.surveys.editing.checking import findings
from services.surveys.exchange.files import BadFile
from services.surveys.exchange.reading import read_xlsform
from services.surveys.exchange.repeating import MOST
from services.surveys.exchange.taking import Imported
from shared.events.questionnaire import holds, strict
from tests.surveys.test_domain_exchange import LISTS, chose, workbook

COLUMNS = ("type", "name", "label", "relevant", "repeat_count", "calculation", "choice_filter")
FIRST = ["text", "navn", "Hva heter du?"]
BEGIN, INSIDE, END = ["begin repeat", "barn", "Barn"], ["text", "skole", "Skole?"], ["end repeat"]


def asked(*rows: Sequence[Any], copies: int = 3, choices: Sequence[Sequence[Any]] = LISTS) -> Imported:
    """What a file with these rows gives; every condition in it names what was asked before."""
    cells = [[*row, *[""] * (len(COLUMNS) - len(row))] for row in rows]
    imported = read_xlsform(workbook([COLUMNS, *cells], choices), "a.xlsx", copies)
    assert not [
        finding.text
        for finding in findings(imported.content)
        if "kan ikke brukes" in finding.text or "ingen svar" in finding.text
    ]
    return imported


def pages(imported: Imported) -> list[tuple[str, list[str], Any]]:
    """(Title, questions, for whom) of each page."""
    return [
        (page["title"]["nb"], [part["id"] for part in page["questions"]], page.get("show_if"))
        for page in imported.content["pages"]
    ]


def question(imported: Imported, id_: str) -> Any:
    """The question."""
    return next(part for page in imported.content["pages"] for part in page["questions"] if part["id"] == id_)


def test_a_repeat_with_a_count_is_asked_so_many_times() -> None:
    imported = asked(FIRST, [*BEGIN, "", "2"], INSIDE, ["text", "hvor", "Hvor er ${skole}?", "${skole} != ''"], END)
    assert pages(imported)[1:] == [
        ("Barn 1 av 2", ["skole"], None), ("Barn 1 av 2", ["hvor"], None),
        ("Barn 2 av 2", ["skole_2"], None), ("Barn 2 av 2", ["hvor_2"], None),
    ]  # fmt: skip
    assert question(imported, "hvor_2")["text"] == {"nb": "Hvor er {skole_2}?"}
    assert question(imported, "hvor_2")["show_if"] == {"question": "skole_2"}
    assert imported.refusals == []
    assert imported.remarks == ["«Barn» gjentas 2 ganger. Spørsmålene står én gang for hver."]
    assert not imported.repeats


def test_an_open_repeat_asks_whether_there_is_one_more() -> None:
    imported = asked(FIRST, BEGIN, INSIDE, END, ["text", "sist", "Noe mer?"])
    assert pages(imported)[1:] == [
        ("Barn 1", ["skole", "barn_2_til"], None),
        ("Barn 2", ["skole_2", "barn_3_til"], chose("barn_2_til", "ja")),
        ("Barn 3", ["skole_3"], chose("barn_3_til", "ja")),
        ("Side 5", ["sist"], None),
    ]
    assert question(imported, "barn_2_til")["text"] == {"nb": "Vil du legge til en til?"}
    assert imported.repeats
    assert len(asked(FIRST, BEGIN, INSIDE, END, copies=1).content["pages"]) == 2


def test_a_repeat_by_a_number_is_for_those_who_gave_it() -> None:
    imported = asked(["integer", "antall", "Hvor mange barn?"], [*BEGIN, "", "${antall}"], INSIDE, END)
    assert [condition for _, _, condition in pages(imported)[1:]] == [
        {"question": "antall", "at_least": n} for n in (1, 2, 3)
    ]
    assert "så mange ganger som svaret på «antall» sier, høyst 3" in imported.remarks[0]


def test_a_repeat_that_follows_another_is_for_the_same_people_and_says_whom_it_is_about() -> None:
    imported = asked(
        BEGIN, ["text", "hvem", "Hvem?"], END,
        ["begin repeat", "igjen", "Om", "", "count(${barn})"],
        ["calculate", "om", "", "", "", "indexed-repeat(${hvem}, ${barn}, position(..))"],
        ["text", "trives", "Trives ${om}?"], END, copies=2,
    )  # fmt: skip
    assert [condition for _, _, condition in pages(imported)] == [
        None,
        chose("barn_2_til", "ja"),
        None,
        chose("barn_2_til", "ja"),
    ]
    assert question(imported, "trives_2")["text"] == {"nb": "Trives {hvem_2}?"}


def test_a_repeat_in_a_repeat_is_laid_out_in_each_copy() -> None:
    imported = asked(
        [*BEGIN, "", "2"], INSIDE, ["begin repeat", "fag", "Fag", "", "2"], ["text", "lekse", "Lekser?"], END, END
    )
    asked_ = [id_ for _, ids, _ in pages(imported) for id_ in ids]
    assert asked_ == ["skole", "lekse", "lekse_2", "skole_2", "lekse_2_2", "lekse_2_2_2"]


@pytest.mark.parametrize("count", ["0", str(MOST + 1), "9999"])
def test_a_repeat_nobody_could_answer_is_refused_with_all_in_it(count: str) -> None:
    imported = asked(FIRST, [*BEGIN, "", count], INSIDE, END)
    assert [row.what for row in imported.refusals] == ["barn", "skole"]


def test_a_repeat_without_an_end_is_refused() -> None:
    assert [row.what for row in asked(FIRST, BEGIN, INSIDE).refusals] == ["barn", "skole"]


def test_repeats_in_repeats_do_not_grow_past_what_there_is_room_for() -> None:
    depth = [["begin repeat", f"g{n}", "G", "", "20"] for n in range(9)]
    with pytest.raises(BadFile, match="grupper som gjentas"):
        asked(FIRST, *depth, INSIDE, *[END] * 9)


def test_a_row_that_no_copy_can_take_is_refused_once() -> None:
    imported = asked(FIRST, BEGIN, INSIDE, ["geopoint", "sted", "Hvor?"], END)
    assert [(row.row, row.what) for row in imported.refusals] == [(5, "sted")]


PLACES = [
    ["list_name", "name", "label", "fylke"], ["fylke", "a", "Akershus"], ["fylke", "b", "Buskerud"],
    ["fylke", "o", "Oslo"],
    ["kommune", "1", "Bærum", "a"], ["kommune", "2", "Asker", "a"], ["kommune", "3", "Drammen", "b"],
    ["kommune", "4", "Hole", "b"], ["kommune", "5", "Oslo", "o"], ["kommune", "9", "Vet ikke", ""],
]  # fmt: skip


@pytest.mark.parametrize("filter_", ["fylke = ${fylke}", "${fylke}=fylke", "fylke = ${fylke} or name = '9'"])
def test_a_list_that_depends_on_an_answer_is_a_question_for_each(filter_: str) -> None:
    imported = asked(
        ["select_one fylke", "fylke", "Fylke?"], ["select_one kommune", "kommune", "Kommune?", "", "", "", filter_],
        ["text", "jobb", "Jobber du i Bærum?", "${kommune} = '1'"], ["text", "by", "By?", "${kommune} = '5'"],
        choices=PLACES,
    )  # fmt: skip
    last = ["svar_9"] if "'9'" in filter_ else []
    assert [option["code"] for option in question(imported, "kommune")["options"]] == ["svar_1", "svar_2", *last]
    assert question(imported, "kommune_2")["show_if"] == chose("fylke", "b")
    assert question(imported, "jobb")["show_if"] == chose("kommune", "svar_1")
    # Oslo has one answer left, so there is nothing to choose: the earlier answer says it.
    assert question(imported, "by")["show_if"] == (chose("kommune_3", "svar_5") if last else chose("fylke", "o"))


@pytest.mark.parametrize("filter_", ["fylke != ${fylke}", "regex(fylke, ${fylke})", "fylke = ${borte}"])
def test_a_list_that_depends_in_another_way_is_refused(filter_: str) -> None:
    imported = asked(
        ["select_one fylke", "fylke", "Fylke?"], ["select_one kommune", "kommune", "Kommune?", "", "", "", filter_],
        choices=PLACES,
    )  # fmt: skip
    assert [row.what for row in imported.refusals] == ["kommune"]


def test_a_hidden_yes_or_no_becomes_the_condition_it_stands_for() -> None:
    imported = asked(
        ["integer", "alder", "Alder?"],
        ["calculate", "barn", "", "", "", "if(${alder} < 18 and ${alder} != 3, 1, 0)"],
        ["calculate", "voksen", "", "", "", "${alder} >= 18"],
        ["text", "a", "Hva?", "${barn} = 1"], ["text", "b", "Hvor?", "${voksen}"],
    )  # fmt: skip
    for age, child in ((3, False), (17, True), (18, False)):
        assert holds_for(imported, "a", alder=age) is child
        assert holds_for(imported, "b", alder=age) is (age >= 18)
    assert imported.refusals == []


def holds_for(result: Imported, id_: str, **answers: object) -> bool:
    """Whether somebody with these answers is asked the question."""
    content = {**result.content, "introduction": {"nb": "Vi spør."}}
    content["pages"] = [*content["pages"], {"id": "sist", "title": {"nb": "Sist"}, "questions": [
        {"id": "takk", "type": "information", "text": {"nb": "Takk."}, "required": False}]}]  # fmt: skip
    return holds(next(part for part in strict(content).questions if part.id == id_).show_if, answers)


def test_a_sum_over_a_repeat_says_whether_one_of_them_is() -> None:
    imported = asked(
        [*BEGIN, "", "2"], ["integer", "alder", "Alder?"], ["calculate", "liten", "", "", "", "if(${alder} < 6, 1, 0)"],
        END, ["calculate", "smaa", "", "", "", "sum(${liten})"], ["text", "plass", "Barnehage?", "${smaa} >= 1"],
        ["text", "ingen", "Hvorfor ikke?", "${smaa} = 0"],
    )  # fmt: skip
    for ages, some in (({"alder": 5, "alder_2": 9}, True), ({"alder": 9, "alder_2": 2}, True), ({"alder": 9}, False)):
        assert holds_for(imported, "plass", **ages) is some
        assert holds_for(imported, "ingen", **ages) is not some


def test_a_choice_with_numbers_for_codes_can_be_compared() -> None:
    imported = asked(["select_one jn", "bil", "Bil?"], ["text", "a", "Hva?", "${bil} >= 2"])
    assert question(imported, "a")["show_if"] == chose("bil", "svar_2")


def test_an_answer_is_quoted_from_a_page_of_its_own_and_what_is_reckoned_is_left_out_and_said() -> None:
    imported = asked(
        FIRST, ["calculate", "sum", "", "", "", "1 + 2 * ${navn}"], ["text", "hei", "Hei {du}, ${navn}!"],
        ["text", "tall", "Det blir ${sum}."],
    )  # fmt: skip
    assert [ids for _, ids, _ in pages(imported)] == [["navn"], ["hei", "tall"]]
    assert question(imported, "hei")["text"] == {"nb": "Hei (du), {navn}!"}
    assert question(imported, "tall")["text"] == {"nb": "Det blir …."}
    assert "«tall»" in imported.remarks[0]


def test_what_the_file_itself_never_shows_is_said_so() -> None:
    imported = asked(["select_one jn", "bil", "Bil?"], ["text", "a", "Hva?", "${bil} = 'kanskje'"])
    assert "vises aldri" in imported.refusals[0].reason


def test_time_a_confirmation_and_a_single_answer_are_taken_and_said() -> None:
    imported = asked(
        ["time", "naar", "Når?"], ["acknowledge", "ok", "Har du lest dette?"], ["select_multiple en", "vil", "Vil du?"],
        ["text", "a", "Hva?", "${ok} = 'OK' and selected(${vil}, 'x')"], choices=[*LISTS, ["en", "x", "Ja, gjerne"]],
    )  # fmt: skip
    assert [question(imported, id_)["type"] for id_ in ("naar", "ok", "vil")] == [
        "short_text",
        "one_choice",
        "one_choice",
    ]
    assert question(imported, "a")["show_if"] == {"all": [chose("ok", "ja"), chose("vil", "x")]}
    assert len(imported.remarks) == 3


def test_a_group_that_does_not_fit_says_why_on_each_row_in_it() -> None:
    imported = asked(
        FIRST, ["begin group", "g", "G", "regex(., 'a')"], INSIDE, ["end group"], ["text", "sist", "Sist?"]
    )
    assert [row.what for row in imported.refusals] == ["g", "skole"]
    assert "kan ikke uttrykkes" in imported.refusals[1].reason
    assert imported.taken == 2


def test_a_title_stands_in_every_language_the_texts_have() -> None:
    columns = ("type", "name", "label::Norsk (nb)", "label::English (en)")
    imported = read_xlsform(workbook([columns, ["select_one jn or_other", "q", "Hvordan?", "How?"]]), "Byen.xlsx")
    assert imported.content["title"] == {"nb": "Byen", "en": "Byen"}
    assert imported.content["pages"][0]["title"] == {"nb": "Side 1", "en": "Page 1"}
    assert imported.content["pages"][0]["questions"][0]["options"][-1]["text"] == {"nb": "Annet", "en": "Other"}


def test_hidden_rows_that_name_hidden_rows_do_not_grow_without_an_end() -> None:
    doubling = [
        ["calculate", f"a{n}", "", "", "", f"if(${{a{n - 1}}} = 1 or ${{a{n - 1}}} = 0, 1, 0)"] for n in range(1, 60)
    ]
    imported = asked(["integer", "a0", "Alder?"], *doubling, ["text", "q", "Hva?", "${a59} = 1"], ["text", "r", "Så?"])
    assert [row.what for row in imported.refusals][-1] == "q"
    assert question(imported, "r")


def test_more_alternatives_than_a_condition_holds_stand_in_groups() -> None:
    expression = " or ".join(f"${{a{n}}} = 1" for n in range(45))
    imported = asked(*(["integer", f"a{n}", "Hvor mange?"] for n in range(50)), ["text", "q", "Hvorfor?", expression])
    assert holds_for(imported, "q", a44=1)
    assert not holds_for(imported, "q", a44=2, a45=1)
