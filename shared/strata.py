"""Strata: the gender and age band people are counted by, and what staff call them."""

from collections.abc import Sequence

from shared.events.registration import AgeBand

GENDERS = ("female", "male", "other")
#: Band of a member while no population margins have arrived.
UNKNOWN_BAND = "unknown"
#: What staff call one person of a gender, and all people of it.
PERSON = {"female": "Kvinne", "male": "Mann", "other": "Annet eller ikke oppgitt"}
PEOPLE = {"female": "Kvinner", "male": "Menn", "other": "Annet eller ikke oppgitt"}


def gender_of(gender: str) -> str:
    """The stratum of a reported gender; a value this version has not met counts as ``other``."""
    return gender if gender in GENDERS else "other"


def band_of(year_of_birth: int, year: int | None, bands: Sequence[AgeBand]) -> str:
    """The age band in the margins' year; those younger or older than every band join the nearest one."""
    if year is None or not bands:
        return UNKNOWN_BAND
    age = year - year_of_birth
    return next((band.code for band in bands if band.age_to is None or age <= band.age_to), bands[-1].code)


def nearest_band(code: str, bands: Sequence[AgeBand]) -> str:
    """The band that people of another band are in, or nearest to; the bands begin at an age that can change."""
    _, dash, oldest = code.rpartition("-")
    older = (band.code for band in bands if band.age_to is None or (oldest.isdigit() and int(oldest) <= band.age_to))
    return next(older, code) if dash else code


def band_words(band: str) -> str:
    """``15–24 år`` for ``15-24``, ``80 år og eldre`` for ``80-``."""
    if band == UNKNOWN_BAND:
        return "ukjent alder"
    youngest, _, oldest = band.partition("-")
    return f"{youngest}–{oldest} år" if oldest else f"{youngest} år og eldre"
