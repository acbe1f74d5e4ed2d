"""The postcode register: where a postcode is, and whether somebody can live there."""

import csv
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

_FILE = "postcodes_2026-05-26.csv"


@dataclass(frozen=True)
class Place:
    """One postcode of the register."""

    postcode: str
    name: str
    """``Bærums Verk``, as a person writes it."""
    municipality: str
    is_po_box: bool


@lru_cache(maxsize=1)
def register() -> dict[str, Place]:
    """Every Norwegian postcode; attribution: Bring Postnummerregisteret, 26 May 2026."""
    text = resources.files("services.registration").joinpath("data", _FILE).read_text(encoding="utf-8")
    return {
        row["postnummer"]: Place(
            row["postnummer"], row["poststed"].title(), row["kommunenummer"], row["kategori"] in ("P", "S")
        )
        for row in csv.DictReader(text.splitlines())
    }


def street_postcodes(numbers: tuple[str, ...]) -> list[str]:
    """The municipality's postcodes where somebody can live, in order."""
    return sorted(
        place.postcode for place in register().values() if place.municipality in numbers and not place.is_po_box
    )


def place_name(postcode: str) -> str | None:
    """``Sandvika`` for ``1337``; None for a postcode that is none."""
    place = register().get(postcode)
    return place.name if place else None
