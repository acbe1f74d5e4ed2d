"""Tickets of a meeting's draw: each is a whole group of people that keeps every quota, and one is picked in public.

The fairest lottery over panels is `draw.solving`'s; here its panels become groups of people, by the pool's order and
fingerprints, so that everything is repeatable.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.meetings.draw import model

METHOD = "tickets-2"
#: Tickets of a draw: three ten-sided dice pick one.
TICKETS = 1000

Kind = tuple[str, ...]
"""The values of one kind of people, in the order of ``FEATURES``."""
FEATURES = ("gender", "band", "area")


@dataclass(frozen=True)
class Limit(model.Quota):
    """The least and most seats for those with one value of a feature."""

    def holds(self, kind: Kind) -> bool:
        """Whether this kind of people counts here."""
        return kind[FEATURES.index(self.feature)] == self.value


@dataclass(frozen=True)
class Lottery:
    """What is committed to before the draw."""

    tickets: tuple[tuple[int, ...], ...]
    """Places in the pool, for each ticket; sorted."""
    bound: float
    """Proven: no draw that keeps the quotas gives those who can be drawn a higher lowest chance than this."""
    never: tuple[int, ...]
    """Places of those who are in no group that keeps the quotas; their chance is 0."""

    def chances(self, people: int) -> list[float]:
        """Each one's chance: the share of tickets the person is on."""
        times = Counter(place for ticket in self.tickets for place in ticket)
        return [times[place] / len(self.tickets) for place in range(people)]


def prepare(pool: Sequence[Kind], salts: Sequence[str], limits: Sequence[Limit], seats: int) -> Lottery:
    """Tickets for ``seats`` of the pool (everybody, when there are fewer). Raises `draw.model.Infeasible`.

    ``salts`` decide who of one kind is on which ticket: the deck of each kind is ordered by them and dealt round.
    """
    # The solver and what it calculates with are 30 MB that only a draw needs.
    from services.meetings.draw.solving import solve

    kinds = model.Pool.of(FEATURES, pool)
    return _dealt(pool, salts, solve(kinds, limits, min(seats, len(pool)), tickets=TICKETS))


def prepare_open(
    pool: Sequence[Kind], salts: Sequence[str], limits: Sequence[Limit], seats: int, seated: Sequence[Kind]
) -> Lottery | None:
    """The same for seats that are open beside those seated; a quota nobody is left for gives way by the least.

    None when there is nobody whom a quota of 0 does not keep out; fewer seats when there are not enough of the others.
    """
    from services.meetings.draw.solving import solve_open

    kinds, taken = model.Pool.of(FEATURES, pool), Counter(seated)
    for number in range(min(seats, len(pool)), 0, -1):
        try:
            lottery, _ = solve_open(kinds, limits, number, taken, tickets=TICKETS)
        except model.Infeasible:
            continue
        return _dealt(pool, salts, lottery)
    return None


def _dealt(pool: Sequence[Kind], salts: Sequence[str], lottery: model.Lottery) -> Lottery:
    """Panels of kinds as groups of people."""
    decks = {
        kind: sorted((place for place, each in enumerate(pool) if each == kind), key=lambda place: salts[place])
        for kind in set(pool)
    }
    tickets: list[tuple[int, ...]] = []
    dealt: Counter[Kind] = Counter()
    for panel in lottery.panels:
        for _ in range(panel.tickets):
            ticket: list[int] = []
            for kind, count in panel.seats.items():
                deck = decks[kind]
                ticket += [deck[(dealt[kind] + offset) % len(deck)] for offset in range(count)]
                dealt[kind] += count
            tickets.append(tuple(sorted(ticket)))
    bound = min(chance for kind, chance in lottery.best.items() if kind not in lottery.excluded)
    never = tuple(place for place, kind in enumerate(pool) if kind in lottery.excluded)
    return Lottery(tuple(tickets), bound, never)


def limits_of_shares(
    shares: Mapping[str, Mapping[str, float]], seats: int, unstated: Mapping[str, float] | None = None
) -> list[Limit]:
    """Limits around each value's share of the seats: its fraction rounded down and up.

    ``shares`` is feature -> value -> share (adds up to 1). ``unstated`` is, by feature, the share of the pool that has
    none of the values (no stated gender, outside every area): the least leave room for them.
    """
    limits = []
    for feature, by_value in shares.items():
        room = 1.0 - (unstated or {}).get(feature, 0.0)
        for value, share in by_value.items():
            # A hair's breadth keeps 20 x 0.35 at 7.
            least = int(share * seats * room + 1e-9)
            limits.append(Limit(feature, value, least, max(least, -int(-(share * seats - 1e-9) // 1))))
    return limits


def ticket_of(randomness: str, root: str) -> int:
    """The ticket public randomness picks: three digits are dice and name it, other text is hashed with the root."""
    text = "".join(randomness.split())
    if len(text) == 3 and text.isascii() and text.isdigit():
        return int(text)
    return int.from_bytes(hashlib.sha256(f"{root}:{randomness.strip()}".encode()).digest(), "big") % TICKETS


def leaf(*parts: str) -> str:
    """Fingerprint of one committed line (SHA-256, hex)."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def root_of(leaves: Sequence[str]) -> str:
    """Root of the Merkle tree over the leaves, pairs hashed upwards, an odd one taken along; empty text for none."""
    level = list(leaves)
    while len(level) > 1:
        level = [leaf("node", *level[place : place + 2]) for place in range(0, len(level), 2)]
    return level[0] if level else ""


def group_of(ticket: Iterable[int], pool: Sequence[Kind]) -> Counter[Kind]:
    """Counts by kind of the people on a ticket."""
    return Counter(pool[place] for place in ticket)
