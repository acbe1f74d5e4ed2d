"""Seating: tables as mixed as possible, and mixed anew between rounds."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

#: Tables hold at least this many, or there is nobody to talk with.
SMALLEST_TABLE = 2
MOST_ROUNDS = 6
#: Sums of squares that differ by less than this are equal.
_EQUAL = 1e-9
#: Times everybody tries to change seats with everybody, for each round; rooms settle before.
_PASSES = 20


@dataclass(frozen=True)
class Guest:
    """One who comes: the code shown at the door, and what tables are mixed by (feature -> value)."""

    code: str
    features: Mapping[str, str]


def most_tables(guests: int) -> int:
    """Tables that many people can be shared among."""
    return max(1, guests // SMALLEST_TABLE)


def seat(guests: Sequence[Guest], tables: int, rounds: int, seed: str) -> list[dict[str, int]]:
    """Table (from 1) of each code, for each round; sizes differ by at most one; the same seed gives the same tables.

    People start dealt out by their features like cards, then two at a time change seats while that brings tables
    closer to the mix of the whole room, or leaves the mix and brings together fewer who have sat together before.
    """
    if not guests:
        return [{} for _ in range(rounds)]
    tables = min(tables, most_tables(len(guests)))
    chance = random.Random(seed)  # noqa: S311 - nobody's right hangs on it, and the same list must give the same tables
    meetings: Counter[frozenset[str]] = Counter()
    seatings = []
    for _ in range(rounds):
        order = sorted(guests, key=lambda guest: guest.code)
        chance.shuffle(order)
        order.sort(key=lambda guest: sorted(guest.features.items()))
        placed = {guest.code: place % tables for place, guest in enumerate(order)}
        _improve(order, placed, tables, meetings)
        for table in range(tables):
            here = [guest.code for guest in order if placed[guest.code] == table]
            meetings.update(frozenset(pair) for pair in combinations(here, 2))
        seatings.append({code: table + 1 for code, table in placed.items()})
    return seatings


def _improve(
    guests: Sequence[Guest], table_of: dict[str, int], tables: int, meetings: Mapping[frozenset[str], int]
) -> None:
    """Change seats two at a time, where the room gets better by it."""
    if tables < 2:
        return
    room = Counter(value for guest in guests for value in guest.features.items())
    by_table: list[list[Guest]] = [[] for _ in range(tables)]
    for guest in guests:
        by_table[table_of[guest.code]].append(guest)
    counts = [Counter(value for guest in here for value in guest.features.items()) for here in by_table]

    def unlike(table: int, value: tuple[str, str], more: int) -> float:
        """How much further from the room's mix the table is with one more (or less) of the value."""
        now = counts[table][value] - room[value] * len(by_table[table]) / len(guests)
        return (now + more) ** 2 - now**2

    def meets(guest: Guest, table: int, leaving: Guest | None = None) -> int:
        """How many at the table the guest has sat with before, without the one who leaves it."""
        pairs = (frozenset((guest.code, each.code)) for each in by_table[table] if each not in (guest, leaving))
        return sum(meetings.get(pair, 0) for pair in pairs) if meetings else 0

    def helps(a: Guest, b: Guest) -> bool:
        """Change their seats when the room gets better by it."""
        here, there = table_of[a.code], table_of[b.code]
        leaves, comes = a.features.items() - b.features.items(), b.features.items() - a.features.items()
        change = sum(unlike(here, value, -1) + unlike(there, value, 1) for value in leaves)
        change += sum(unlike(here, value, 1) + unlike(there, value, -1) for value in comes)
        if change > _EQUAL:
            return False
        # Mixing comes before new faces.
        if change > -_EQUAL and meets(a, there, b) + meets(b, here, a) >= meets(a, here) + meets(b, there):
            return False
        for value in leaves:
            counts[here][value] -= 1
            counts[there][value] += 1
        for value in comes:
            counts[here][value] += 1
            counts[there][value] -= 1
        by_table[here][by_table[here].index(a)], by_table[there][by_table[there].index(b)] = b, a
        table_of[a.code], table_of[b.code] = there, here
        return True

    for _ in range(_PASSES):
        better = [helps(a, b) for a, b in combinations(guests, 2) if table_of[a.code] != table_of[b.code]]
        if not any(better):
            return
