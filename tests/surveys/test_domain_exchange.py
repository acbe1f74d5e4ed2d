"""XLSForm: what fits is taken, what does not is named, and our own export comes back unchanged."""

import zipfile
from base64 import b64decode, b64encode
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import pytest
import yaml
from openpyxl import Workbook
from PIL import Image

from services.surveys.editing.domain import questions
from services.surveys.editing.pictures import as_picture
from services.surveys.exchange.asked import AskedHere, Place
from services.surveys.exchange.expressions import NotUnderstood, read, write
from services.surveys.exchange.files import MOST_BYTES, BadFile
from services.surveys.exchange.reading import read_xlsform
from services.surveys.exchange.taking import MOST_ROWS
from services.surveys.exchange.writing import as_xlsform, as_yaml
from services.surveys.questionnaire.shelf import read_questionnaire, shipped
from shared.events.questionnaire import strict
from shared.events.questionnaire.example import QUESTIONNAIRE
from tests.surveys.test_domain_pictures import as_file

LISTS = [["list_name", "name", "label"], ["jn", "1", "Ja"], ["jn", "2", "Nei"]]


def workbook(survey: Sequence[Sequence[Any]], choices: Sequence[Sequence[Any]] = LISTS, **more: Any) -> bytes:
    """An ``.xlsx`` with these sheets."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "survey"
    for name, rows in (("survey", survey), ("choices", choices), *more.items()):
        target = sheet if name == "survey" else book.create_sheet(name)
        for row in rows:
            target.append(list(row))
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def asked(*rows: Sequence[Any], columns: Sequence[str] = ("type", "name", "label", "relevant")) -> Any:
    """What a file with these rows gives."""
    return read_xlsform(workbook([columns, *rows]), "mitt skjema.xlsx")


@pytest.mark.parametrize(
    "content",
    [*(questionnaire.content() for questionnaire in shipped().values()), QUESTIONNAIRE],
    ids=lambda c: c["id"],
)
def test_round_trips_through_both_kinds_of_file_change_nothing(content: dict[str, Any]) -> None:
    imported = read_xlsform(as_xlsform(content), "ut.xlsx")
    assert imported.refusals == []
    assert strict(imported.content) == strict(content)
    assert read_questionnaire(as_yaml(imported.content), "ut.yaml") == strict(content)


def test_what_is_too_long_for_a_cell_of_a_workbook_comes_back_whole() -> None:
    content = yaml.safe_load(as_yaml(QUESTIONNAIRE))
    pair = next(part for page in content["pages"] for part in page["questions"] if part["type"] == "pair")
    picture = as_picture(as_file(Image.effect_noise((240, 240), 100), "PNG"))
    assert len(picture["png"]) > 2 * 32_767
    for option in pair["options"]:
        option["picture"] = picture | {"shows": {"nb": "x " * 400, "nn": "x", "en": "x"}}
    imported = read_xlsform(as_xlsform(content), "ut.xlsx")
    assert strict(imported.content) == strict(content)


def test_a_picture_in_a_workbook_is_drawn_anew_and_a_damaged_one_refused() -> None:
    content = yaml.safe_load(as_yaml(QUESTIONNAIRE))
    pair = next(part for page in content["pages"] for part in page["questions"] if part["type"] == "pair")
    brought = as_file(Image.new("RGB", (40, 30)), "JPEG", comment=b"HEMMELIG")
    pair["options"][0]["picture"] = {"jpeg": b64encode(brought).decode(), "shows": {"nb": "x", "nn": "x", "en": "x"}}
    read_back = read_xlsform(as_xlsform(content), "ut.xlsx").content
    picture = next(part for part in questions(read_back) if part["id"] == pair["id"])["options"][0]["picture"]
    assert b"HEMMELIG" in brought
    assert b"HEMMELIG" not in b64decode(picture["jpeg"])
    pair["options"][0]["picture"]["jpeg"] = "/9j/AAAA"
    refused = read_xlsform(as_xlsform(content), "ut.xlsx").refusals
    assert [(one.what, one.reason.partition(".")[0]) for one in refused] == [
        (pair["id"], "Filen er ikke et bilde av typen JPEG, PNG eller WebP, eller den er skadet")
    ]


def test_a_text_changed_in_the_workbook_is_the_one_read_back() -> None:
    content = yaml.safe_load(as_yaml(QUESTIONNAIRE))
    content["pages"][0]["questions"][0]["text"]["nb"] = "=SUM(1;2) er ingen formel"
    imported = read_xlsform(as_xlsform(content), "ut.xlsx")
    assert imported.content["pages"][0]["questions"][0]["text"]["nb"] == "=SUM(1;2) er ingen formel"


def test_the_usual_kinds_are_taken() -> None:
    imported = asked(
        ["begin group", "om", "Om deg"],
        ["select_one jn", "bil", "Har du bil?"],
        ["select_multiple jn", "begge", "Hva passer?"],
        ["integer", "alder", "Hvor gammel er du?", "${bil} = '1'"],
        ["text", "ord", "Med egne ord"],
        ["end group", "", ""],
        ["note", "hilsen", "Takk"],
        ["date", "dag", "Når?"],
        ["rank jn", "viktig", "Viktigst?"],
    )
    assert imported.refusals == []
    assert imported.taken == 8 - 1
    first, second = imported.content["pages"]
    assert first["title"] == {"nb": "Om deg"}
    assert [question["type"] for question in first["questions"]] == [
        "one_choice",
        "several_choices",
        "number",
        "short_text",
    ]
    assert [question["type"] for question in second["questions"]] == ["information", "date", "ranking"]
    assert first["questions"][2]["show_if"] == {"question": "bil", "any_of": ["svar_1"]}
    assert imported.content["title"] == {"nb": "mitt skjema"}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (["geopoint", "sted", "Hvor?"], "sted på kart"),
        (["image", "bilde", "Bilde?"], "ber om en fil"),
        (["calculate", "sum", ""], "regner ut noe skjult"),
        (["deviceid", "enhet", ""], "opplysninger om enheten"),
        (["select_one borte", "x", "Hva?"], "listen «borte», som ikke finnes"),
        (["matrix", "x", "Hva?"], "av typen «matrix»"),
        (["text", "x", "Hva?", "${navn} = 'Kari'"], "sammenlikner med det noen skriver"),
        (["text", "x", "Hva?", "regex(., 'a')"], "kan ikke uttrykkes som vilkår"),
        (["text", "x", "Hva?", "${siden} = 'a'"], "ikke finnes før dette"),
        (["text", "", ""], "har ingen tekst"),
    ],
)
def test_what_does_not_fit_is_named_with_its_row_and_reason(row: list[str], reason: str) -> None:
    imported = asked(["text", "navn", "Først"], row)
    (refusal,) = imported.refusals
    assert (refusal.sheet, refusal.row) == ("survey", 3)
    assert reason in refusal.reason
    assert imported.taken == 1


def test_languages_go_where_they_belong_and_a_missing_one_is_said() -> None:
    columns = ("type", "name", "label::English (en)", "label::Norsk (nb)", "label::Nynorsk (nn)")
    imported = asked(["text", "q", "How?", "Hvordan?", "Korleis?"], columns=columns)
    assert imported.content["pages"][0]["questions"][0]["text"] == {"nb": "Hvordan?", "nn": "Korleis?", "en": "How?"}
    assert imported.remarks == []
    other = asked(["text", "q", "Pourquoi?"], columns=("type", "name", "label::Français (fr)"))
    assert other.content["pages"][0]["questions"][0]["text"] == {"nb": "Pourquoi?"}
    assert len(other.remarks) == 1


def test_the_condition_of_a_group_holds_for_its_page() -> None:
    imported = asked(
        ["select_one jn", "bil", "Bil?"], ["begin_group", "g", "Bilen", "selected(${bil}, '1')"],
        ["text", "merke", "Merke?"], ["end_group", "", ""], ["text", "sist", "Sist?"],
    )  # fmt: skip
    conditions = [
        (page.get("show_if"), [question["id"] for question in page["questions"]]) for page in imported.content["pages"]
    ]
    assert conditions == [(None, ["bil"]), ({"question": "bil", "any_of": ["svar_1"]}, ["merke"]), (None, ["sist"])]


def known() -> AskedHere:
    """A file that has asked for two choices and a number."""
    imported = AskedHere()
    imported.add("a", Place("a", {"x": "x", "y": "y"}))
    imported.add("b", Place("b", {"y": "y", "z": "z"}))
    imported.add("n", Place("n", is_figure=True))
    return imported


def chose(question: str, code: str) -> dict[str, Any]:
    """The condition that one answer was given."""
    return {"question": question, "any_of": [code]}


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("${a} = 'x'", {"question": "a", "any_of": ["x"]}),
        ('selected( ${a} , "x" )', {"question": "a", "any_of": ["x"]}),
        ("${a} != 'x'", {"none": [{"question": "a", "any_of": ["x"]}]}),
        ("${a} != ''", {"question": "a"}),
        ("${n} >= 18 and 30 >= ${n}", {"all": [{"question": "n", "at_least": 18}, {"question": "n", "at_most": 30}]}),
        ("count-selected(${a}) > 0 and string-length(${n}) >= 1", {"all": [{"question": "a"}, {"question": "n"}]}),
        ("count-selected(${a}) >= 2", {"all": [chose("a", "x"), chose("a", "y")]}),
        ("${a}", {"question": "a"}),
        ("selected(${a}, '')", {"none": [{"question": "a"}]}),
        ("${a} = 'finnes ikke' or ${b} = 'y'", chose("b", "y")),
        ("not(${a} = 'finnes ikke')", None),
        ("not(${a} = 'x') or ${b} = 'y'", {"any": [{"none": [chose("a", "x")]}, chose("b", "y")]}),
        (
            "${a} = 'x' and (${b} = 'y' or ${n} or ${b} = 'z')",
            {"all": [chose("a", "x"), {"any": [{"question": "b", "any_of": ["y", "z"]}, {"question": "n"}]}]},
        ),
    ],
)  # fmt: skip
def test_conditions_are_read(text: str, condition: Any) -> None:
    assert read(text, known()) == condition


def test_words_in_the_place_of_a_number_are_no_condition() -> None:
    imported = asked(["integer", "alder", "Alder?"], ["text", "a", "Hva?", "${alder} = 'ja'"])
    assert (imported.taken, [row.what for row in imported.refusals]) == (1, ["a"])


def test_who_chose_something_else_is_named_as_the_file_does() -> None:
    imported = asked(["select_one jn or_other", "bil", "Bil?"], ["text", "a", "Hva?", "selected(${bil}, 'other')"])
    assert imported.content["pages"][0]["questions"][1]["show_if"] == {"question": "bil", "any_of": ["annet"]}


@pytest.mark.parametrize("text", ["1 +", "${a} = ", "selected(${a})", "${a} = 'x' ${b}", "(" * 50 + "${a} = 'x'", "§"])
def test_what_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises(NotUnderstood):
        read(text, known())


def test_a_condition_written_reads_as_the_same() -> None:
    condition = {"all": [{"question": "a", "any_of": ["x"]}, {"none": [{"question": "n", "at_least": 3}]}]}
    assert read(write(condition), known()) == condition


def bomb() -> bytes:
    """A workbook that unpacks to a hundred megabytes."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 100_000_000)
    return out.getvalue()


