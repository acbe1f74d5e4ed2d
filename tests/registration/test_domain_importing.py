"""Reading a list of members: every reason of every bad row, and a clear word for a file that is no such list."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registration.csv_file import UnreadableFile
from services.registration.importing.domain import MOST_ROWS, PART, Preview, read_members, shown_as
from services.registration.joining.domain import Rules
from services.registration.population.area_file import read_file

RULES = Rules(("3201",), date(2026, 11, 23), minimum_age=15)
HEAD = "navn;epost;fodselsar;kjonn;postnummer;sprak"
KARI = "Kari;kari@example.org;1980;kvinne;1353;nb"


def read(*rows: str, head: str = HEAD, member_keys: frozenset[str] = frozenset(), encoding: str = "utf-8") -> Preview:
    return preview_of("\r\n".join([head, *rows]).encode(encoding), member_keys)


def preview_of(raw: bytes, member_keys: frozenset[str] = frozenset()) -> Preview:
    parts = list(read_members(raw, rules=RULES, member_keys=member_keys))
    good, bad = (row for part in parts for row in part.good), (row for part in parts for row in part.bad)
    return Preview(list(good), list(bad), sum(part.members for part in parts), parts[0].has_consents)


def test_a_large_file_is_never_held_as_people_all_at_once() -> None:
    raw = "\n".join([HEAD, *(KARI.replace("kari@", f"kari{number}@") for number in [*range(PART + 1), 0])]).encode()
    parts = read_members(raw, rules=RULES, member_keys=frozenset())
    assert len(next(parts).good) == PART
    rest = next(parts)
    assert (len(rest.good), [line for line, _ in rest.bad]) == (1, [PART + 3]), "who stood in an earlier part is known"
    assert next(parts, None) is None


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (";uten@example.org;1980;mann;1353;nb", ["Navn må fylles ut"]),
        ("N" * 101 + ";lang@example.org;1980;mann;1353;nb", ["Navn kan ha høyst 100 tegn"]),
        ("Ola;ola@example;1980;mann;1353;nb", ["E-post må skrives slik"]),
        ("Kåre;kåre@example.org;1980;mann;1353;nb", ["æ, ø eller å"]),
        ("Liv;liv@example.org;2020;kvinne;1353;nb", ["fyller ikke 15 år i år"]),
        ("Tor;tor@example.org;1980;mann;1300;nb", ["postboks"]),
        ("Eli;eli@example.org;1980;kvinne;0150;nb", ["en annen kommune"]),
        ("Ida;KARI@example.org;1980;kvinne;1353;nb", ["står i filen fra før"]),
        ("Per;PER@example.org;1980;mann;1353;nb;ekstra", ["flere felt enn overskriften"]),
        ("Pål\u202e;pal@example.org;1980;mann;1353;nb", ["navn har usynlige tegn"]),
        (";gal;åtti;robot;13;xx", ["Navn må", "E-post må", "Fødselsår må", "Kjønn må", "Postnummer må", "Språk må"]),
        ("Bare navn", ["E-post må", "Fødselsår må", "Kjønn må", "Postnummer må"]),
    ],
)
def test_a_bad_row_is_listed_with_its_line_and_every_reason(row: str, words: list[str]) -> None:
    preview = read(KARI, row, member_keys=frozenset({"kjent@example.org"}))
    assert [member.name for member in preview.good] == ["Kari"]
    ((line, reasons),) = preview.bad
    assert line == 3
    assert len(reasons) == len(words)
    for word, reason in zip(words, reasons, strict=True):
        assert word in reason


def test_who_is_a_member_already_is_no_fault_of_the_file_whatever_else_the_row_says() -> None:
    rows = (KARI, "Ida;kjent@example.org;1980;kvinne;1353;nb", ";KJENT@example.org;1;x;1;nb")
    preview = read(*rows, member_keys=frozenset({"kjent@example.org"}))
    assert (len(preview.good), preview.bad, preview.members) == (1, [], 2)


def test_the_line_is_the_files_own_also_after_a_quoted_line_break_or_a_strange_one() -> None:
    preview = read('"Kari\nKarlsen";kari@example.org;1980;kvinne;1353;nb', "Per\u2028;per@example.org;1980;mann;1;nb")
    assert [line for line, _ in preview.bad] == [3, 4]


def test_somebody_twice_in_the_file_is_taken_once() -> None:
    preview = read(KARI, KARI.replace("kari@", "KARI@"))
    assert (len(preview.good), len(preview.bad)) == (1, 1)


def test_a_file_as_norwegian_excel_writes_it_is_read() -> None:
    row = "Åse Ødegård;ase@example.org;1980;kvinne;1353;nn"
    for encoding in ("cp1252", "utf-8", "utf-8-sig"):
        assert read(row, encoding=encoding).good[0].name == "Åse Ødegård"


NAMES = ("Åse Ødegård", "Søren Grønås", "Kåre Bjørnstad", "Pål Sæther")


@pytest.mark.parametrize("encoding", ["cp1252", "mac_roman", "cp865", "cp850", "utf-8", "utf-16"])
def test_the_letters_of_any_usual_program_are_read(encoding: str) -> None:
    people = [f"{name};p{n}@example.org;1980;kvinne;1353;nb" for n, name in enumerate(NAMES)]
    assert [row.name for row in read(*people, encoding=encoding).good] == list(NAMES)
    assert read(people[0], encoding=encoding).good[0].name == NAMES[0]


def test_lines_of_several_programs_and_letters_encoded_twice_are_read() -> None:
    rows = [f"{name};p{n}@example.org;1980;kvinne;1353;nb" for n, name in enumerate(NAMES)]
    twice = rows[2].encode().decode("cp1252").encode()
    for more in (twice, twice.decode("cp1252").encode(), rows[2].encode().decode("latin-1").encode()):
        raw = b"\n".join([HEAD.encode(), rows[0].encode("cp1252"), rows[1].encode(), more, rows[3].encode("cp1252")])
        assert [row.name for row in preview_of(raw).good] == list(NAMES)


def test_a_file_that_is_no_text_is_refused_in_words() -> None:
    for encoding in ("utf-32", "utf-16-le"):
        with pytest.raises(UnreadableFile, match="ikke ren tekst"):
            read(KARI, encoding=encoding)


def test_what_no_norwegian_name_holds_is_shown_first_then_letters_beyond_ascii() -> None:
    names = ("Kari Nordmann", "Åse Ødegård", "K¾re", "Nguyễn Văn An", "Kari O’Brien-Müller")
    preview = read(*(f"{name};p{n}@example.org;1980;kvinne;1353;nb" for n, name in enumerate(names)))
    assert [shown_as(row.name) for row in preview.good] == [2, 1, 0, 1, 1]


def test_a_name_typed_on_a_mac_and_one_with_invisible_characters_are_the_names_they_look_like() -> None:
    preview = read("Ka\u0301re\u200b\u00a0Å;ka\u00adri@exam\u200bple.org;19\u200b80;mann;1353\u200b;nb")
    (row,) = preview.good
    assert (row.name, row.email, row.year_of_birth, row.postcode) == ("K\u00e1re Å", "kari@example.org", 1980, "1353")


@pytest.mark.parametrize(
    ("head", "row"),
    [
        ("sep=;\n" + HEAD, KARI),
        (HEAD.replace(";", "\t"), KARI.replace(";", "\t")),
        (HEAD.replace(";", ","), KARI.replace(";", ",")),
        (HEAD + ";;;", KARI + ";;;"),
        (HEAD, KARI + ";;"),
        ("Navn;E-post;Fødselsår;Kjønn;Postnummer;Språk", KARI),
        ("postnummer;navn;epost;kjonn;fodselsar", "1353;Kari;kari@example.org;kvinne;1980"),
        (HEAD, KARI.replace("1980", "1980,0")),
        (HEAD, KARI.replace("1980", "1980.0")),
    ],
)
def test_a_list_is_read_as_spreadsheets_write_it(head: str, row: str) -> None:
    preview = read(row, head=head)
    assert [(member.name, member.year_of_birth) for member in preview.good] == [("Kari", 1980)]
    assert preview.bad == []


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (HEAD.replace("epost", "adresse"), "mangler epost"),
        (HEAD + ";skostørrelse", "«skostørrelse» kjenner vi ikke"),
        (HEAD + ";Navn", "navn står to ganger"),
    ],
)
def test_a_heading_that_is_wrong_is_told_what_is_wrong(head: str, words: str) -> None:
    with pytest.raises(UnreadableFile, match=words):
        read(KARI, head=head)


@pytest.mark.parametrize(("year", "words"), [("3000", "fra 1905 til 2026"), ("1 2", "fire sifre"), ("1980,5", "fire")])
def test_a_year_that_is_none_says_why(year: str, words: str) -> None:
    (_, (reason,)), *_ = read(KARI.replace("1980", year)).bad
    assert words in reason


def test_a_file_may_say_what_each_person_consented_to() -> None:
    head = HEAD + ";undersøkelser;møter"
    preview = read(KARI + ";ja;nei", KARI.replace("kari@", "ola@") + ";nei;nei;", head=head + ";resultater")
    assert preview.has_consents
    assert [member.purposes for member in preview.good] == [("surveys",)]
    assert [reasons for _, reasons in preview.bad] == [["Personen har ikke samtykket til noe"]]
    assert not read(KARI).has_consents


def test_staff_may_say_that_somebody_with_anothers_postcode_lives_here() -> None:
    preview = read("Eli;eli@example.org;1980;kvinne;0150;nb;ja", head=HEAD + ";bor_her")
    assert [member.declared_resident for member in preview.good] == [True]


@pytest.mark.parametrize(
    "raw",
    [
        b"navn,epost\n", "é;".encode("latin-1"), b"", HEAD.encode(), b"\x00\x01", b"\x81\x8d",
        f'{HEAD}\n"aldri lukket;'.encode(), f"{HEAD};mer\n{KARI};x".encode(),
        f"{HEAD}\n{'x' * 200_000};a;b;c;d;e".encode(), "\n".join([HEAD, *[KARI] * (MOST_ROWS + 1)]).encode(),
    ],
)  # fmt: skip
def test_a_file_that_is_no_member_list_is_refused_with_a_reason(raw: bytes) -> None:
    with pytest.raises(UnreadableFile, match=r"\w{3}"):
        preview_of(raw)


@given(st.binary(max_size=400))
def test_no_file_is_an_error_of_ours(raw: bytes) -> None:
    for content in (raw, HEAD.encode() + b"\n" + raw):
        try:
            preview = preview_of(content)
        except UnreadableFile:
            continue
        assert all(reasons for _, reasons in preview.bad)


def test_area_figures_are_read_and_their_bad_rows_listed() -> None:
    rows = ["1353;1200", "1337;0", "0150;10", "9999;10", "1353;5", "1354;mange", "1356"]
    areas, bad = read_file("\n".join(["postnummer;befolkning", *rows]).encode(), ("3201",), ())
    assert [(area.code, area.label, area.population) for area in areas] == [("1353", "1353 Bærums Verk", 1200)]
    assert [line for line, _ in bad] == [3, 4, 5, 6, 7, 8]


@given(st.binary(max_size=200))
def test_no_area_file_is_an_error_of_ours(raw: bytes) -> None:
    for content in (raw, b"postnummer;befolkning\n" + raw):
        try:
            read_file(content, ("3201",), ())
        except UnreadableFile:
            continue
