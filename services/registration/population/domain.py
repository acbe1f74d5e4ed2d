"""Population margins and the panel's composition against them."""

import csv
import gzip
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

from services.registration.population.areas import Areas, AreaShare, compare_areas
from shared.events.registration import AgeBand, Margin
from shared.rules import N_

#: SSB's usual grouping; where people join from 15.
BANDS = (
    AgeBand(code="15-24", age_from=15, age_to=24),
    AgeBand(code="25-34", age_from=25, age_to=34),
    AgeBand(code="35-44", age_from=35, age_to=44),
    AgeBand(code="45-54", age_from=45, age_to=54),
    AgeBand(code="55-66", age_from=55, age_to=66),
    AgeBand(code="67-79", age_from=67, age_to=79),
    AgeBand(code="80-", age_from=80, age_to=None),
)
YEAR = 2026
SOURCE = "ssb-07459"

_WHO = {"female": N_("kvinner"), "male": N_("menn")}

#: Year of the figures, as they are attributed.
ATTRIBUTION = N_("Kilde: Statistisk sentralbyrå, tabell 07459, 1. januar {year}")

Cell = tuple[str, str]
"""(gender, band)"""


def bands_from(lowest: int) -> tuple[AgeBand, ...]:
    """The bands of those who may join: the youngest begins at the lowest age, and is never of one year alone."""
    youngest, *older = (band for band in BANDS if band.age_to is None or band.age_to > lowest)
    code = f"{lowest}-{youngest.age_to or ''}"
    return (AgeBand(code=code, age_from=lowest, age_to=youngest.age_to), *older)


def band_of(age: int, bands: Sequence[AgeBand] = BANDS) -> str | None:
    """Code of the band the age is in, or None below the youngest."""
    for band in bands:
        if band.age_from <= age and (band.age_to is None or age <= band.age_to):
            return band.code
    return None


def band_text(band: AgeBand) -> str:
    """``15–24 år``, ``80 år og eldre``."""
    return f"{band.age_from} år og eldre" if band.age_to is None else f"{band.age_from}–{band.age_to} år"


def shipped_persons(municipality: str) -> Mapping[tuple[str, int], int]:
    """Residents by gender and age in years of the shipped figures (persons, SSB 07459, 1 January 2026).

    Empty for a number the figures do not have: nobody is compared with another municipality's population.
    """
    file = resources.files("services.registration").joinpath("data", "population_2026-01-01.csv.gz")
    persons: dict[tuple[str, int], int] = {}
    for row in csv.DictReader(gzip.decompress(file.read_bytes()).decode("utf-8").splitlines()):
        if row["kommunenummer"] == municipality:
            ages = ((column, count) for column, count in row.items() if re.fullmatch("a[0-9]+", column))
            persons |= {(row["sex"], int(column[1:])): int(count) for column, count in ages}
    return persons


def margins_of(persons: Mapping[tuple[str, int], int], bands: Sequence[AgeBand] = BANDS) -> tuple[Margin, ...]:
    """Residents per gender and age band."""
    counts: Counter[Cell] = Counter()
    for (gender, age), count in persons.items():
        if band := band_of(age, bands):
            counts[gender, band] += count
    return tuple(Margin(gender=g, band=b, population=n) for (g, b), n in sorted(counts.items()))


@dataclass(frozen=True)
class CellShare:
    """One cell of the composition: persons and shares between 0 and 1."""

    gender: str
    band: str
    members: int
    panel_share: float
    population_share: float

    @property
    def points(self) -> float:
        """Percentage points from the population's share to the panel's, both as they are shown: to one decimal."""
        return round(self.panel_share * 100, 1) - round(self.population_share * 100, 1)


