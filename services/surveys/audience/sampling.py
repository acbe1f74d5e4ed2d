"""A sample drawn so that the expected answers mirror the population: the rule, without any input or output.

1. Each stratum answers as it has done, drawn towards the panel's whole as if ``STRENGTH`` more people of it had
   answered as the panel does.
2. Invitations go to strata in proportion to population / response, never more than there are to ask.
3. Within a stratum somebody with m mails in the quarter has 1/(1 + m) of the chance of somebody with none; whoever is
   at the contact cap has none.
4. The sample is systematic: the pool is laid in a row, stratum by stratum and within it by a fingerprint made with
   the seed; each takes as much of the row as the chance, and one in every so much is drawn. So every stratum gets its
   number to within one person, and chance decides who.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TypeVar

from services.surveys.fieldwork.domain import Cell
from shared.contact_cap import may_be_asked
from shared.strata import GENDERS

#: Name of the rule, kept with each sample; another rule gets another name.
RULE = "expected-answers-1"
#: How many invitations' worth of the panel's own response a stratum's is drawn towards.
STRENGTH = 20
#: Before anybody has answered anything, half are expected to; this many invitations' worth of it.
_BEFORE, _BELIEVED = 0.5, 10
#: Chances as whole parts of this many, so that sums are exact.
_PARTS = 2**60
_CERTAIN = 1 - 1e-9

K = TypeVar("K")
#: (cell, mails in the quarter) -> members; what chances depend on.
Pool = Mapping[tuple[Cell, int], int]


def in_row(cell: Cell) -> tuple[str, str, str]:
    """The order of strata in the row: by area, then age, then gender."""
    gender, band, area = cell
    return (area or "", band, gender)


def response_of(cells: Iterable[Cell], past: Mapping[Cell, tuple[int, int]]) -> dict[Cell, float]:
    """Expected share of answers of each cell, given (invited, answered) of surveys that are over."""
    invitations, answers = (sum(row[side] for row in past.values()) for side in (0, 1))
    whole = (answers + _BELIEVED * _BEFORE) / (invitations + _BELIEVED)
    shares = {}
    for cell in cells:
        asked, came = past.get(cell, (0, 0))
        shares[cell] = (came + STRENGTH * whole) / (asked + STRENGTH)
    return shares


def population_of(
    cells: Iterable[Cell],
    members: Mapping[Cell, int],
    margins: Mapping[tuple[str, str], int],
    areas: Mapping[str, tuple[int, Mapping[tuple[str, str], int]]],
) -> dict[Cell, float]:
    """Residents each cell stands for; never 0, so that everybody has a chance.

    ``margins`` are residents by (gender, band), ``areas`` by area in all and by (gender, band) where known. Where an
    area's cells are unknown, ages and genders are taken to live spread alike. Cells the figures do not know (another
    gender, no area) stand for as many as they are in the panel.
    """
    order = sorted(cells, key=in_row)
    everywhere = sum(total for total, _ in areas.values())

    def figure(cell: Cell) -> float | None:
        gender, band, area = cell
        if gender not in GENDERS[:2] or (gender, band) not in margins:
            return None
        if not areas:
            return margins[gender, band]
        if area is None or area not in areas:
            return None
        total, inside = areas[area]
        return inside.get((gender, band), 0) if inside else margins[gender, band] * total / max(everywhere, 1)

    figures = {cell: max(number, 1.0) for cell in order if (number := figure(cell)) is not None}
    people = sum(members.get(cell, 0) for cell in figures)
    residents_each = sum(figures.values()) / people if people else 1.0
    return {cell: figures.get(cell, max(members.get(cell, 0), 1) * residents_each) for cell in order}


def share_out(total: float, sizes: Mapping[K, float], weights: Mapping[K, float]) -> dict[K, float]:
    """``total`` in proportion to the weights, none above its size; what is above goes to the others."""
    amounts = dict.fromkeys(sizes, 0.0)
    open_, rest = [key for key in sizes if sizes[key] > 0 and weights[key] > 0], min(total, sum(sizes.values()))
    while open_ and rest > 0:
        scale = rest / sum(weights[key] for key in open_)
        full = [key for key in open_ if scale * weights[key] >= sizes[key]]
        if not full:
            return amounts | {key: scale * weights[key] for key in open_}
        amounts |= {key: sizes[key] for key in full}
        rest -= sum(sizes[key] for key in full)
        open_ = [key for key in open_ if amounts[key] == 0.0]
    return amounts


def askable(pool: Pool, cap: int) -> int:
    """Members of the pool who are not at the cap."""
    return sum(number for (_, mails), number in pool.items() if may_be_asked(mails, cap))


def chances_of(
    pool: Pool, population: Mapping[Cell, float], response: Mapping[Cell, float], size: int, cap: int
) -> dict[tuple[Cell, int], float]:
    """The chance of being drawn by (cell, mails); they add up to ``size`` people, or to all who may be asked."""
    free = {key: pool[key] for key in sorted(pool, key=lambda key: (in_row(key[0]), key[1]))}
    free = {key: number for key, number in free.items() if may_be_asked(key[1], cap)}
    people: Counter[Cell] = Counter()
    for (cell, _), number in free.items():
        people[cell] += number
    numbers = share_out(size, dict(people), {cell: population[cell] / response[cell] for cell in people})
    chances = dict.fromkeys(pool, 0.0)
    for cell, share in numbers.items():
        mine = {key: float(many) for key, many in free.items() if key[0] == cell}
        shared = share_out(share, mine, {key: many / (1 + key[1]) for key, many in mine.items()})
        chances |= {key: amount / mine[key] for key, amount in shared.items()}
    return chances


class Draw:
    """The systematic draw: told the pool's row person by person, it says who is drawn.

    Exactly ``size`` are, or all who may be asked. The seed decides where it starts, and nothing else.
    """

    def __init__(self, pool: Pool, chances: Mapping[tuple[Cell, int], float], size: int, seed: str) -> None:
        self._certain = {key for key, chance in chances.items() if chance >= _CERTAIN}
        self._parts = {key: round(chance * _PARTS) for key, chance in chances.items() if key not in self._certain}
        meant = round(sum(pool[key] * chance for key, chance in chances.items()))
        self._points = min(size, meant) - sum(pool[key] for key in self._certain)
        self._whole = sum(pool[key] * part for key, part in self._parts.items())
        digest = hashlib.sha256(f"{seed}:start".encode()).digest()
        self._start = int.from_bytes(digest, "big") % self._whole if self._whole else 0
        self._passed = self._taken = 0

    def takes(self, key: tuple[Cell, int]) -> bool:
        """Whether the next one in the row, of this cell and so many mails, is drawn."""
        if key in self._certain:
            return True
        self._passed += self._parts[key]
        # Points lie at (start + k * whole) / points, for k from 0: how many of them have been passed?
        upto = -((self._start - self._passed * self._points) // self._whole) if self._whole else 0
        takes, self._taken = upto > self._taken, max(upto, self._taken)
        return takes
