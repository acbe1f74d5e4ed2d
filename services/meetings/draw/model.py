"""The words of the draw: a pool of types, quotas, panels with tickets, and what a draw says when it cannot be done."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

Type = tuple[str, ...]
"""One value per feature of the pool, in the pool's order; people of one type are exchangeable."""

Progress = Callable[[str, float], None]
"""Told the step and how far it is, 0 to 1, at least at every third program that is solved.

The steps: bound, panels, where quotas interlock also pricing and levels, tickets, done. It cancels a draw by raising:
nothing is kept until the draw is done.
"""

#: Tickets of a draw by seed or drand round; three ten-sided dice have 1,000.
TICKETS = 10**9


@dataclass(frozen=True)
class Quota:
    """Least and most seats for one value of a feature. A value without a quota (as "annet") has no limits."""

    feature: str
    value: str
    least: int
    most: int


@dataclass(frozen=True)
class Pool:
    """How many there are of each type."""

    features: tuple[str, ...]
    counts: Mapping[Type, int]

    @classmethod
    def of(cls, features: Iterable[str], people: Iterable[Type]) -> "Pool":
        """Counts people, each given by a value per feature."""
        counts: dict[Type, int] = {}
        for kind in people:
            counts[kind] = counts.get(kind, 0) + 1
        return cls(tuple(features), counts)


@dataclass(frozen=True)
class Panel:
    """One possible outcome: seats per type (types without a seat are left out) and its tickets of the lottery's."""

    seats: Mapping[Type, int]
    tickets: int


@dataclass(frozen=True)
class Lottery:
    """The fairest lottery there is.

    ``best`` is the proven leximin probability of a person of each type; ``probabilities`` are what the tickets give;
    ``certificate`` is the largest distance of the exact weights from ``best``, ``rounding`` the largest distance of the
    whole tickets from it. ``excluded`` are the types that can be in no feasible panel: probability 0.
    """

    best: Mapping[Type, float]
    probabilities: Mapping[Type, float]
    panels: tuple[Panel, ...]
    certificate: float
    rounding: float
    excluded: tuple[Type, ...]

    @property
    def tickets(self) -> int:
        """All tickets together."""
        return sum(panel.tickets for panel in self.panels)


@dataclass(frozen=True)
class Relaxation:
    """A quota as it is, and as it would have to be."""

    quota: Quota
    least: int
    most: int

    @property
    def relaxed(self) -> Quota:
        """The quota that would work, together with the others of the list."""
        return replace(self.quota, least=self.least, most=self.most)

    def __str__(self) -> str:
        said = f"{self.quota.feature} «{self.quota.value}»: "
        parts = []
        if self.least < self.quota.least:
            parts.append(f"senk minst fra {self.quota.least} til {self.least}")
        if self.most > self.quota.most:
            parts.append(f"øk mest fra {self.quota.most} til {self.most}")
        return said + " og ".join(parts) + "."


class Infeasible(Exception):
    """No panel keeps all quotas.

    ``conflicts``: a smallest set of quotas that no panel keeps together, as sentences in Bokmål. ``relaxations``: the
    fewest seats by which quotas must give way; empty when no change of quotas above 0 would do.
    """

    def __init__(self, conflicts: tuple[str, ...], relaxations: tuple[Relaxation, ...]) -> None:
        super().__init__(" ".join(conflicts))
        self.conflicts = conflicts
        self.relaxations = relaxations
