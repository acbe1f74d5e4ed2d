"""The panel against its population, by values worked out by hand."""

from importlib import resources
from zoneinfo import ZoneInfo

import pytest

from services.registration.population.areas import Area, Areas
from services.registration.population.domain import (
    BANDS,
    YEAR,
    CellShare,
    Composition,
    advice,
    attribution,
    band_of,
    band_text,
    bands_from,
    compose,
    margins_of,
    shares_by,
    shipped_persons,
)
from shared.events.registration import Margin
from shared.web.i18n import Language

#: A quarter of the people are women up to 24 years, a quarter men of that age, half are older men.
MARGINS = (
    Margin(gender="female", band="15-24", population=100),
    Margin(gender="male", band="15-24", population=100),
    Margin(gender="male", band="25-", population=200),
)
AREAS = Areas(
    1,
    (
        Area(code="a", label="Øst", postcodes=("1358",), population=50),
        Area(code="b", label="Vest", postcodes=("1337",), population=50),
    ),
)


@pytest.mark.parametrize(
    ("age", "band"),
    [(14, None), (15, "15-24"), (24, "15-24"), (25, "25-34"), (66, "55-66"), (79, "67-79"), (80, "80-")],
)
def test_an_age_is_in_its_band(age: int, band: str | None) -> None:
    assert band_of(age) == band


def test_the_bands_follow_each_other_without_a_gap() -> None:
    assert [(band.age_from, band.age_to) for band in BANDS] == [
        (15, 24), (25, 34), (35, 44), (45, 54), (55, 66), (67, 79), (80, None),
    ]  # fmt: skip
    assert [band.code for band in BANDS] == [f"{band.age_from}-{band.age_to or ''}" for band in BANDS]


def test_the_year_that_is_told_is_that_of_the_figures() -> None:
    assert resources.files("services.registration").joinpath("data", f"population_{YEAR}-01-01.csv.gz").is_file()


def test_bands_and_the_source_are_named_in_words() -> None:
    assert (band_text(BANDS[0]), band_text(BANDS[-1])) == ("15–24 år", "80 år og eldre")
    assert attribution(2026, str) == "Kilde: Statistisk sentralbyrå, tabell 07459, 1. januar 2026"


def test_shares_are_of_those_the_figures_know_and_the_size_of_all() -> None:
    members = {("female", "15-24"): 3, ("male", "25-"): 1, ("other", "25-"): 4}
    panel = compose(members, MARGINS)
    assert panel.size == 8
    assert panel.cells == (
        CellShare("female", "15-24", 3, 0.75, 0.25),
        CellShare("male", "15-24", 0, 0.0, 0.25),
        CellShare("male", "25-", 1, 0.25, 0.5),
    )
    # It lies half a panel beside: half too many women, a quarter too few of each of the others.
    assert panel.index == panel.index_of_groups == pytest.approx(0.5)
    assert shares_by(panel.cells, "gender") == {"female": (0.75, 0.25), "male": (0.25, 0.75)}
    assert shares_by(panel.cells, "band") == {"15-24": (0.75, 0.5), "25-": (0.25, 0.5)}


@pytest.mark.parametrize(
    ("women", "young_men", "men", "missing"),
    [
        (1, 1, 2, None),
        # Of five, young men should be 1.25 and older ones 2.5: 0.25 and 0.5 lack, and nobody is half a person.
        (2, 1, 2, None),
        # Of four they should be one and two: exactly one man lacks.
        (2, 1, 1, "25-"),
        (3, 0, 1, "15-24"),
        (4, 0, 4, "15-24"),
    ],
)
def test_a_group_lacks_members_from_a_whole_person_on(
    women: int, young_men: int, men: int, missing: str | None
) -> None:
    cells = {("female", "15-24"): women, ("male", "15-24"): young_men, ("male", "25-"): men}
    lacking = compose(cells, MARGINS).most_missing
    assert (lacking and lacking.band) == missing
    assert lacking is None or lacking.gender == "male"


@pytest.mark.parametrize(
    ("east", "west", "missing", "index"),
    [(2, 2, None, 1.0), (2, 1, None, 5 / 6), (3, 1, "Vest", 0.75), (1, 4, "Øst", 0.7), (0, 0, None, None)],
)
def test_an_area_lacks_members_from_a_whole_person_on(
    east: int, west: int, missing: str | None, index: float | None
) -> None:
    panel = compose({("female", "15-24"): 9}, (), {"a": east, "b": west}, AREAS)
    assert (panel.missing_area and panel.missing_area.area) == {"Vest": "b", "Øst": "a", None: None}[missing]
    assert panel.index == panel.index_of_areas == (index and pytest.approx(index))
    assert advice(panel, 15, str) == (f"Vi trenger flere fra {missing}." if missing else "")


def test_a_difference_is_that_of_the_shares_shown_beside_it() -> None:
    cell = CellShare(gender="female", band="15-24", members=1, panel_share=0.09751, population_share=0.08849)
    texts = Language("nb", ZoneInfo("Europe/Oslo"), str, lambda one, *_: one)
    shown = [texts.percent(cell.panel_share, 1), texts.percent(cell.population_share, 1), texts.number(cell.points, 1)]
    assert shown == ["9,8\u00a0%", "8,8\u00a0%", "1,0"], "9,8 less 8,8 is no 0,9"


def test_the_index_is_the_worse_of_those_there_are() -> None:
    def index(groups: float | None, areas: float | None) -> float | None:
        return Composition(1, (), groups, index_of_areas=areas).index

    assert (index(0.9, 0.8), index(0.7, 0.8), index(0.7, None), index(None, 0.8), index(None, None)) == (
        0.8, 0.7, 0.7, 0.8, None,
    )  # fmt: skip
    # Nothing in common is an index too.
    assert index(0.0, 0.8) == 0.0


def test_advice_names_the_group_and_then_the_area() -> None:
    panel = compose({("male", "25-"): 9}, MARGINS, {"a": 9}, AREAS)
    assert advice(panel, 15, str) == "Vi trenger særlig kvinner mellom 15 og 24 år. Vi trenger flere fra Vest."


@pytest.mark.parametrize(
    ("lowest", "codes"),
    [
        (15, ["15-24", "25-34", "35-44", "45-54", "55-66", "67-79", "80-"]),
        (13, ["13-24", "25-34", "35-44", "45-54", "55-66", "67-79", "80-"]),
        (18, ["18-24", "25-34", "35-44", "45-54", "55-66", "67-79", "80-"]),
        (24, ["24-34", "35-44", "45-54", "55-66", "67-79", "80-"]),
        (60, ["60-66", "67-79", "80-"]),
        (85, ["85-"]),
    ],
)
def test_the_bands_and_the_population_begin_at_the_lowest_age(lowest: int, codes: list[str]) -> None:
    bands, persons = bands_from(lowest), shipped_persons("5501")
    assert [band.code for band in bands] == codes
    counted = margins_of(persons, bands)
    assert {margin.band for margin in counted} == set(codes)
    assert sum(margin.population for margin in counted) == sum(n for (_, age), n in persons.items() if age >= lowest)


def test_the_young_of_tromso_are_those_who_may_join() -> None:
    of_15, of_18 = (compose((), margins_of(shipped_persons("5501"), bands_from(lowest))) for lowest in (15, 18))
    assert round(shares_by(of_15.cells, "band")["15-24"][1], 3) == 0.149
    assert round(shares_by(of_18.cells, "band")["18-24"][1], 3) == 0.112


def test_nobody_of_an_empty_panel_is_of_any_group() -> None:
    assert {cell.panel_share for cell in compose([], MARGINS).cells} == {0.0}
