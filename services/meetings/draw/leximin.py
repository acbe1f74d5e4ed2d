"""Leximin: raise the smallest probability as far as it goes, then the next, level by level.

Flanigan, Gölz, Gupta, Hennig, Procaccia: Fair algorithms for selecting citizens' assemblies, Nature 596 (2021). Here
over types instead of people: people of a type are exchangeable, so some optimum gives them equal probabilities.
"""

import numpy as np
from numpy.typing import NDArray

from services.meetings.draw.model import Progress
from services.meetings.draw.program import INFINITY, Array, Optimum, Program
from services.meetings.draw.space import Space

#: A dual above this holds its type to the level; the duals of a level add up to about 1.
_HELD = 1e-7
#: What a settled type may lose to arithmetic while later levels are found, in seats.
_SLACK = 1e-10
#: The same, once a level that was just found is out of the solver's own reach: it may miss a bound by 1e-9.
_MORE_SLACK = 1e-8
#: A panel must promise at least this much more than the columns have, or the level is proven.
_GAIN = 1e-9


def fractional_leximin(space: Space, tell: Progress) -> Array | None:
    """Expected seats per type of the leximin optimum when seats may be split: no lottery over panels is fairer.

    None when even split seats cannot keep the quotas.
    """
    try:
        return _levels(space, tell, _SLACK)
    except ArithmeticError:
        return _levels(space, tell, _MORE_SLACK)


def _levels(space: Space, tell: Progress, slack: float) -> Array | None:
    types = len(space.types)
    average = space.counts * (space.seats / space.counts.sum())
    quotas = len(space.low)
    rows = np.zeros((quotas + types, types + 1))
    rows[:quotas, :types] = space.rows
    rows[quotas:, :types] = np.eye(types)
    rows[quotas:, types] = -average
    program = Program(
        np.append(np.zeros(types), 1.0),
        rows,
        np.append(space.low, np.zeros(types)),
        np.append(space.high, np.full(types, INFINITY)),
        np.zeros(types + 1),
        np.append(space.counts, INFINITY),
    )
    open_types = np.ones(types, dtype=bool)
    found = program.solve()
    if found is None:
        return None
    while True:
        tell("bound", float(1 - open_types.mean()))
        for kind in _held(open_types, -found.duals[quotas:] * average):
            open_types[kind] = False
            program.bound_column(kind, max(0.0, found.columns[types] * average[kind] - slack), space.counts[kind])
            program.bound_row(quotas + kind, -INFINITY, INFINITY)
        if not open_types.any():
            return np.clip(found.columns[:types], 0.0, space.counts)
        found = _solved(program)


def whole_leximin(space: Space, columns: list[NDArray[np.int64]], tell: Progress) -> tuple[Array, Array]:
    """(expected seats per type, weight per column) of the leximin optimum over whole panels.

    ``columns`` grows by the panels that integer pricing finds; a level stands when no panel at all would raise it.
    """
    try:
        return _whole_levels(space, columns, tell, _SLACK)
    except ArithmeticError:
        return _whole_levels(space, columns, tell, _MORE_SLACK)


def _whole_levels(space: Space, columns: list[NDArray[np.int64]], tell: Progress, slack: float) -> tuple[Array, Array]:
    types = len(space.types)
    average = space.counts * (space.seats / space.counts.sum())
    rows = np.zeros((types + 1, 1))
    rows[:types, 0] = -average
    master = Program(
        np.ones(1), rows,
        np.append(np.zeros(types), 1.0), np.append(np.full(types, INFINITY), 1.0),
        np.zeros(1), np.array([INFINITY]),
    )  # fmt: skip
    for panel in columns:
        master.add_column(0.0, np.append(panel.astype(float), 1.0))
    pricing = space.panels(np.zeros(types))
    settled = np.zeros(types)
    open_types = np.ones(types, dtype=bool)
    while open_types.any():
        tell("levels", float(1 - open_types.mean()))
        found = _solved(master)
        prices = np.maximum(0.0, -found.duals[:types])
        pricing.price(prices)
        panel = np.rint(_solved(pricing).columns).astype(np.int64)
        if prices @ panel > found.duals[types] + _GAIN and not any(np.array_equal(panel, each) for each in columns):
            columns.append(panel)
            master.add_column(0.0, np.append(panel.astype(float), 1.0))
            continue
        for kind in _held(open_types, prices * average):
            open_types[kind] = False
            settled[kind] = found.columns[0] * average[kind]
            master.coefficient(kind, 0, 0.0)
            master.bound_row(kind, max(0.0, settled[kind] - slack), INFINITY)
    return settled, found.columns[1:]


def _held(open_types: NDArray[np.bool_], duals: Array) -> NDArray[np.int64]:
    """Types that cannot rise above the level: those whose dual is not zero."""
    duals = np.where(open_types, duals, -1.0)
    return np.flatnonzero(duals > min(_HELD, duals.max() / 2))


def _solved(program: Program) -> Optimum:
    found = program.solve()
    if found is None:
        raise ArithmeticError("a level that stood can no longer be kept")
    return found
