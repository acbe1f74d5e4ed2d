"""The forecast of a survey before anything is sent: invitations, expected answers, mails and the smallest group."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.surveys.audience.sampling import Pool, askable, chances_of
from services.surveys.fieldwork.domain import CELL_MINIMUM, Cell, ReleaseCell, release_cells
from shared.contact_cap import may_be_asked
from shared.strata import GENDERS


@dataclass(frozen=True)
class Stratum:
    """One gender and age band of the forecast; numbers of people, ``share`` and ``residents`` between 0 and 1."""

    gender: str
    band: str
    invited: float
    expected: float
    share: float
    """Of the expected answers."""
    residents: float
    """Of the residents the strata stand for."""


@dataclass(frozen=True)
class Forecast:
    """What staff confirm."""

    invited: int
    capped: int
    """Members the survey is for who are at the contact cap, and so left out."""
    pool: int
    """Members the survey is for."""
    expected: float
    strata: tuple[Stratum, ...]
    smallest: tuple[ReleaseCell, int] | None
    """The smallest group whose answers may be told apart, and its expected answers; None when none may be published."""
    mails: int
    """Invitations, and reminders to those who are not expected to answer at once."""


def forecast(
    pool: Pool,
    population: Mapping[Cell, float],
    response: Mapping[Cell, float],
    size: int | None,
    cap: int,
    bands: Sequence[str],
    reminders: int,
) -> Forecast:
    """The forecast for a sample of ``size``, or for everybody in the pool."""
    total = min(size, askable(pool, cap)) if size is not None else askable(pool, cap)
    chances = (
        chances_of(pool, population, response, size, cap)
        if size is not None
        else {key: 1.0 if may_be_asked(key[1], cap) else 0.0 for key in pool}
    )
    invited: dict[Cell, float] = {}
    for key, number in pool.items():
        invited[key[0]] = invited.get(key[0], 0.0) + number * chances[key]
    expected = {cell: number * response[cell] for cell, number in invited.items()}
    answers, residents = sum(expected.values()), sum(population[cell] for cell in invited)
    pairs = sorted({cell[:2] for cell in invited}, key=lambda pair: (GENDERS.index(pair[0]), pair[1]))
    strata = tuple(
        Stratum(
            gender,
            band,
            sum(invited[cell] for cell in invited if cell[:2] == (gender, band)),
            sum(expected[cell] for cell in invited if cell[:2] == (gender, band)),
            sum(expected[cell] for cell in invited if cell[:2] == (gender, band)) / answers if answers else 0.0,
            sum(population[cell] for cell in invited if cell[:2] == (gender, band)) / residents if residents else 0.0,
        )
        for gender, band in pairs
    )
    return Forecast(
        invited=total,
        capped=sum(pool.values()) - askable(pool, cap),
        pool=sum(pool.values()),
        expected=answers,
        strata=strata,
        smallest=_smallest(expected, bands),
        mails=total + round(reminders * (total - answers)),
    )


def _smallest(expected: Mapping[Cell, float], bands: Sequence[str]) -> tuple[ReleaseCell, int] | None:
    answers = {cell: round(number) for cell, number in expected.items()}
    groups: Counter[ReleaseCell] = Counter()
    for cell, group in release_cells(answers, bands, CELL_MINIMUM).items():
        groups[group] += answers[cell]
    return min(groups.items(), key=lambda item: item[1]) if groups else None
