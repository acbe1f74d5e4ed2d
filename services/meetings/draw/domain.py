"""A stratified random draw behind one function; its inside may be replaced without its callers noticing.

Everybody in the pool has a chance above zero, the chances add up to the number drawn, and the draw keeps exactly the
chances it states. Everything random comes from SHA-256 over the seed, so that any language can repeat the draw.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

#: Written into every protocol; changes with the method.
METHOD = "stratified-systematic-1"
#: Nobody's chance is below this share of the average chance, whatever the quotas say.
LOWEST_SHARE = 0.1
#: A chance of 1 in the draw's own whole units: they add up exactly, which floats do not.
_ONE = 2**48

GENDERS = ("female", "male", "other")

Stratum = tuple[str, str]
"""(gender, age band); ``other`` is "annet / vil ikke oppgi" and counts against neither gender's quota."""

Quotas = Mapping[Stratum, float]
"""Seats each stratum of ``female`` or ``male`` should have; empty when nothing is known of the population."""


Group = TypeVar("Group", Stratum, str)
"""What seats are shared among: strata, genders or age bands."""


@dataclass(frozen=True)
class Candidate:
    """One who may be drawn."""

    id: UUID
    gender: str
    band: str

    @property
    def stratum(self) -> Stratum:
        """The cell the candidate is drawn in; a gender we do not know counts as ``other``."""
        return (self.gender if self.gender in GENDERS else "other", self.band)


@dataclass(frozen=True)
class Line:
    """One stratum of the protocol: persons in the pool, seats it should have, persons drawn."""

    gender: str
    band: str
    pool: int
    quota: float
    drawn: int


@dataclass(frozen=True)
class Drawn:
    """What a draw gives: who is invited, everybody's chance of it, and counts per stratum."""

    invited: tuple[UUID, ...]
    chances: Mapping[UUID, float]
    protocol: tuple[Line, ...]


def quotas_of_population(population: Mapping[Stratum, int], seats: int) -> dict[Stratum, float]:
    """Seats in proportion to residents of each gender and age band; fractions are meant, small groups keep theirs."""
    counted = {stratum: number for stratum, number in population.items() if stratum[0] in GENDERS[:2] and number > 0}
    total = sum(counted.values())
    return {stratum: seats * number / total for stratum, number in counted.items()}


def in_whole_seats(quotas: Mapping[Group, float], seats: int) -> dict[Group, int]:
    """The quotas as whole numbers that add up to ``seats``: largest remainders, first group first."""
    if not quotas:
        return {}
    whole = {group: int(quota) for group, quota in quotas.items()}
    remainders = sorted(quotas, key=lambda group: (whole[group] - quotas[group], group))
    for group in remainders[: max(0, seats - sum(whole.values()))]:
        whole[group] += 1
    return whole


def draw(pool: Sequence[Candidate], quotas: Quotas, seats: int, seed: str) -> Drawn:
    """Draw ``seats`` of the pool (everybody, when there are fewer); the same seed draws the same people.

    People stand in a line, strata side by side and in random order inside each; each takes up as much of the line as
    their chance. A ruler with one mark per seat is laid along it from a random start, and those under a mark are
    drawn. So a stratum gets its expected number rounded up or down, and so do women and men as wholes.
    """
    seats = min(seats, len(pool))
    if not seats:
        return Drawn((), {one.id: 0.0 for one in pool}, _protocol(pool, quotas, set()))
    shares = _shares(pool, quotas, seats)
    line = sorted(pool, key=lambda one: (*one.stratum, _random(seed, "order", str(one.id)), one.id))
    units = _whole_units([shares[one.stratum] for one in line], seats)
    start, end, marks = _random(seed, "start") % _ONE, 0, 0
    invited = []
    for one, length in zip(line, units, strict=True):
        end += length
        if marks < seats and start + marks * _ONE < end:
            invited.append(one.id)
            marks += 1
    taken = set(invited)
    chances = {one.id: length / _ONE for one, length in zip(line, units, strict=True)}
    return Drawn(tuple(invited), chances, _protocol(pool, quotas, taken))


def _shares(pool: Sequence[Candidate], quotas: Quotas, seats: int) -> dict[Stratum, float]:
    """Each one's chance, by stratum: quota by heads in the pool, at most 1, what is left over goes to the others."""
    heads = Counter(one.stratum for one in pool)
    if seats == len(pool):
        return dict.fromkeys(heads, 1.0)
    average = seats / len(pool)
    lowest = LOWEST_SHARE * average
    weights = {stratum: max(weight, lowest) for stratum, weight in _weights(heads, quotas, average).items()}
    # Who must be drawn (a small stratum with a large quota) is set aside until the rest can share what is left.
    certain: set[Stratum] = set()
    while True:
        left = seats - sum(heads[stratum] for stratum in certain)
        rest = {stratum: weight for stratum, weight in weights.items() if stratum not in certain}
        shared = _scaled(rest, heads, left, lowest)
        over = {stratum for stratum, share in shared.items() if share >= 1.0}
        if not over:
            return shared | dict.fromkeys(certain, 1.0)
        certain |= over


