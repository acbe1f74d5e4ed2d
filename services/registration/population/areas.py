"""The municipality's areas as values: named groups of postcodes with residents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from pydantic import BaseModel, ConfigDict

from shared.events.registration import AgeBand, AreaMargin, Margin


class Area(BaseModel):
    """A named group of postcodes; ``cells`` are its residents by gender and age band, where known."""

    model_config = ConfigDict(frozen=True)
    code: str
    label: str
    postcodes: tuple[str, ...]
    population: int
    cells: tuple[Margin, ...] = ()

    def as_margin(self, bands: Sequence[AgeBand]) -> AreaMargin:
        """The area as others get it: without its postcodes, and by age only where the bands are those in force."""
        codes = {band.code for band in bands}
        cells = self.cells if all(cell.band in codes for cell in self.cells) else ()
        return AreaMargin(area=self.code, population=self.population, label=self.label, cells=cells)


@dataclass(frozen=True)
class Areas:
    """One version of the areas, each postcode in at most one of them."""

    version: int
    areas: tuple[Area, ...]
    source: str = ""

    @property
    def code(self) -> str:
        """What a member's area code belongs to."""
        return f"areas-{self.version}"

    @cached_property
    def _of_postcode(self) -> dict[str, str]:
        return {postcode: area.code for area in self.areas for postcode in area.postcodes}

    def of(self, postcode: str | None) -> str | None:
        """Code of the area the postcode lies in; None outside every area."""
        return self._of_postcode.get(postcode or "")

    def count(self, by_postcode: Mapping[str, int]) -> dict[str, int]:
        """Persons by area code, given persons by postcode; those outside every area under the empty code."""
        numbers: dict[str, int] = {}
        for postcode, number in by_postcode.items():
            area = self.of(postcode) or ""
            numbers[area] = numbers.get(area, 0) + number
        return numbers


@dataclass(frozen=True)
class AreaShare:
    """One area: persons, and shares between 0 and 1 of all who live in one of the areas."""

    area: str
    label: str
    members: int
    panel_share: float
    population_share: float


def compare_areas(members: Mapping[str, int], areas: Areas) -> list[AreaShare]:
    """Each area against the members who live in one of them; those the panel lacks most come first."""
    total = sum(area.population for area in areas.areas) or 1
    compared = sum(members.get(area.code, 0) for area in areas.areas) or 1
    shares = [
        AreaShare(
            area.code,
            area.label,
            members.get(area.code, 0),
            members.get(area.code, 0) / compared,
            area.population / total,
        )
        for area in areas.areas
    ]
    return sorted(shares, key=lambda area: area.panel_share - area.population_share)


@dataclass(frozen=True)
class Coverage:
    """How much of the population the areas hold, and what the rest is."""

    residents: int
    """Persons by the areas' own figures."""
    population: int
    """Persons by the municipality's figures."""
    postcodes: tuple[str, ...]
    """The municipality's postcodes with street addresses that lie in no area."""

    @property
    def share(self) -> float:
        """Between 0 and about 1; above it when the areas' figures count more people than the municipality's."""
        return self.residents / self.population if self.population else 0.0


def coverage(areas: Areas, population: int, postcodes: Sequence[str]) -> Coverage:
    """What the areas cover of the population and of the municipality's postcodes."""
    outside = tuple(postcode for postcode in postcodes if areas.of(postcode) is None)
    return Coverage(sum(area.population for area in areas.areas), population, outside)