def with_macro() -> bytes:
    """A workbook that carries a program."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/vbaProject.bin", b"x")
    return out.getvalue()


ENTITY = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><workbook>&e;</workbook>'


def with_entity() -> bytes:
    """A workbook whose XML names a file of the server."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("xl/workbook.xml", ENTITY)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"", "a.xlsx", "tom"),
        (b"x" * (MOST_BYTES + 1), "a.csv", "for stor"),
        (b"hei", "a.txt", ".xlsx-, .csv- eller .lss-fil"),
        (b"PK\x03\x04 skadet", "a.xlsx", "skadet"),
        (b"hei", "a.xlsm", "makroer"),
        (with_macro(), "a.xlsx", "makroer"),
        (bomb(), "a.xlsx", "pakker ut til mer"),
        (with_entity(), "a.xlsx", "kan ikke leses"),
        (workbook([["navn"], ["x"]]), "a.xlsx", "«type»"),
        (workbook([["type", "name"], *([["text", f"q{n}"] for n in range(MOST_ROWS + 1)])]), "a.xlsx", "plass til"),
    ],
    ids=["empty", "large", "text", "broken", "xlsm", "macro", "bomb", "entity", "no-type", "rows"],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_refused_in_words(data: bytes, name: str, words: str) -> None:
    with pytest.raises(BadFile, match=words):
        read_xlsform(data, name)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_a_csv_is_read_as_excel_saves_it_in_norway(encoding: str, sign: str) -> None:
    rows = [["survey"], ["", "type", "name", "label"], ["", "text", "vei", "Hvilken vei, og når på året?"]]
    text = "\r\n".join(sign.join(f'"{cell}"' if sign in cell else cell for cell in row + [""] * 4) for row in rows)
    imported = read_xlsform(text.encode(encoding), "skjema.csv")
    assert [question["text"]["nb"] for question in questions(imported.content)] == ["Hvilken vei, og når på året?"]
