"""Reading a list of members: every reason of every bad row, and a clear word for a file that is no such list."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registration.importing.domain import MOST_ROWS, Preview, UnreadableFile, read_members
from services.registration.population.area_file import UnreadableFile as UnreadableAreas
from services.registration.population.area_file import read_areas

TODAY = date(2026, 11, 23)
HEAD = "navn;epost;fodselsar;kjonn;postnummer;sprak"
KARI = "Kari;kari@example.org;1980;kvinne;1353;nb"


def read(*rows: str, head: str = HEAD, known: frozenset[str] = frozenset(), encoding: str = "utf-8") -> Preview:
    raw = "\r\n".join([head, *rows]).encode(encoding)
    return read_members(raw, municipality="3201", today=TODAY, minimum_age=15, known=known)


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
        ("Ida;kjent@example.org;1980;kvinne;1353;nb", ["fra før"]),
        ("Per;PER@example.org;1980;mann;1353;nb;ekstra", ["flere felt enn overskriften"]),
        ("Pål\u202e;pal@example.org;1980;mann;1353;nb", ["navn har usynlige tegn"]),
        (";gal;åtti;robot;13;xx", ["Navn må", "E-post må", "Fødselsår må", "Kjønn må", "Postnummer må", "Språk må"]),
        ("Bare navn", ["E-post må", "Fødselsår må", "Kjønn må", "Postnummer må"]),
    ],
)
def test_a_bad_row_is_listed_with_its_line_and_every_reason(row: str, words: list[str]) -> None:
    preview = read(KARI, row, known=frozenset({"kjent@example.org"}))
    assert [member.name for member in preview.good] == ["Kari"]
    ((line, reasons),) = preview.bad
    assert line == 3
    assert len(reasons) == len(words)
    for word, reason in zip(words, reasons, strict=True):
        assert word in reason


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
        read_members(raw, municipality="3201", today=TODAY, minimum_age=15, known=frozenset())


@given(st.binary(max_size=400))
def test_no_file_is_an_error_of_ours(raw: bytes) -> None:
    for content in (raw, HEAD.encode() + b"\n" + raw):
        try:
            preview = read_members(content, municipality="3201", today=TODAY, minimum_age=15, known=frozenset())
        except UnreadableFile:
            continue
        assert all(reasons for _, reasons in preview.bad)


def test_area_figures_are_read_and_their_bad_rows_listed() -> None:
    rows = ["1353;1200", "1337;0", "0150;10", "9999;10", "1353;5", "1354;mange", "1356"]
    areas, bad = read_areas("\n".join(["postnummer;befolkning", *rows]).encode(), "3201")
    assert [(area.area, area.population) for area in areas] == [("1353", 1200)]
    assert [line for line, _ in bad] == [3, 4, 5, 6, 7, 8]


@given(st.binary(max_size=200))
def test_no_area_file_is_an_error_of_ours(raw: bytes) -> None:
    for content in (raw, b"postnummer;befolkning\n" + raw):
        try:
            read_areas(content, "3201")
        except UnreadableAreas:
            continue