@dataclass(frozen=True)
class Composition:
    """The panel against the population."""

    size: int
    cells: tuple[CellShare, ...]
    index_of_groups: float | None
    """Duncan's index of dissimilarity over gender and age, subtracted from 1; None without members or margins."""
    areas: tuple[AreaShare, ...] = ()
    """Areas, the ones the panel lacks most first; empty before areas are named."""
    index_of_areas: float | None = None
    """The same index over areas; None without areas or members who live in them."""

    @property
    def index(self) -> float | None:
        """How well the panel mirrors the population: 1 exactly, 0 shares no group with it; the worse of the two.

        See docs/decisions/0004.
        """
        indexes = [index for index in (self.index_of_groups, self.index_of_areas) if index is not None]
        return min(indexes, default=None)

    @property
    def missing_area(self) -> AreaShare | None:
        """The area the panel lacks most persons from, or None when no area lacks a whole person."""
        living = sum(area.members for area in self.areas)
        gaps = [(area.population_share * living - area.members, area) for area in self.areas]
        gap, area = max(gaps, key=lambda pair: pair[0], default=(0.0, None))
        return area if gap >= 1 else None

    @property
    def most_missing(self) -> CellShare | None:
        """The cell the panel lacks most persons in, or None when no cell lacks a whole person."""
        gaps = [(cell.population_share * self.size - cell.members, cell) for cell in self.cells]
        gap, cell = max(gaps, key=lambda pair: pair[0], default=(0.0, None))
        return cell if gap >= 1 else None


def compose(
    members: Mapping[Cell, int] | Iterable[Cell],
    margins: Sequence[Margin],
    by_area: Mapping[str, int] | None = None,
    areas: Areas | None = None,
) -> Composition:
    """Composition of the panel, of members or of their number by cell; and of their number by area.

    Shares are of the members the margins know (the statistics have two genders): whoever is of gender ``other``, or
    younger than the youngest band, counts in the size and in nobody's shortage.
    """
    numbers = Counter(members)
    size = sum(numbers.values())
    compared = sum(numbers[margin.gender, margin.band] for margin in margins)
    total = sum(margin.population for margin in margins) or 1
    cells = tuple(
        CellShare(
            gender=margin.gender,
            band=margin.band,
            members=numbers[margin.gender, margin.band],
            panel_share=numbers[margin.gender, margin.band] / compared if compared else 0.0,
            population_share=margin.population / total,
        )
        for margin in margins
    )
    places = tuple(compare_areas(by_area or {}, areas)) if areas else ()
    living = sum(place.members for place in places)
    return Composition(size, cells, _index(cells) if compared else None, places, _index(places) if living else None)


def _index(shares: Iterable[CellShare | AreaShare]) -> float:
    return 1 - sum(abs(share.panel_share - share.population_share) for share in shares) / 2


def shares_by(cells: Sequence[CellShare], key: str) -> Mapping[str, tuple[float, float]]:
    """(panel share, population share) summed over ``gender`` or ``band``."""
    sums: dict[str, tuple[float, float]] = {}
    for cell in cells:
        before = sums.get(getattr(cell, key), (0.0, 0.0))
        sums[getattr(cell, key)] = (before[0] + cell.panel_share, before[1] + cell.population_share)
    return sums


def attribution(year: int, gettext: Callable[[str], str]) -> str:
    """Where the population's figures come from, in words that its publisher asks for."""
    return gettext(ATTRIBUTION).format(year=year)


def advice(panel: Composition, minimum_age: int, gettext: Callable[[str], str]) -> str:
    """``Vi trenger særlig menn mellom 15 og 24 år. Vi trenger flere fra Vest.``; not what lacks no person.

    Nobody below ``minimum_age`` is asked for, who may not join.
    """
    sentences = []
    cell, area = panel.most_missing, panel.missing_area
    if cell is not None:
        who, (youngest, _, oldest) = gettext(_WHO[cell.gender]), cell.band.partition("-")
        if oldest:
            text = gettext(N_("Vi trenger særlig {who} mellom {youngest} og {oldest} år."))
            sentences.append(text.format(who=who, youngest=max(int(youngest), minimum_age), oldest=oldest))
        else:
            text = gettext(N_("Vi trenger særlig {who} som er {age} år eller eldre."))
            sentences.append(text.format(who=who, age=youngest))
    if area is not None:
        sentences.append(gettext(N_("Vi trenger flere fra {area}.")).format(area=area.label))
    return " ".join(sentences)
