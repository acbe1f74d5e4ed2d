"""Quotas of a meeting's draw."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.meetings.draw import model

Kind = tuple[str, ...]
"""The values of one kind of people, in the order of ``FEATURES``."""
FEATURES = ("gender", "band", "area", "answer")
"""The last is the answer to the question of a call for volunteers; where nothing was asked, kinds end before it."""


@dataclass(frozen=True)
class Limit(model.Quota):
    """The least and most seats for those with one value of a feature."""

    def holds(self, kind: Kind) -> bool:
        """Whether this kind of people counts here."""
        return kind[FEATURES.index(self.feature)] == self.value


def features_of(kinds: Iterable[Kind]) -> tuple[str, ...]:
    """The features these kinds have values of; all have the same."""
    return FEATURES[: len(next(iter(kinds), FEATURES[:3]))]


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
