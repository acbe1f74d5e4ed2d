"""From a pool and quotas to the fairest lottery, and the same for seats that have fallen free."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from services.meetings.draw.infeasible import explained, relaxed, smallest_relaxations
from services.meetings.draw.leximin import fractional_leximin, whole_leximin
from services.meetings.draw.mixture import CLOSE, deviation, in_tickets, mixed
from services.meetings.draw.model import (
    TICKETS,
    Lottery,
    Panel,
    Pool,
    Progress,
    Quota,
    Relaxation,
    Type,
)  # fmt: skip
from services.meetings.draw.space import Space


def solve(
    pool: Pool, quotas: Iterable[Quota], seats: int, *,
    tickets: int = TICKETS, seed: int = 0, progress: Progress | None = None,
) -> Lottery:  # fmt: skip
    """The leximin lottery over panels of ``seats`` people that keep every quota.

    The same input and ``seed`` (which only steers the search) give the same lottery. Raises `Infeasible`.
    """
    tell = progress or _silent
    space = Space.of(pool, quotas, seats)
    tell("bound", 0.0)
    if not len(space.types) or space.panels(np.zeros(len(space.types))).solve() is None:
        raise explained(space)
    best = fractional_leximin(space, tell)
    if best is None:
        raise explained(space)
    panels, weights = mixed(space, best, np.random.default_rng(seed), tell)
    if weights is None:
        best, weights = whole_leximin(space, panels, tell)
        weights = np.maximum(0.0, weights) / np.maximum(0.0, weights).sum()
    certificate = deviation(space, panels, weights, best)
    tell("tickets", 0.0)
    # Alike panels are one, and their order shows nothing of how they were found.
    stacked, place = np.unique(np.array(panels, dtype=float), axis=0, return_inverse=True)
    drawn = in_tickets(
        stacked.astype(np.float64),
        np.bincount(place.ravel(), weights, len(stacked)).astype(np.float64),
        space.counts,
        tickets,
    )
    chances = stacked.T @ drawn / (space.counts * tickets)
    promised = best / space.counts
    tell("done", 1.0)
    return Lottery(
        {kind: float(chance) for kind, chance in zip(space.types, promised, strict=True)},
        {kind: float(chance) for kind, chance in zip(space.types, chances, strict=True)},
        tuple(
            Panel({space.types[at]: int(row[at]) for at in np.flatnonzero(row)}, int(number))
            for row, number in zip(stacked, drawn, strict=True) if number
        ),
        certificate,
        float(np.abs(chances - promised).max()),
        tuple(kind for kind, chance in zip(space.types, promised, strict=True) if chance <= CLOSE),
    )  # fmt: skip


def open_quotas(quotas: Sequence[Quota], features: Sequence[str], seated: Mapping[Type, int]) -> tuple[Quota, ...]:
    """What the quotas leave for the open seats when ``seated`` (people per type) keep theirs."""

    def left(quota: Quota) -> Quota:
        at = features.index(quota.feature)
        taken = sum(count for kind, count in seated.items() if kind[at] == quota.value)
        return replace(quota, least=max(0, quota.least - taken), most=max(0, quota.most - taken))

    return tuple(left(quota) for quota in quotas)


def quotas_in_reach(
    pool: Pool, quotas: Sequence[Quota], seats: int, seated: Mapping[Type, int]
) -> tuple[tuple[Quota, ...], tuple[Relaxation, ...]]:
    """What the quotas leave for ``seats`` open seats beside those ``seated``, for those of ``pool`` who can be asked.

    When nobody is left to restore a quota, it gives way by as few seats as can be, and the second part says so.
    Raises `Infeasible` when not even that helps.
    """
    left = open_quotas(quotas, pool.features, seated)
    space = Space.of(pool, left, seats)
    if space.panels(np.zeros(len(space.types))).solve() is not None:
        return left, ()
    # A quota that is full may give way; one of 0 from the start may not.
    giving = smallest_relaxations(space, [quota.most == 0 for quota in quotas])
    if not giving:
        raise explained(space)
    return relaxed(left, giving), giving


def _silent(step: str, done: float) -> None:
    """For callers who do not watch."""