def _weights(heads: Mapping[Stratum, int], quotas: Quotas, average: float) -> dict[Stratum, float]:
    """Chances before they are fitted to each other. ``other`` has the average chance of the age band."""
    weights = {}
    for stratum, number in heads.items():
        gender, band = stratum
        if not quotas:
            weights[stratum] = average
        elif gender in GENDERS[:2]:
            weights[stratum] = quotas.get(stratum, 0.0) / number
        else:
            of_band = sum(heads.get((each, band), 0) for each in GENDERS)
            weights[stratum] = sum(quotas.get((each, band), 0.0) for each in GENDERS[:2]) / of_band
    return weights


def _scaled(
    weights: Mapping[Stratum, float], heads: Mapping[Stratum, int], seats: int, lowest: float
) -> dict[Stratum, float]:
    """The weights multiplied so that they add up to ``seats`` over everybody, and none falls below ``lowest``."""
    raised: set[Stratum] = set()
    while True:
        free = {stratum: weight for stratum, weight in weights.items() if stratum not in raised}
        total = sum(weight * heads[stratum] for stratum, weight in free.items())
        left = seats - lowest * sum(heads[stratum] for stratum in raised)
        scaled = {stratum: weight * left / total for stratum, weight in free.items()}
        under = {stratum for stratum, share in scaled.items() if share < lowest}
        if not under:
            return scaled | dict.fromkeys(raised, lowest)
        raised |= under


def _whole_units(shares: Sequence[float], seats: int) -> list[int]:
    """Shares between 0 and 1 in whole units that add up to exactly ``seats`` times one."""
    units = [min(_ONE, max(1, round(share * _ONE))) for share in shares]
    wrong = seats * _ONE - sum(units)
    step = 1 if wrong > 0 else -1
    while wrong:
        for place, length in enumerate(units):
            if wrong and 1 <= length + step <= _ONE:
                units[place] = length + step
                wrong -= step
    return units


def _protocol(pool: Iterable[Candidate], quotas: Quotas, taken: set[UUID]) -> tuple[Line, ...]:
    heads: Counter[Stratum] = Counter()
    drawn: Counter[Stratum] = Counter()
    for one in pool:
        heads[one.stratum] += 1
        drawn[one.stratum] += one.id in taken
    return tuple(
        Line(gender, band, heads[gender, band], quotas.get((gender, band), 0.0), drawn[gender, band])
        for gender, band in sorted({*heads, *quotas}, key=lambda s: (GENDERS.index(s[0]), s[1]))
    )


def _random(seed: str, *about: str) -> int:
    """A number below 2**256 that nobody can foresee without the seed and everybody can check with it."""
    return int.from_bytes(hashlib.sha256(":".join((seed, *about)).encode()).digest(), "big")


def replacement(
    vacated: Stratum | None, available: Sequence[Candidate], quotas: Quotas, seated: Iterable[Stratum], seed: str
) -> UUID | None:
    """Who gets a seat that has become free: one of the same stratum, else of the one the quotas lack most.

    ``vacated`` is None for a seat nobody has had. ``seated`` are the strata of those who are invited or have said yes.
    None when nobody is left to ask.
    """
    by_stratum: dict[Stratum, list[Candidate]] = defaultdict(list)
    for one in available:
        by_stratum[one.stratum].append(one)
    if not by_stratum:
        return None
    if vacated is not None and vacated in by_stratum:
        stratum = vacated
    else:
        lack = _seats_lacking(quotas, seated)
        same_band = vacated[1] if vacated else None
        stratum = max(sorted(by_stratum), key=lambda each: (lack(each), each[1] == same_band))
    return min(by_stratum[stratum], key=lambda one: (_random(seed, "replacement", str(one.id)), one.id)).id


def _seats_lacking(quotas: Quotas, seated: Iterable[Stratum]) -> Callable[[Stratum], float]:
    """How much one more of a stratum restores the quotas: seats its gender lacks plus seats its age band lacks."""
    genders: dict[str, float] = defaultdict(float)
    bands: dict[str, float] = defaultdict(float)
    for (gender, band), quota in quotas.items():
        genders[gender] += quota
        bands[band] += quota
    for gender, band in seated:
        genders[gender] -= 1
        bands[band] -= 1
    # "other" counts against neither gender's quota, so it neither lacks nor fills one.
    return lambda stratum: (0.0 if stratum[0] == "other" else genders[stratum[0]]) + bands[stratum[1]]
