"""Quotas of a meeting's draw, and who of the pool a ticket of the fairest lottery seats."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.meetings.draw import model
from services.meetings.draw.commitment import Entry, by_type
from services.meetings.verify import drawn_leaves

Kind = tuple[str, ...]
"""The values of one kind of people, in the order of ``FEATURES``."""
FEATURES = ("gender", "band", "area")


@dataclass(frozen=True)
class Limit(model.Quota):
    """The least and most seats for those with one value of a feature."""

    def holds(self, kind: Kind) -> bool:
        """Whether this kind of people counts here."""
        return kind[FEATURES.index(self.feature)] == self.value


def prepare_open(
    pool: Sequence[Kind], limits: Sequence[Limit], seats: int, seated: Sequence[Kind]
) -> model.Lottery | None:
    """The lottery for seats that are open beside those seated; a quota nobody is left for gives way by the least.

    None when there is nobody whom a quota of 0 does not keep out; fewer seats when there are not enough of the others.
    """
    # The solver and what it calculates with are 30 MB that only a draw needs.
    from services.meetings.draw.solving import solve_open

    kinds, taken = model.Pool.of(FEATURES, pool), Counter(seated)
    for number in range(min(seats, len(pool)), 0, -1):
        try:
            return solve_open(kinds, limits, number, taken)[0]
        except model.Infeasible:
            continue
    return None


def seated_by(lottery: model.Lottery, pool: Sequence[Entry], ticket: int) -> tuple[int, ...]:
    """Places in the pool of those a ticket seats."""
    full = by_type(model.Pool.of(FEATURES, (entry.type for entry in pool)), lottery)
    places = {entry.leaf: place for place, entry in enumerate(pool)}
    return tuple(sorted(places[leaf] for leaf in drawn_leaves(full, [entry.document() for entry in pool], ticket)))


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
