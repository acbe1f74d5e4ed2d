"""Tables at a meeting: each as mixed as can be, and mixed anew between rounds."""

import random
from collections import Counter
from collections.abc import Sequence
from itertools import combinations

from services.meetings.draw.model import Type

#: Mixing counts before new faces: a pair that meets again weighs less than one person too many of a kind.
_MIXED = 1000
#: Rounds of exchanges; hardly any meeting needs more than five.
_PASSES = 20


def seating(people: Sequence[Type], tables: int, rounds: int, seed: str) -> list[list[tuple[int, ...]]]:
    """Per round, per table: who sits there, as places in ``people``. Tables differ in size by one at most.

    Dealt out by type and then improved by exchanging two people while that helps; the same ``seed`` seats the same.
    """
    if not 1 <= tables <= max(1, len(people)):
        raise ValueError(f"{tables} tables for {len(people)} people")
    met: Counter[frozenset[int]] = Counter()
    told = []
    for number in range(rounds):
        # Not for secrecy: who is drawn is settled, this only breaks ties.
        shuffle = random.Random(f"{seed}:{number}")  # noqa: S311
        order = sorted(range(len(people)), key=lambda one: (people[one], shuffle.random()))
        seated = [order[table::tables] for table in range(tables)]
        _exchanged(people, seated, met)
        met.update(frozenset(pair) for table in seated for pair in combinations(table, 2))
        told.append([tuple(sorted(table)) for table in seated])
    return told


def _exchanged(people: Sequence[Type], seated: list[list[int]], met: Counter[frozenset[int]]) -> None:
    for _ in range(_PASSES):
        better = False
        for one, other in combinations(seated, 2):
            for here in range(len(one)):
                for there in range(len(other)):
                    before = _cost(people, one, met) + _cost(people, other, met)
                    one[here], other[there] = other[there], one[here]
                    if _cost(people, one, met) + _cost(people, other, met) < before:
                        better = True
                    else:
                        one[here], other[there] = other[there], one[here]
        if not better:
            return


def _cost(people: Sequence[Type], table: Sequence[int], met: Counter[frozenset[int]]) -> int:
    """Alike people in pairs, and pairs who have sat together: both as few as can be."""
    held = Counter((at, value) for one in table for at, value in enumerate(people[one]))
    again = sum(met[frozenset(pair)] for pair in combinations(table, 2)) if met else 0
    return _MIXED * sum(count * count for count in held.values()) + again
