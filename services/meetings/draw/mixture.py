"""A distribution over whole panels whose mean is what was promised, and its rounding to whole tickets."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from services.meetings.draw.cube import decomposed
from services.meetings.draw.model import Progress
from services.meetings.draw.program import INFINITY, Array, Program
from services.meetings.draw.space import Space

#: Walks tried before panels are priced; each is an independent set of panels.
_WALKS = 4
#: A walk that comes this far stopped at arithmetic, not at quotas that interlock: pricing mends it, walks do not.
_NEARLY = 1.0 - 1e-4
#: Chances this near to what was promised are what was promised.
CLOSE = 1e-9


def mixed(
    space: Space, target: Array, random: np.random.Generator, tell: Progress
) -> tuple[list[NDArray[np.int64]], Array | None]:
    """(panels, weights) with mean ``target``; weights are None when it is proven that no whole panels give it."""
    seen: dict[bytes, NDArray[np.int64]] = {}
    for walk in range(_WALKS):
        found = decomposed(space, target, random, partial(_within, tell, walk))
        seen |= {panel.tobytes(): panel for panel, _ in found}
        if found:
            panels = [panel for panel, _ in found]
            weights = np.array([share for _, share in found])
            if weights.sum() > 0.5 and deviation(space, panels, weights / weights.sum(), target) <= CLOSE:
                return panels, weights / weights.sum()
            if weights.sum() > _NEARLY:
                break
    return _priced(space, target, list(seen.values()), tell)


def deviation(space: Space, panels: list[NDArray[np.int64]], weights: Array, target: Array) -> float:
    """The largest distance between a person's probability and what was promised."""
    if not len(target):
        return 0.0
    return float((np.abs(np.array(panels).T @ weights - target) / space.counts).max())


def _within(tell: Progress, walk: int, done: float) -> None:
    tell("panels", (walk + done) / _WALKS)


def _priced(
    space: Space, target: Array, panels: list[NDArray[np.int64]], tell: Progress
) -> tuple[list[NDArray[np.int64]], Array | None]:
    """The nearest mixture of the panels, and of those that integer pricing adds while they bring it nearer."""
    types = len(space.types)
    scale = 1.0 / space.counts
    eye = np.diag(space.counts)
    master = Program(
        np.full(2 * types, -1.0),
        np.vstack((np.hstack((eye, -eye)), np.zeros((1, 2 * types)))),
        np.append(target, 1.0), np.append(target, 1.0),
        np.zeros(2 * types), np.full(2 * types, INFINITY),
    )  # fmt: skip
    pricing = space.panels(np.zeros(types))
    for panel in panels:
        master.add_column(0.0, np.append(panel.astype(float), 1.0))
    if not panels:
        first = pricing.solve()
        if first is None:
            return panels, None
        panels.append(np.rint(first.columns).astype(np.int64))
        master.add_column(0.0, np.append(panels[0].astype(float), 1.0))
    furthest = 0.0
    while True:
        found = master.solve()
        if found is None:
            raise ArithmeticError("distances are free, so there is always a mixture")
        furthest = max(furthest, -found.value)
        tell("pricing", 1.0 + found.value / furthest if furthest else 1.0)
        weights = np.maximum(0.0, found.columns[2 * types :])
        weights /= weights.sum()
        if deviation(space, panels, weights, target) <= CLOSE:
            return panels, weights
        prices, floor = -found.duals[:types], found.duals[types]
        pricing.price(prices * scale.max())
        best = pricing.solve()
        if best is None:
            return panels, None
        panel = np.rint(best.columns).astype(np.int64)
        if prices @ panel <= floor + CLOSE or any(np.array_equal(panel, each) for each in panels):
            return panels, None
        panels.append(panel)
        master.add_column(0.0, np.append(panel.astype(float), 1.0))


def in_tickets(panels: Array, weights: Array, counts: Array, tickets: int) -> NDArray[np.int64]:
    """Whole tickets near the weights: rounded down, then one by one where the chances lack most."""
    whole = np.floor(weights * tickets + 1e-9).astype(np.int64)
    lacking = (panels.T @ (weights * tickets - whole)) / counts
    scaled = panels / counts
    lengths = (scaled**2).sum(axis=1)
    for _ in range(tickets - int(whole.sum())):
        best = int(np.argmin(lengths - 2 * scaled @ lacking))
        whole[best] += 1
        lacking -= scaled[best]
    return whole
