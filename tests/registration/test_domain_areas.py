"""Areas: read from files, compared with the panel, and what they cover."""

from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registration.csv_file import UnreadableFile
from services.registration.places import street_postcodes
from services.registration.population.area_file import read_file
from services.registration.population.areas import Area, Areas, compare_areas, coverage
from services.registration.population.domain import advice, compose
from shared.events.registration import Margin

BANDS = ("15-24", "25-")


def example() -> list[Area]:
    """Five areas of Bærum, old figures."""
    file = resources.files("services.registration").joinpath("data", "areas_3201_2005.csv")
    areas, bad = read_file(file.read_bytes(), ("3201",), BANDS)
    assert bad == []
    return areas


def test_the_example_names_five_areas_with_most_of_the_postcodes() -> None:
    areas = Areas(1, tuple(example()))
    assert [area.code for area in areas.areas] == ["ost", "sorost", "midt", "vest", "nordvest"]
    assert areas.of("1337") == "vest"
    assert areas.of("0150") is None
    covered = coverage(areas, 104_583, street_postcodes(("3201",)))
    assert covered.residents == 104_583
    assert covered.share == 1.0
    assert all(areas.of(postcode) is None for postcode in covered.postcodes)


def test_residents_by_gender_and_age_add_up_to_the_area() -> None:
    rows = [
        "område;postnumre;innbyggere;kjønn;alder",
        "Vest;1336 1337;100;kvinner;15–24",
        "Vest;1336 1337;300;menn;25-",
        "Øst;1358;50;kvinner;25-",
    ]
    areas, bad = read_file("\n".join(rows).encode(), ("3201",), BANDS)
    assert bad == []
    west = areas[0]
    assert (west.code, west.population, west.postcodes) == ("vest", 400, ("1336", "1337"))
    female, male = (
        Margin(gender="female", band="15-24", population=100),
        Margin(gender="male", band="25-", population=300),
    )
    assert west.cells == (female, male)


def test_an_areas_name_stands_on_one_line_however_the_cell_was_written() -> None:
    rows = 'område;postnumre;innbyggere\n"Sandvika\u2028og\n  omegn";1337;10\nØst\x85nord;1358;10'
    areas, bad = read_file(rows.encode(), ("3201",), BANDS)
    assert (bad, [area.label for area in areas]) == ([], ["Sandvika og omegn", "Øst nord"])


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("Vest;;10", "minst ett postnummer"),
        ("Vest;1337;0", "helt tall over 0"),
        ("Vest;0150;10", "annen kommune"),
        ("Vest;9999;10", "finnes ikke"),
        ("Nord;1336;10", "hører til to områder"),
        ("Øst;1358;10", "står to ganger"),
        ("Vest;1337", "må ha 3 felt"),
    ],
)
def test_a_bad_row_is_named_with_its_reason(row: str, reason: str) -> None:
    _, bad = read_file(f"område;postnumre;innbyggere\nØst;1358;10\nSør;1336;10\n{row}".encode(), ("3201",), BANDS)
    assert [line for line, _ in bad] == [4]
    assert reason in bad[0][1]


@given(st.binary(max_size=200))
def test_no_file_of_areas_is_an_error_of_ours(raw: bytes) -> None:
    for content in (raw, "område;postnumre;innbyggere;kjønn;alder\n".encode() + raw):
        try:
            read_file(content, ("3201",), BANDS)
        except UnreadableFile:
            continue


def test_the_index_is_that_of_what_the_panel_mirrors_worst_and_the_advice_names_the_area() -> None:
    areas = Areas(1, (Area(code="a", label="Øst", postcodes=("1358",), population=50),
                      Area(code="b", label="Vest", postcodes=("1337",), population=50)))  # fmt: skip
    margins = [Margin(gender=g, band="15-", population=10) for g in ("female", "male")]
    panel = compose({("female", "15-"): 5, ("male", "15-"): 5}, margins, areas.count({"1358": 9, "1337": 1}), areas)
    assert panel.index_of_groups == 1.0
    assert panel.index == panel.index_of_areas == pytest.approx(0.6)
    assert advice(panel, 15, str) == "Vi trenger flere fra Vest."
    assert [share.area for share in compare_areas({"a": 9, "b": 1, "": 4}, areas)] == ["b", "a"]
